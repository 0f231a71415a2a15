-- Adds: conversions away from the web under the tags of their file, and what they brought
-- Grain: workspace, date, source, medium, campaign, content
-- Inputs: core.offline_conversion; touched(workspace, date), the days to compute;
--   rate(workspace, date, currency, rate), units of the workspace's currency for one
SELECT o.workspace, o.date, o.source, o.medium, o.campaign, o.kind AS content,
    count(*) AS offline_conversions,
    sum(round(o.amount * r.rate, 6)) AS revenue
FROM core.offline_conversion AS o
SEMI JOIN touched AS t ON t.workspace = o.workspace AND t.date = o.date
LEFT JOIN rate AS r ON r.workspace = o.workspace AND r.date = o.date AND r.currency = o.currency
GROUP BY ALL
