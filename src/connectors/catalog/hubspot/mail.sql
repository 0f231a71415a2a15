-- Table: core.mail
-- Grain: marketing e-mail that was sent at a time
-- Inputs: page, mails with figures; parts `plain`, `archived` and `archived_plain`, the lists that have the others; part
--   `figures`, figures of those that came without
-- Late data: counts grow for weeks, and fall where the account's filter for bots is changed
-- Rules: no figures are not 0; ratios are not read. Mails of automations and feeds have no day and are read elsewhere
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
    '' AS parent_id,
    without_addresses(coalesce(nullif(r.name, ''), r.subject, '')) AS name,
    without_addresses(coalesce(r.subject, '')) AS subject,
    CASE WHEN r.type = 'AB_EMAIL' THEN 'test' WHEN r.type LIKE '%_CHILD' THEN 'feed' ELSE 'campaign' END AS kind,
    '' AS list_id,
    '' AS list_name,
    json_extract_string(CAST(getvariable('settings') AS JSON), '$.mail_source') AS source,
    json_extract_string(CAST(getvariable('settings') AS JSON), '$.mail_medium') AS medium,
    without_addresses(coalesce(nullif(r.campaignUtm, ''), nullif(r.name, ''), r.subject, '')) AS campaign,
    utc_instant(coalesce(r.publishedAt, r.publishDate)) AS sent_at,
    local_date(utc_instant(coalesce(r.publishedAt, r.publishDate)), getvariable('time_zone')) AS sent_date,
    TRY_CAST(c.sent AS BIGINT) AS sent,
    TRY_CAST(c.delivered AS BIGINT) AS delivered,
    TRY_CAST(c.bounce AS BIGINT) AS bounces,
    TRY_CAST(c.hardbounced AS BIGINT) AS hard_bounces,
    TRY_CAST(c.softbounced AS BIGINT) AS soft_bounces,
    CAST(NULL AS BIGINT) AS opens,
    TRY_CAST(c.open AS BIGINT) AS unique_opens,
    CAST(NULL AS BIGINT) AS human_unique_opens,
    CAST(NULL AS BIGINT) AS clicks,
    TRY_CAST(c.click AS BIGINT) AS unique_clicks,
    TRY_CAST(c.unsubscribed AS BIGINT) AS unsubscribes,
    TRY_CAST(c.spamreport AS BIGINT) AS complaints,
    page_no,
    record_no,
    problems([
        required('id', r.id),
        required('publishDate', coalesce(r.publishedAt, r.publishDate)),
        bad_instant('publishDate', coalesce(r.publishedAt, r.publishDate)),
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
WHERE r.type IN ('BATCH_EMAIL', 'AB_EMAIL', 'LOCALTIME_EMAIL', 'BLOG_EMAIL_CHILD', 'RSS_EMAIL_CHILD')
    -- Scheduled, and not sent yet.
    AND NOT coalesce(utc_instant(coalesce(r.publishedAt, r.publishDate)) > from_unix(getvariable('fetched_unix')), false)
    -- What came without figures takes none away that are held.
    AND NOT (c.sent IS NULL AND EXISTS (
        SELECT 1 FROM core.mail AS held
        WHERE held.workspace = getvariable('workspace') AND held.connection = getvariable('connection')
            AND held.mail_id = record.r.id AND held.sent IS NOT NULL
    ))
