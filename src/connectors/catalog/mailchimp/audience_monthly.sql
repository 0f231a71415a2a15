-- Table: core.audience_monthly
-- Grain: audience, month
-- Inputs: page, the audience's growth by month
-- Rules: `existing`, `imports` and `optins` are retired and read 0 (benlcollins/apps_script_apis#2), so they are not
--   read: who joined is derived from the stock of two months and who left between
WITH list AS (
    SELECT page_no, from_json(body, '{"history": [{"month": "VARCHAR", "subscribed": "VARCHAR",
        "unsubscribed": "VARCHAR", "cleaned": "VARCHAR"}]}').history AS history
    FROM page
),

record AS (
    SELECT
        page_no,
        r,
        CAST(record_no AS INTEGER) AS record_no,
        TRY_CAST(r.month || '-01' AS DATE) AS month_date,
        TRY_CAST(r.subscribed AS BIGINT) AS members,
        TRY_CAST(r.unsubscribed AS BIGINT) AS unsubscribed,
        TRY_CAST(r.cleaned AS BIGINT) AS bounced
    FROM (SELECT page_no, unnest(history) AS r, unnest(range(len(history))) AS record_no FROM list)
),

-- A month that Mailchimp leaves out is no month before.
compared AS (
    SELECT m.*, b.members AS members_before
    FROM record AS m
    LEFT JOIN (SELECT month_date, max(members) AS members FROM record GROUP BY month_date) AS b
        ON b.month_date = CAST(m.month_date - INTERVAL 1 MONTH AS DATE)
)

SELECT
    getvariable('partition') AS list_id,
    month_date,
    members,
    unsubscribed,
    bounced,
    members - members_before + unsubscribed + bounced AS derived_joined,
    page_no,
    record_no,
    problems([
        required('month', r.month),
        bad_date('month', r.month || '-01'),
        required('subscribed', r.subscribed),
        bad_whole('subscribed', r.subscribed),
        bad_whole('unsubscribed', r.unsubscribed),
        bad_whole('cleaned', r.cleaned)
    ]) AS problem
FROM compared
