-- Adds: visits and what they did
-- Grain: none, rows are summed by origin and dimensions where they are read
-- Inputs: core.web_daily; touched(workspace, date), the days to compute
SELECT w.workspace, w.date, w.source, w.medium, w.campaign,
    w.device, w.country, w.property_id AS account,
    w.sessions, w.engaged_sessions, w.pageviews, w.session_seconds, w.key_events
FROM core.web_daily AS w
SEMI JOIN touched AS t ON t.workspace = w.workspace AND t.date = w.date
