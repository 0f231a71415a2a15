-- Table: core.mail_automation_daily
-- Grain: sequence, day of the workspace's zone on which it was read
-- Inputs: page, sequences with their figures
-- Late data: none: totals of past days are not told
-- Rules: Kit counts a sequence and each of its mails; the sequence is what is kept
WITH list AS (
    SELECT page_no, from_json(body, '{"sequences": [{"id": "VARCHAR", "name": "VARCHAR", "active": "VARCHAR", "stats": {
        "recipients": "VARCHAR", "sent": "VARCHAR", "emails_opened": "VARCHAR", "opened": "VARCHAR", "total_clicks": "VARCHAR",
        "clicked": "VARCHAR", "unsubscribes": "VARCHAR"}}]}').sequences AS sequences
    FROM page
),

record AS (
    SELECT page_no, unnest(sequences) AS r, CAST(unnest(range(len(sequences))) AS INTEGER) AS record_no FROM list
)

SELECT
    'sequence/' || r.id AS mail_id,
    coalesce(r.id, '') AS automation_id,
    without_addresses(coalesce(r.name, '')) AS automation_name,
    local_date(from_unix(getvariable('fetched_unix')), getvariable('time_zone')) AS date,
    without_addresses(coalesce(r.name, '')) AS name,
    CASE r.active WHEN 'true' THEN 'active' WHEN 'false' THEN 'inactive' ELSE '' END AS status,
    '' AS list_id,
    TRY_CAST(coalesce(r.stats.sent, r.stats.recipients) AS BIGINT) AS sent,
    CAST(NULL AS BIGINT) AS delivered,
    CAST(NULL AS BIGINT) AS bounces,
    CAST(NULL AS BIGINT) AS opens,
    TRY_CAST(coalesce(r.stats.opened, r.stats.emails_opened) AS BIGINT) AS unique_opens,
    TRY_CAST(r.stats.total_clicks AS BIGINT) AS clicks,
    TRY_CAST(r.stats.clicked AS BIGINT) AS unique_clicks,
    TRY_CAST(r.stats.unsubscribes AS BIGINT) AS unsubscribes,
    CAST(NULL AS BIGINT) AS complaints,
    page_no,
    record_no,
    problems([
        required('id', r.id),
        bad_whole('stats.sent', coalesce(r.stats.sent, r.stats.recipients)),
        bad_whole('stats.opened', coalesce(r.stats.opened, r.stats.emails_opened)),
        bad_whole('stats.total_clicks', r.stats.total_clicks),
        bad_whole('stats.clicked', r.stats.clicked),
        bad_whole('stats.unsubscribes', r.stats.unsubscribes)
    ]) AS problem
FROM record
