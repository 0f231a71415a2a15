-- Table: core.mail
-- Grain: mail that was sent
-- Inputs: page, reports; part `sub_reports`, mails below one of them; part `campaigns`, how links are tagged
-- Late data: counts grow for weeks, and fall where Mailchimp counts anew; a mail that was deleted stays as it was told last
-- Rules: a test of versions has all of its versions in its own counts, so they are not counted again; an RSS mail is
--   counted by its issues. Mails of automations have no day and are read elsewhere
WITH report AS (
    SELECT page_no, part, coalesce(parent, '') AS parent, record_no, r
    FROM (
        SELECT page_no, part, parent, unnest(reports) AS r, CAST(unnest(range(len(reports))) AS INTEGER) AS record_no
        FROM (
            SELECT page_no, part, parent, from_json(body, '{"reports": [{
                "id": "VARCHAR", "campaign_title": "VARCHAR", "type": "VARCHAR", "list_id": "VARCHAR", "list_name": "VARCHAR",
                "subject_line": "VARCHAR", "emails_sent": "VARCHAR", "abuse_reports": "VARCHAR", "unsubscribed": "VARCHAR",
                "send_time": "VARCHAR",
                "bounces": {"hard_bounces": "VARCHAR", "soft_bounces": "VARCHAR", "syntax_errors": "VARCHAR"},
                "opens": {"opens_total": "VARCHAR", "unique_opens": "VARCHAR", "proxy_excluded_unique_opens": "VARCHAR"},
                "clicks": {"clicks_total": "VARCHAR", "unique_subscriber_clicks": "VARCHAR"}
            }]}').reports AS reports
            FROM page
            WHERE part IN ('', 'sub_reports')
        )
    )
),

campaign AS (
    SELECT
        r.id AS id,
        any_value(nullif(r.parent_campaign_id, '')) AS parent_id,
        any_value(nullif(r.resend_shortcut_usage.original_campaign.id, '')) AS original_id,
        any_value(nullif(r.tracking.google_analytics, '')) AS tag,
        any_value(r.tracking.opens) AS counts_opens,
        -- Links of either form are enough.
        CASE WHEN any_value(r.tracking.html_clicks) = 'false' AND coalesce(any_value(r.tracking.text_clicks), 'false') = 'false'
             THEN 'false' END AS counts_clicks
    FROM (
        SELECT unnest(from_json(body, '{"campaigns": [{"id": "VARCHAR", "parent_campaign_id": "VARCHAR",
            "tracking": {"opens": "VARCHAR", "html_clicks": "VARCHAR", "text_clicks": "VARCHAR", "google_analytics": "VARCHAR"},
            "resend_shortcut_usage": {"original_campaign": {"id": "VARCHAR"}}}]}').campaigns) AS r
        FROM page
        WHERE part = 'campaigns'
    )
    GROUP BY r.id
),

-- What a mail is below, and of what type that is.
placed AS (
    SELECT
        m.*,
        c.* EXCLUDE (id),
        coalesce(nullif(m.parent, ''), c.original_id, c.parent_id, '') AS above_id,
        a.type AS above_type
    FROM report AS m
    LEFT JOIN campaign AS c ON c.id = m.r.id
    LEFT JOIN (SELECT r.id AS id, any_value(r.type) AS type FROM report GROUP BY r.id) AS a
        ON a.id = coalesce(nullif(m.parent, ''), c.original_id, c.parent_id)
),

counted AS (
    SELECT
        *,
        nullif(r.emails_sent, '') AS sent,
        coalesce(TRY_CAST(r.bounces.hard_bounces AS BIGINT), 0) + coalesce(TRY_CAST(r.bounces.soft_bounces AS BIGINT), 0)
            + coalesce(TRY_CAST(r.bounces.syntax_errors AS BIGINT), 0) AS bounces
    FROM placed
    WHERE coalesce(r.type, '') NOT LIKE 'auto%'
        AND NOT (above_id <> '' AND (coalesce(above_type, '') IN ('variate', 'absplit', 'ab_split') OR r.type LIKE '%-child'))
        -- A feed's own report adds up its issues.
        AND NOT (r.type = 'rss' AND EXISTS (SELECT 1 FROM placed AS below WHERE below.above_id = placed.r.id))
        -- Not sent yet.
        AND NOT (coalesce(r.send_time, '') = '' AND coalesce(r.emails_sent, '0') = '0')
    -- A mail that is listed by itself as well is one.
    QUALIFY row_number() OVER (
        PARTITION BY coalesce(r.id, page_no || ' ' || record_no) ORDER BY above_id <> '' DESC, page_no DESC, record_no DESC
    ) = 1
)

SELECT
    r.id AS mail_id,
    above_id AS parent_id,
    without_addresses(coalesce(nullif(r.campaign_title, ''), r.subject_line, '')) AS name,
    without_addresses(coalesce(r.subject_line, '')) AS subject,
    CASE WHEN r.type IN ('variate', 'absplit', 'ab_split') THEN 'test'
         WHEN r.type = 'rss' OR above_type = 'rss' THEN 'feed'
         WHEN above_id <> '' THEN 'resend'
         ELSE 'campaign' END AS kind,
    coalesce(r.list_id, '') AS list_id,
    coalesce(r.list_name, '') AS list_name,
    json_extract_string(CAST(getvariable('settings') AS JSON), '$.source') AS source,
    json_extract_string(CAST(getvariable('settings') AS JSON), '$.medium') AS medium,
    without_addresses(coalesce(tag, nullif(r.campaign_title, ''), r.subject_line, '')) AS campaign,
    utc_instant(r.send_time) AS sent_at,
    local_date(utc_instant(r.send_time), getvariable('time_zone')) AS sent_date,
    TRY_CAST(sent AS BIGINT) AS sent,
    CASE WHEN r.bounces IS NOT NULL THEN greatest(TRY_CAST(sent AS BIGINT) - bounces, 0) END AS delivered,
    CASE WHEN r.bounces IS NOT NULL THEN bounces END AS bounces,
    TRY_CAST(r.bounces.hard_bounces AS BIGINT) AS hard_bounces,
    TRY_CAST(r.bounces.soft_bounces AS BIGINT) AS soft_bounces,
    CASE WHEN counts_opens IS DISTINCT FROM 'false' THEN TRY_CAST(r.opens.opens_total AS BIGINT) END AS opens,
    CASE WHEN counts_opens IS DISTINCT FROM 'false' THEN TRY_CAST(r.opens.unique_opens AS BIGINT) END AS unique_opens,
    CASE WHEN counts_opens IS DISTINCT FROM 'false' THEN TRY_CAST(r.opens.proxy_excluded_unique_opens AS BIGINT) END AS human_unique_opens,
    CASE WHEN counts_clicks IS NULL THEN TRY_CAST(r.clicks.clicks_total AS BIGINT) END AS clicks,
    CASE WHEN counts_clicks IS NULL THEN TRY_CAST(r.clicks.unique_subscriber_clicks AS BIGINT) END AS unique_clicks,
    TRY_CAST(r.unsubscribed AS BIGINT) AS unsubscribes,
    TRY_CAST(r.abuse_reports AS BIGINT) AS complaints,
    page_no,
    record_no,
    problems([
        required('id', r.id),
        required('send_time', r.send_time),
        bad_instant('send_time', nullif(r.send_time, '')),
        required('emails_sent', r.emails_sent),
        bad_whole('emails_sent', sent),
        bad_whole('abuse_reports', r.abuse_reports),
        bad_whole('unsubscribed', r.unsubscribed),
        bad_whole('bounces.hard_bounces', r.bounces.hard_bounces),
        bad_whole('bounces.soft_bounces', r.bounces.soft_bounces),
        bad_whole('bounces.syntax_errors', r.bounces.syntax_errors),
        bad_whole('opens.opens_total', r.opens.opens_total),
        bad_whole('opens.unique_opens', r.opens.unique_opens),
        bad_whole('opens.proxy_excluded_unique_opens', r.opens.proxy_excluded_unique_opens),
        bad_whole('clicks.clicks_total', r.clicks.clicks_total),
        bad_whole('clicks.unique_subscriber_clicks', r.clicks.unique_subscriber_clicks)
    ]) AS problem
FROM counted
