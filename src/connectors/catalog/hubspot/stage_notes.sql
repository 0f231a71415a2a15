-- Lifecycle stages of the account's own that no setting maps, and settings that map one to nothing.
WITH ours AS (
    SELECT unnest(['subscriber', 'lead', 'marketingqualifiedlead', 'salesqualifiedlead', 'opportunity', 'customer', 'evangelist', 'other']) AS stage
),

option AS (
    SELECT unnest(from_json(body, '{"options": [{"label": "VARCHAR", "value": "VARCHAR"}]}').options) AS o FROM page
),

mapping AS (
    SELECT line, trim(split_part(line, '=', 1)) AS id, lower(trim(split_part(line, '=', 2))) AS stage
    FROM (SELECT unnest(CAST(json_extract(CAST(getvariable('settings') AS JSON), '$.stages') AS VARCHAR[])) AS line)
),

found AS (
    SELECT 'the account has a lifecycle stage of its own, "' || left(coalesce(o.label, o.value), 80) || '", which counts as none:'
        || ' to count it, add "' || left(o.value, 80) || ' = marketingqualifiedlead" (or another of HubSpot''s stages) to stages of the connection' AS note
    FROM option
    WHERE o.value NOT IN (SELECT stage FROM ours) AND o.value NOT IN (SELECT id FROM mapping)
    UNION ALL
    SELECT '"' || left(line, 80) || '" among stages of the connection counts as nothing: after "=" stands one of '
        || (SELECT string_agg(stage, ', ') FROM ours)
    FROM mapping
    WHERE stage NOT IN (SELECT stage FROM ours)
)

SELECT note
FROM found
ORDER BY note
LIMIT 20
