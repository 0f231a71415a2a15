-- Table: core.audience_daily
-- Grain: day of the account's zone
-- Inputs: page, the growth of one day
-- Late data: who is deleted at Kit is taken out of past days; what was told before stays in the history
WITH growth AS (
    SELECT page_no, from_json(body, '{"stats": {"new_subscribers": "VARCHAR", "cancellations": "VARCHAR", "starting": "VARCHAR"}}').stats AS r
    FROM page
    WHERE part = ''
)

SELECT
    '' AS list_id,
    TRY_CAST(left(r.starting, 10) AS DATE) AS date,
    json_extract_string(CAST(getvariable('settings') AS JSON), '$.source') AS source,
    json_extract_string(CAST(getvariable('settings') AS JSON), '$.medium') AS medium,
    TRY_CAST(r.new_subscribers AS BIGINT) AS joined,
    CAST(NULL AS BIGINT) AS added,
    TRY_CAST(r.cancellations AS BIGINT) AS unsubscribed,
    CAST(NULL AS BIGINT) AS removed,
    CAST(NULL AS BIGINT) AS emails_sent,
    page_no,
    0 AS record_no,
    problems([
        required('starting', r.starting),
        bad_date('starting', left(r.starting, 10)),
        required('new_subscribers', r.new_subscribers),
        bad_whole('new_subscribers', r.new_subscribers),
        required('cancellations', r.cancellations),
        bad_whole('cancellations', r.cancellations)
    ]) AS problem
FROM growth
