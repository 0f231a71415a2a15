-- Table: core.deal_stage
-- Grain: opportunity and stage that it stood in at a sync, with the instant it was entered
-- Inputs: page, answers of the opportunity search
-- Late data: only the last change stands in a record; one that lasts less than from one sync to the next is not seen
WITH record AS (
    SELECT page_no, unnest(json_extract(body, '$.opportunities[*]')) AS r,
        unnest(range(len(json_extract(body, '$.opportunities[*]')))) AS record_no
    FROM page
),

named AS (
    SELECT page_no, record_no, r ->> '$.id' AS deal_id, r ->> '$.pipelineStageId' AS stage,
        replace(coalesce(r ->> '$.lastStageChangeAt', r ->> '$.createdAt'), 'Z', '') AS entered
    FROM record
    WHERE coalesce(r ->> '$.pipelineStageId', '') <> ''
)

SELECT
    deal_id || '/' || entered AS change_id,
    deal_id,
    stage,
    TRY_CAST(entered AS TIMESTAMP) AS entered_at,
    local_date(TRY_CAST(entered AS TIMESTAMP), getvariable('time_zone')) AS entered_date,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([required('id', deal_id), required('lastStageChangeAt', entered), bad_instant('lastStageChangeAt', entered)]) AS problem
FROM named
