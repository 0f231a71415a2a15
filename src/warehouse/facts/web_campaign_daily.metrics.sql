-- Adds: events, and whose sessions they were: people who came for the first time, or again
-- Grain: none, rows are summed by origin where they are read
-- Inputs: core.web_campaign_daily; touched(workspace, date), the days to compute
SELECT w.workspace, w.date, w.source, w.medium, w.campaign,
    w.event_count AS events,
    CASE WHEN w.visitor_kind = 'new' THEN w.sessions ELSE 0 END AS new_sessions,
    CASE WHEN w.visitor_kind = 'returning' THEN w.sessions ELSE 0 END AS returning_sessions
FROM core.web_campaign_daily AS w
SEMI JOIN touched AS t ON t.workspace = w.workspace AND t.date = w.date
