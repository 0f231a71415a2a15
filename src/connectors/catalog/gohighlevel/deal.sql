-- Table: core.deal
-- Grain: opportunity as it stands; its value is in the sub-account's currency, which the record does not name
-- Inputs: page, answers of the opportunity search and about the location; a value may be null
-- Late data: all opportunities are read each time; deleted ones are listed no more
WITH record AS (
    SELECT page_no, unnest(json_extract(body, '$.opportunities[*]')) AS r,
        unnest(range(len(json_extract(body, '$.opportunities[*]')))) AS record_no
    FROM page
),

account AS (
    SELECT coalesce(any_value(nullif(upper(body ->> '$.location.currency'), '')), any_value(nullif(CAST(getvariable('settings') AS JSON) ->> '$.currency', ''))) AS currency
    FROM page
),

tag AS (
    SELECT trim(split_part(line, '=', 2)) AS field_id
    FROM (SELECT unnest(CAST(json_extract(CAST(getvariable('settings') AS JSON), '$.fields') AS VARCHAR[])) AS line)
    WHERE trim(split_part(line, '=', 1)) = 'utm_source'
),

field AS (
    SELECT page_no, record_no, any_value(value) AS source
    FROM (SELECT page_no, record_no, f ->> '$.id' AS field_id, coalesce(f ->> '$.value', f ->> '$.fieldValueString', f ->> '$.fieldValue') AS value
        FROM (SELECT page_no, record_no, unnest(json_extract(r, '$.customFields[*]')) AS f FROM record))
    JOIN tag USING (field_id)
    WHERE trim(value) <> ''
    GROUP BY page_no, record_no
),

named AS (
    SELECT
        page_no,
        record_no,
        r,
        lower(r ->> '$.status') AS status,
        nullif(r ->> '$.monetaryValue', '') AS amount,
        replace(r ->> '$.createdAt', 'Z', '') AS created,
        replace(coalesce(r ->> '$.updatedAt', r ->> '$.createdAt'), 'Z', '') AS modified,
        CASE WHEN lower(r ->> '$.status') IN ('won', 'lost', 'abandoned')
            THEN replace(coalesce(r ->> '$.lastStatusChangeAt', r ->> '$.updatedAt'), 'Z', '') END AS closed
    FROM record
)

SELECT
    n.r ->> '$.id' AS deal_id,
    coalesce(n.r ->> '$.name', '') AS name,
    n.r ->> '$.pipelineId' AS pipeline,
    n.r ->> '$.pipelineStageId' AS stage,
    TRY_CAST(n.amount AS DECIMAL(18, 6)) AS amount,
    a.currency,
    coalesce(f.source, n.r ->> '$.source', '') AS source,
    TRY_CAST(n.created AS TIMESTAMP) AS created_at,
    local_date(TRY_CAST(n.created AS TIMESTAMP), getvariable('time_zone')) AS created_date,
    TRY_CAST(n.modified AS TIMESTAMP) AS modified_at,
    TRY_CAST(n.closed AS TIMESTAMP) AS closed_at,
    local_date(TRY_CAST(n.closed AS TIMESTAMP), getvariable('time_zone')) AS closed_date,
    coalesce(n.status IN ('won', 'lost', 'abandoned'), false) AS is_closed,
    coalesce(n.status = 'won', false) AS is_won,
    CAST(NULL AS TIMESTAMP) AS archived_at,
    CAST([] AS VARCHAR[]) AS merged_deal_ids,
    CAST(NULL AS VARCHAR) AS absence,
    n.page_no,
    CAST(n.record_no AS INTEGER) AS record_no,
    problems([
        required('id', n.r ->> '$.id'),
        required('createdAt', n.created),
        bad_instant('createdAt', n.created),
        bad_instant('updatedAt', n.modified),
        bad_instant('lastStatusChangeAt', n.closed),
        bad_decimal('monetaryValue', n.amount),
        CASE WHEN coalesce(n.status, '') NOT IN ('open', 'won', 'lost', 'abandoned')
             THEN 'status: "' || coalesce(left(n.r ->> '$.status', 80), '') || '" is not open, won, lost or abandoned' END
    ]) AS problem
FROM named AS n
CROSS JOIN account AS a
LEFT JOIN field AS f USING (page_no, record_no)
