-- Adds: who joined and left mailing lists
-- Grain: none, rows are summed by origin where they are read
-- Inputs: core.audience_daily; touched(workspace, date), the days to compute
SELECT a.workspace, a.date, a.source, a.medium, '' AS campaign,
    a.joined + coalesce(a.added, 0) AS list_joined,
    a.unsubscribed + coalesce(a.removed, 0) AS list_left,
    a.unsubscribed AS list_unsubscribes
FROM core.audience_daily AS a
SEMI JOIN touched AS t ON t.workspace = a.workspace AND t.date = a.date
