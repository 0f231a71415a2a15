-- Table: core.audience_daily
-- Grain: audience, day of the account's zone
-- Inputs: page, the audience's activity by day
-- Late data: Mailchimp tells 180 days again with each answer; days before stay as they were told last
WITH list AS (
    SELECT page_no, from_json(body, '{"activity": [{"day": "VARCHAR", "emails_sent": "VARCHAR", "subs": "VARCHAR",
        "unsubs": "VARCHAR", "other_adds": "VARCHAR", "other_removes": "VARCHAR"}]}').activity AS activity
    FROM page
),

record AS (
    SELECT page_no, unnest(activity) AS r, CAST(unnest(range(len(activity))) AS INTEGER) AS record_no FROM list
)

SELECT
    getvariable('partition') AS list_id,
    TRY_CAST(r.day AS DATE) AS date,
    json_extract_string(CAST(getvariable('settings') AS JSON), '$.source') AS source,
    json_extract_string(CAST(getvariable('settings') AS JSON), '$.medium') AS medium,
    TRY_CAST(r.subs AS BIGINT) AS joined,
    TRY_CAST(r.other_adds AS BIGINT) AS added,
    TRY_CAST(r.unsubs AS BIGINT) AS unsubscribed,
    TRY_CAST(r.other_removes AS BIGINT) AS removed,
    TRY_CAST(r.emails_sent AS BIGINT) AS emails_sent,
    page_no,
    record_no,
    problems([
        required('day', r.day),
        bad_date('day', r.day),
        required('subs', r.subs),
        bad_whole('subs', r.subs),
        bad_whole('other_adds', r.other_adds),
        required('unsubs', r.unsubs),
        bad_whole('unsubs', r.unsubs),
        bad_whole('other_removes', r.other_removes),
        bad_whole('emails_sent', r.emails_sent)
    ]) AS problem
FROM record
