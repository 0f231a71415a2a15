-- Table: core.contact_stage
-- Grain: lead or contact and stage, with the instant it was entered first: leads by the history of their status, contacts by their
--   roles in opportunities. A lead that became an opportunity is counted as one through its contact
-- Inputs: page, answers about leads, contacts, LeadHistory and OpportunityContactRole; the variable settings: its list `stages`
-- Late data: all stages of a listed or changed record are replaced together, also by none. Salesforce keeps history 24 months
WITH record AS (
    SELECT page_no, unnest(json_extract(body, '$.records[*]')) AS r, unnest(range(len(json_extract(body, '$.records[*]')))) AS record_no
    FROM page
),

mapping AS (
    SELECT lower(trim(regexp_extract(line, '^(.*)=', 1))) AS status, any_value(lower(trim(regexp_extract(line, '=([^=]*)$', 1)))) AS stage
    FROM (SELECT unnest(CAST(json_extract(CAST(getvariable('settings') AS JSON), '$.stages') AS VARCHAR[])) AS line)
    GROUP BY ALL
),

person AS (
    SELECT page_no, record_no, (r ->> '$.attributes.type') AS kind, (r ->> '$.Id') AS contact_id, (r ->> '$.Status') AS status,
        regexp_replace(r ->> '$.CreatedDate', '(Z|[+]0000)$', '') AS created,
        CASE WHEN (r ->> '$.IsConverted') = 'true' THEN (r ->> '$.ConvertedDate') END AS converted
    FROM record
    WHERE (r ->> '$.attributes.type') IN ('Lead', 'Contact')
),

change AS (
    SELECT DISTINCT (r ->> '$.Id') AS id, (r ->> '$.LeadId') AS contact_id, (r ->> '$.OldValue') AS old_status, (r ->> '$.NewValue') AS new_status,
        regexp_replace(r ->> '$.CreatedDate', '(Z|[+]0000)$', '') AS changed
    FROM record
    WHERE (r ->> '$.attributes.type') = 'LeadHistory' AND (r ->> '$.Field') = 'Status'
),

-- The status that a lead began with: what the first change left, or the present one where nothing changed. Where no history is
-- kept nobody knows.
began AS (
    SELECT p.page_no, p.record_no, p.contact_id, coalesce(f.old_status, CASE WHEN f.contact_id IS NULL AND p.converted IS NULL THEN p.status END) AS status, p.created AS entered
    FROM person AS p
    LEFT JOIN (SELECT contact_id, arg_min(old_status, changed) AS old_status FROM change GROUP BY contact_id) AS f USING (contact_id)
    WHERE p.kind = 'Lead' AND EXISTS (FROM change)
),

by_status AS (
    SELECT s.page_no, s.record_no, s.contact_id, m.stage, s.entered
    FROM (SELECT * FROM began
        UNION ALL SELECT p.page_no, p.record_no, p.contact_id, c.new_status, c.changed FROM person AS p JOIN change AS c USING (contact_id)) AS s
    JOIN mapping AS m ON m.status = lower(s.status)
    WHERE m.stage NOT IN ('lead', 'other')
),

role AS (
    SELECT (r ->> '$.ContactId') AS contact_id, regexp_replace(r ->> '$.Opportunity.CreatedDate', '(Z|[+]0000)$', '') AS created,
        CASE WHEN (r ->> '$.Opportunity.IsWon') = 'true' THEN (r ->> '$.Opportunity.CloseDate') END AS won
    FROM record
    WHERE (r ->> '$.attributes.type') = 'OpportunityContactRole'
),

entry AS (
    SELECT page_no, record_no, contact_id, 'lead' AS stage, created AS entered FROM person WHERE kind = 'Lead'
    UNION ALL
    SELECT * FROM by_status
    UNION ALL
    -- A lead that was converted was qualified, whatever its history says.
    SELECT p.page_no, p.record_no, p.contact_id, 'salesqualifiedlead', p.converted
    FROM person AS p
    WHERE p.converted IS NOT NULL
        AND NOT EXISTS (FROM by_status AS b WHERE b.contact_id = p.contact_id AND b.stage = 'salesqualifiedlead')
    UNION ALL
    SELECT p.page_no, p.record_no, p.contact_id, 'opportunity', r.created FROM person AS p JOIN role AS r USING (contact_id) WHERE p.kind = 'Contact'
    UNION ALL
    SELECT p.page_no, p.record_no, p.contact_id, 'customer', r.won
    FROM person AS p JOIN role AS r USING (contact_id)
    WHERE p.kind = 'Contact' AND r.won IS NOT NULL
),

known AS (
    SELECT page_no, record_no, contact_id, stage, coalesce(arg_min(entered, TRY_CAST(entered AS TIMESTAMP)), any_value(entered)) AS entered,
        false AS is_absent
    FROM entry
    GROUP BY page_no, record_no, contact_id, stage
    UNION ALL
    SELECT page_no, record_no, contact_id, '', NULL, true FROM person AS p
    WHERE p.kind = 'Contact' AND NOT EXISTS (FROM role AS r WHERE r.contact_id = p.contact_id)
)

SELECT
    contact_id,
    stage,
    TRY_CAST(entered AS TIMESTAMP) AS entered_at,
    -- A date has no zone: it is the day itself.
    CASE WHEN length(entered) = 10 THEN TRY_CAST(entered AS DATE)
        ELSE local_date(TRY_CAST(entered AS TIMESTAMP), getvariable('time_zone')) END AS entered_date,
    CAST(NULL AS TIMESTAMP) AS archived_at,
    is_absent,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('Id', contact_id),
        CASE WHEN NOT is_absent THEN required('when the stage ' || stage || ' was entered', entered) END,
        bad_instant('when the stage ' || stage || ' was entered', entered)
    ]) AS problem
FROM known
