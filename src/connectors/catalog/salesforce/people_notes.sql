-- Fields that the user may not read, statuses and lead sources that nothing is set for, and a history that is not kept.
WITH record AS (
    SELECT unnest(json_extract(body, '$.records[*]')) AS r FROM page
),

setting AS (
    SELECT CAST(json_extract(CAST(getvariable('settings') AS JSON), '$.lead_sources') AS VARCHAR[]) AS lead_sources,
        CAST(json_extract(CAST(getvariable('settings') AS JSON), '$.stages') AS VARCHAR[]) AS stages
),

asked AS (
    SELECT * FROM (VALUES
        ('Lead', 'Email', 'leads are not joined with payments'),
        ('Lead', 'LeadSource', 'where leads come from is not known, which is not the same as unassigned'),
        ('Lead', 'Status', 'how leads stand is not known'),
        ('Lead', 'IsConverted', 'which leads were converted is not known'),
        ('Contact', 'Email', 'contacts are not joined with payments'),
        ('Contact', 'LeadSource', 'where contacts come from is not known, which is not the same as unassigned')) AS v(kind, name, lacks)
),

-- What is empty comes as null, so that the first record of a kind tells.
sent AS (
    SELECT (r ->> '$.attributes.type') AS kind, json_keys(any_value(r)) AS names FROM record GROUP BY ALL
),

mapped AS (
    SELECT line, lower(trim(regexp_extract(line, '^(.*)=', 1))) AS status, lower(trim(regexp_extract(line, '=([^=]*)$', 1))) AS stage
    FROM (SELECT unnest(stages) AS line FROM setting)
),

status AS (
    SELECT DISTINCT coalesce(r ->> '$.MasterLabel', r ->> '$.ApiName') AS status FROM record WHERE (r ->> '$.attributes.type') = 'LeadStatus'
    UNION
    SELECT DISTINCT (r ->> '$.Status') FROM record WHERE (r ->> '$.attributes.type') = 'Lead'
),

found AS (
    SELECT 1 AS place, 'the user may not read the field ' || a.name || ' of ' || lower(a.kind) || 's, or it is not there: ' || a.lacks
        || '; give the user the right to read it' AS note
    FROM asked AS a JOIN sent AS s USING (kind)
    WHERE NOT list_contains(s.names, a.name)
    UNION ALL
    SELECT 2, 'Salesforce keeps no history of the status of leads: when they became qualified is not known;'
        || ' set Track Field History for Lead Status'
    WHERE EXISTS (FROM record WHERE (r ->> '$.attributes.type') = 'Lead')
        AND NOT EXISTS (FROM record WHERE (r ->> '$.attributes.type') = 'LeadHistory')
    UNION ALL
    SELECT 3, 'the lead status "' || left(status, 80) || '" counts as no stage: to count it, add "' || left(status, 80)
        || ' = marketingqualifiedlead" (or lead, salesqualifiedlead, other) to stages of the connection'
    FROM status
    WHERE status IS NOT NULL AND lower(trim(status)) NOT IN (SELECT status FROM mapped)
    UNION ALL
    SELECT 4, '"' || left(line, 80) || '" among stages of the connection counts as nothing: after "=" stands one of lead, marketingqualifiedlead,'
        || ' salesqualifiedlead, other'
    FROM mapped
    WHERE stage NOT IN ('lead', 'marketingqualifiedlead', 'salesqualifiedlead', 'other')
    UNION ALL
    SELECT 5, 'the lead source "' || left(any_value(lead_source), 80) || '" has no medium: to give it one, add "' || left(any_value(lead_source), 80)
        || ' = referral" (or cpc, paid_social, email, organic, offline, (unknown)) to lead_sources of the connection'
    FROM (SELECT trim(r ->> '$.LeadSource') AS lead_source FROM record WHERE (r ->> '$.attributes.type') IN ('Lead', 'Contact'))
    WHERE lead_source <> ''
        AND lower(lead_source) NOT IN (SELECT lower(trim(regexp_extract(line, '^(.*)=', 1))) FROM (SELECT unnest(lead_sources) AS line FROM setting))
    GROUP BY lower(lead_source)
)

SELECT note
FROM found
ORDER BY place, note
LIMIT 20
