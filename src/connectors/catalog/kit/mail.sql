-- Table: core.mail
-- Grain: broadcast that was sent
-- Inputs: page, figures of broadcasts
-- Late data: counts grow for weeks, and fall where Kit counts anew
-- Rules: rates are percent of recipients, and who clicked is told as a rate only. Bounces are not told, so what was
--   delivered is not known
WITH list AS (
    SELECT page_no, from_json(body, '{"broadcasts": [{"id": "VARCHAR", "subject": "VARCHAR", "send_at": "VARCHAR", "stats": {
        "recipients": "VARCHAR", "emails_opened": "VARCHAR", "click_rate": "VARCHAR", "unsubscribes": "VARCHAR",
        "total_clicks": "VARCHAR", "status": "VARCHAR",
        "open_tracking_disabled": "VARCHAR", "click_tracking_disabled": "VARCHAR"}}]}').broadcasts AS broadcasts
    FROM page
    WHERE part = ''
),

record AS (
    SELECT page_no, unnest(broadcasts) AS r, CAST(unnest(range(len(broadcasts))) AS INTEGER) AS record_no FROM list
)

SELECT
    r.id AS mail_id,
    '' AS parent_id,
    without_addresses(coalesce(r.subject, '')) AS name,
    without_addresses(coalesce(r.subject, '')) AS subject,
    'campaign' AS kind,
    '' AS list_id,
    '' AS list_name,
    json_extract_string(CAST(getvariable('settings') AS JSON), '$.source') AS source,
    json_extract_string(CAST(getvariable('settings') AS JSON), '$.medium') AS medium,
    without_addresses(coalesce(r.subject, '')) AS campaign,
    utc_instant(r.send_at) AS sent_at,
    local_date(utc_instant(r.send_at), getvariable('time_zone')) AS sent_date,
    TRY_CAST(r.stats.recipients AS BIGINT) AS sent,
    CAST(NULL AS BIGINT) AS delivered,
    CAST(NULL AS BIGINT) AS bounces,
    CAST(NULL AS BIGINT) AS hard_bounces,
    CAST(NULL AS BIGINT) AS soft_bounces,
    CAST(NULL AS BIGINT) AS opens,
    CASE WHEN r.stats.open_tracking_disabled IS DISTINCT FROM 'true' THEN TRY_CAST(r.stats.emails_opened AS BIGINT) END AS unique_opens,
    CAST(NULL AS BIGINT) AS human_unique_opens,
    CASE WHEN r.stats.click_tracking_disabled IS DISTINCT FROM 'true' THEN TRY_CAST(r.stats.total_clicks AS BIGINT) END AS clicks,
    CASE WHEN r.stats.click_tracking_disabled IS DISTINCT FROM 'true'
         THEN CAST(round(TRY_CAST(r.stats.click_rate AS DECIMAL(18, 9)) * TRY_CAST(r.stats.recipients AS BIGINT) / 100) AS BIGINT) END AS unique_clicks,
    TRY_CAST(r.stats.unsubscribes AS BIGINT) AS unsubscribes,
    CAST(NULL AS BIGINT) AS complaints,
    page_no,
    record_no,
    problems([
        required('id', r.id),
        required('send_at', r.send_at),
        bad_instant('send_at', nullif(r.send_at, '')),
        bad_whole('stats.recipients', r.stats.recipients),
        bad_whole('stats.emails_opened', r.stats.emails_opened),
        bad_decimal('stats.click_rate', r.stats.click_rate),
        bad_whole('stats.unsubscribes', r.stats.unsubscribes),
        bad_whole('stats.total_clicks', r.stats.total_clicks)
    ]) AS problem
FROM record
-- A draft, or one that waits for its hour, is no mail yet; one that was stopped went to some.
WHERE coalesce(lower(r.stats.status), '') NOT IN ('draft', 'scheduled')
    AND NOT (r.stats.status = 'aborted' AND coalesce(r.stats.recipients, '0') = '0')
