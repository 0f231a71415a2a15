-- Table: core.contact_stage
-- Grain: contact and stage that one of its opportunities stands in, with the instant it was entered first
-- Inputs: page, answers of the opportunity search and pipelines; core.contact_stage, as only the last change stands in a record;
--   the variable settings: its list `stages` maps stages of pipelines by name or id
-- Late data: a stage that was seen once stays, entered when it was seen first
WITH record AS (
    SELECT page_no, unnest(json_extract(body, '$.opportunities[*]')) AS r,
        unnest(range(len(json_extract(body, '$.opportunities[*]')))) AS record_no
    FROM page
),

pipeline AS (
    SELECT unnest(json_extract(body, '$.pipelines[*].stages[*]')) AS s FROM page
),

mapping AS (
    SELECT lower(trim(regexp_extract(line, '^(.*)=', 1))) AS name, any_value(lower(trim(regexp_extract(line, '=([^=]*)$', 1)))) AS stage
    FROM (SELECT unnest(CAST(json_extract(CAST(getvariable('settings') AS JSON), '$.stages') AS VARCHAR[])) AS line)
    GROUP BY ALL
),

-- An id that is named in the setting goes before a name.
stage AS (
    SELECT s ->> '$.id' AS stage_id, coalesce(any_value(i.stage), any_value(n.stage)) AS stage
    FROM pipeline
    LEFT JOIN mapping AS i ON i.name = lower(s ->> '$.id')
    LEFT JOIN mapping AS n ON n.name = lower(trim(s ->> '$.name'))
    GROUP BY ALL
),

entry AS (
    SELECT r.page_no, r.record_no, r.r ->> '$.contactId' AS contact_id, s.stage,
        replace(coalesce(r.r ->> '$.lastStageChangeAt', r.r ->> '$.createdAt'), 'Z', '') AS entered
    FROM record AS r JOIN stage AS s ON s.stage_id = (r.r ->> '$.pipelineStageId')
    WHERE s.stage IN ('marketingqualifiedlead', 'salesqualifiedlead', 'opportunity')
    UNION ALL
    SELECT page_no, record_no, r ->> '$.contactId', 'customer', replace(coalesce(r ->> '$.lastStatusChangeAt', r ->> '$.updatedAt'), 'Z', '')
    FROM record
    WHERE (r ->> '$.status') = 'won'
),

earliest AS (
    SELECT min(page_no) AS page_no, min(record_no) AS record_no, contact_id, stage,
        coalesce(arg_min(entered, TRY_CAST(entered AS TIMESTAMP)), any_value(entered)) AS entered
    FROM entry
    WHERE contact_id IS NOT NULL
    GROUP BY contact_id, stage
)

SELECT
    e.contact_id,
    e.stage,
    least(TRY_CAST(e.entered AS TIMESTAMP), h.entered_at) AS entered_at,
    local_date(least(TRY_CAST(e.entered AS TIMESTAMP), h.entered_at), getvariable('time_zone')) AS entered_date,
    CAST(NULL AS TIMESTAMP) AS archived_at,
    e.page_no,
    CAST(e.record_no AS INTEGER) AS record_no,
    problems([required('when the stage was entered', e.entered), bad_instant('when the stage was entered', e.entered)]) AS problem
FROM earliest AS e
LEFT JOIN core.contact_stage AS h ON h.workspace = getvariable('workspace') AND h.connection = getvariable('connection')
    AND h.contact_id = e.contact_id AND h.stage = e.stage
