-- Stages of pipelines that nothing is set for, custom fields of an unknown shape, a currency that nobody states, payments that are
-- not read.
WITH setting AS (
    SELECT CAST(getvariable('settings') AS JSON) AS s
),

mapped AS (
    SELECT line, lower(trim(regexp_extract(line, '^(.*)=', 1))) AS name, lower(trim(regexp_extract(line, '=([^=]*)$', 1))) AS stage
    FROM (SELECT unnest(CAST(json_extract(s, '$.stages') AS VARCHAR[])) AS line FROM setting)
),

stage AS (
    SELECT p ->> '$.name' AS pipeline, unnest(json_extract(p, '$.stages[*]')) AS s
    FROM (SELECT unnest(json_extract(body, '$.pipelines[*]')) AS p FROM page)
),

opportunity AS (
    SELECT unnest(json_extract(body, '$.opportunities[*]')) AS r FROM page
),

found AS (
    SELECT 1 AS place, 'the stage "' || left(any_value(s ->> '$.name'), 80) || '" of the pipeline "' || left(any_value(pipeline), 80)
        || '" counts as no lifecycle stage: to count it, add "' || left(any_value(s ->> '$.name'), 80)
        || ' = salesqualifiedlead" (or lead, marketingqualifiedlead, opportunity, other) to stages of the connection' AS note
    FROM stage
    WHERE lower(trim(s ->> '$.name')) NOT IN (SELECT name FROM mapped) AND lower(s ->> '$.id') NOT IN (SELECT name FROM mapped)
    GROUP BY s ->> '$.id'
    UNION ALL
    SELECT 2, '"' || left(line, 80) || '" among stages of the connection counts as nothing: after "=" stands one of lead,'
        || ' marketingqualifiedlead, salesqualifiedlead, opportunity, other'
    FROM mapped
    WHERE stage NOT IN ('lead', 'marketingqualifiedlead', 'salesqualifiedlead', 'opportunity', 'other')
    UNION ALL
    SELECT 3, 'nobody states the currency of opportunities: set currency of the connection'
    WHERE EXISTS (FROM opportunity) AND (SELECT s ->> '$.currency' FROM setting) = ''
        AND NOT EXISTS (FROM page WHERE coalesce(body ->> '$.location.currency', '') <> '')
    UNION ALL
    SELECT 4, 'custom fields of opportunities have a shape that is not known (' || string_agg(DISTINCT key, ', ' ORDER BY key)
        || '): their values are left out'
    FROM (
        SELECT unnest(list_filter(json_keys(f), lambda key: key LIKE 'fieldValue%' AND key NOT IN ('fieldValueString', 'fieldValueNumber',
            'fieldValueDate', 'fieldValueArray', 'fieldValueFiles', 'fieldValue'))) AS key
        FROM (SELECT unnest(json_extract(r, '$.customFields[*]')) AS f FROM opportunity))
    HAVING count(*) > 0
    UNION ALL
    SELECT 5, 'payments are not read: set payments = true, unless a connection reads their provider itself'
    FROM setting
    WHERE (s ->> '$.payments') = 'false'
)

SELECT note
FROM found
ORDER BY place, note
LIMIT 20
