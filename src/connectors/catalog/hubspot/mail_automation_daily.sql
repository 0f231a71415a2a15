-- Table: core.mail_automation_daily
-- Grain: marketing e-mail without a day (of a workflow, a form, a feed), day of the workspace's zone on which it was read
-- Inputs: as mail.sql
-- Late data: none: totals of past days are not told
WITH listed AS (
    SELECT page_no, part, unnest(results) AS r, CAST(unnest(range(len(results))) AS INTEGER) AS record_no
    FROM (
        SELECT page_no, part, from_json(body, '{"results": [{
            "id": "VARCHAR", "name": "VARCHAR", "subject": "VARCHAR", "type": "VARCHAR", "state": "VARCHAR", "isPublished": "VARCHAR",
            "publishDate": "VARCHAR", "publishedAt": "VARCHAR", "campaignUtm": "VARCHAR",
            "stats": {"counters": {"sent": "VARCHAR", "delivered": "VARCHAR", "open": "VARCHAR", "click": "VARCHAR", "bounce": "VARCHAR",
                "hardbounced": "VARCHAR", "softbounced": "VARCHAR", "unsubscribed": "VARCHAR", "spamreport": "VARCHAR"}}
        }]}').results AS results
        FROM page
        WHERE part <> 'figures'
    )
),

asked AS (
    SELECT parent AS id, from_json(body, '{"aggregate": {"counters": {"sent": "VARCHAR", "delivered": "VARCHAR", "open": "VARCHAR",
        "click": "VARCHAR", "bounce": "VARCHAR", "hardbounced": "VARCHAR", "softbounced": "VARCHAR", "unsubscribed": "VARCHAR",
        "spamreport": "VARCHAR"}}}').aggregate.counters AS counters
    FROM page
    WHERE part = 'figures'
),

-- A mail is in several lists: the one with figures tells most.
record AS (
    SELECT
        l.page_no, l.record_no, l.r,
        CASE WHEN l.r.stats.counters.sent IS NOT NULL THEN l.r.stats.counters ELSE a.counters END AS c
    FROM listed AS l
    LEFT JOIN asked AS a ON a.id = l.r.id
    WHERE l.r.isPublished = 'true'
    QUALIFY row_number() OVER (
        PARTITION BY coalesce(l.r.id, l.page_no || ' ' || l.record_no)
        ORDER BY l.r.stats.counters.sent IS NOT NULL DESC, l.page_no, l.record_no
    ) = 1
)

SELECT
    r.id AS mail_id,
    '' AS automation_id,
    '' AS automation_name,
    local_date(from_unix(getvariable('fetched_unix')), getvariable('time_zone')) AS date,
    without_addresses(coalesce(nullif(r.name, ''), r.subject, '')) AS name,
    lower(coalesce(r.state, '')) AS status,
    '' AS list_id,
    TRY_CAST(c.sent AS BIGINT) AS sent,
    TRY_CAST(c.delivered AS BIGINT) AS delivered,
    TRY_CAST(c.bounce AS BIGINT) AS bounces,
    CAST(NULL AS BIGINT) AS opens,
    TRY_CAST(c.open AS BIGINT) AS unique_opens,
    CAST(NULL AS BIGINT) AS clicks,
    TRY_CAST(c.click AS BIGINT) AS unique_clicks,
    TRY_CAST(c.unsubscribed AS BIGINT) AS unsubscribes,
    TRY_CAST(c.spamreport AS BIGINT) AS complaints,
    page_no,
    record_no,
    problems([
        required('id', r.id),
        bad_whole('counters.sent', c.sent),
        bad_whole('counters.delivered', c.delivered),
        bad_whole('counters.open', c.open),
        bad_whole('counters.click', c.click),
        bad_whole('counters.bounce', c.bounce),
        bad_whole('counters.hardbounced', c.hardbounced),
        bad_whole('counters.softbounced', c.softbounced),
        bad_whole('counters.unsubscribed', c.unsubscribed),
        bad_whole('counters.spamreport', c.spamreport)
    ]) AS problem
FROM record
WHERE coalesce(r.type, '') NOT IN ('BATCH_EMAIL', 'AB_EMAIL', 'LOCALTIME_EMAIL', 'BLOG_EMAIL_CHILD', 'RSS_EMAIL_CHILD')
