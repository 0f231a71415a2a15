-- Table: core.deal_stage
-- Grain: opportunity and stage that it entered; a stage may be entered more than once
-- Inputs: page, rows of a bulk query as texts: one for each change of stage, amount, probability or close date
-- Late data: the whole history once a day; rows are only added to it
WITH record AS (
    SELECT page_no, unnest(json_extract(body, '$.rows[*]')) AS r, unnest(range(len(json_extract(body, '$.rows[*]')))) AS record_no FROM page
),

named AS (
    SELECT page_no, record_no, r ->> '$.Id' AS change_id, r ->> '$.OpportunityId' AS deal_id, nullif(r ->> '$.StageName', '') AS stage,
        regexp_replace(nullif(r ->> '$.CreatedDate', ''), '(Z|[+]0000)$', '') AS entered
    FROM record
),

-- Other changes leave the stage as it was.
followed AS (
    SELECT *, lag(stage) OVER (PARTITION BY deal_id ORDER BY TRY_CAST(entered AS TIMESTAMP), change_id) AS before FROM named
)

SELECT
    change_id,
    deal_id,
    stage,
    TRY_CAST(entered AS TIMESTAMP) AS entered_at,
    local_date(TRY_CAST(entered AS TIMESTAMP), getvariable('time_zone')) AS entered_date,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('Id', change_id),
        required('OpportunityId', deal_id),
        required('StageName', stage),
        required('CreatedDate', entered),
        bad_instant('CreatedDate', entered)
    ]) AS problem
FROM followed
WHERE before IS NULL OR stage IS NULL OR before <> stage
