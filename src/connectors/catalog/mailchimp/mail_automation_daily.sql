-- Table: core.mail_automation_daily
-- Grain: mail of an automation, day of the workspace's zone on which it was read
-- Inputs: page, automations; part `emails`, the mails of one of them
-- Late data: none: totals of past days are not told
WITH automation AS (
    SELECT r.id AS id, any_value(r.settings.title) AS title, any_value(r.recipients.list_id) AS list_id
    FROM (
        SELECT unnest(from_json(body, '{"automations": [{"id": "VARCHAR", "settings": {"title": "VARCHAR"},
            "recipients": {"list_id": "VARCHAR"}}]}').automations) AS r
        FROM page
        WHERE part = ''
    )
    GROUP BY r.id
),

list AS (
    SELECT page_no, parent, from_json(body, '{"emails": [{"id": "VARCHAR", "workflow_id": "VARCHAR", "status": "VARCHAR",
        "emails_sent": "VARCHAR", "settings": {"title": "VARCHAR", "subject_line": "VARCHAR"},
        "recipients": {"list_id": "VARCHAR"},
        "report_summary": {"opens": "VARCHAR", "unique_opens": "VARCHAR", "clicks": "VARCHAR", "subscriber_clicks": "VARCHAR"}
    }]}').emails AS emails
    FROM page
    WHERE part = 'emails'
),

record AS (
    SELECT page_no, parent, unnest(emails) AS r, CAST(unnest(range(len(emails))) AS INTEGER) AS record_no FROM list
)

SELECT
    r.id AS mail_id,
    coalesce(nullif(r.workflow_id, ''), parent) AS automation_id,
    coalesce(a.title, '') AS automation_name,
    local_date(from_unix(getvariable('fetched_unix')), getvariable('time_zone')) AS date,
    without_addresses(coalesce(nullif(r.settings.title, ''), r.settings.subject_line, '')) AS name,
    lower(coalesce(r.status, '')) AS status,
    coalesce(r.recipients.list_id, a.list_id, '') AS list_id,
    TRY_CAST(r.emails_sent AS BIGINT) AS sent,
    CAST(NULL AS BIGINT) AS delivered,
    CAST(NULL AS BIGINT) AS bounces,
    TRY_CAST(r.report_summary.opens AS BIGINT) AS opens,
    TRY_CAST(r.report_summary.unique_opens AS BIGINT) AS unique_opens,
    TRY_CAST(r.report_summary.clicks AS BIGINT) AS clicks,
    TRY_CAST(r.report_summary.subscriber_clicks AS BIGINT) AS unique_clicks,
    CAST(NULL AS BIGINT) AS unsubscribes,
    CAST(NULL AS BIGINT) AS complaints,
    page_no,
    record_no,
    problems([
        required('id', r.id),
        bad_whole('emails_sent', r.emails_sent),
        bad_whole('report_summary.opens', r.report_summary.opens),
        bad_whole('report_summary.unique_opens', r.report_summary.unique_opens),
        bad_whole('report_summary.clicks', r.report_summary.clicks),
        bad_whole('report_summary.subscriber_clicks', r.report_summary.subscriber_clicks)
    ]) AS problem
FROM record
LEFT JOIN automation AS a ON a.id = coalesce(nullif(r.workflow_id, ''), parent)
