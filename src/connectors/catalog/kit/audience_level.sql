-- Table: core.audience_level
-- Grain: day of the account's zone
-- Inputs: page, the growth of one day, with how many subscribers there were at its end
-- Late data: who is deleted at Kit is taken out of past days
WITH growth AS (
    SELECT page_no, from_json(body, '{"stats": {"subscribers": "VARCHAR", "starting": "VARCHAR"}}').stats AS r
    FROM page
    WHERE part = ''
)

SELECT
    '' AS list_id,
    '' AS list_name,
    TRY_CAST(left(r.starting, 10) AS DATE) AS date,
    TRY_CAST(r.subscribers AS BIGINT) AS members,
    CAST(NULL AS BIGINT) AS unsubscribed,
    CAST(NULL AS BIGINT) AS bounced,
    page_no,
    0 AS record_no,
    problems([
        required('starting', r.starting),
        bad_date('starting', left(r.starting, 10)),
        required('subscribers', r.subscribers),
        bad_whole('subscribers', r.subscribers)
    ]) AS problem
FROM growth
