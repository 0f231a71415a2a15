-- Adds: visits and what they did
-- Grain: workspace, date, source, medium, campaign, device, country, account
-- Inputs: core.web_daily; touched(workspace, date), the days to compute
SELECT w.workspace, w.date, w.source, w.medium, w.campaign,
    w.device, w.country, w.property_id AS account,
    sum(w.sessions) AS sessions, sum(w.engaged_sessions) AS engaged_sessions, sum(w.pageviews) AS pageviews,
    sum(w.session_seconds) AS session_seconds, sum(w.key_events) AS key_events
FROM core.web_daily AS w
SEMI JOIN touched AS t ON t.workspace = w.workspace AND t.date = w.date
GROUP BY ALL
