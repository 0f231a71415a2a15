-- Adds: goods that came back, on the day of the return, under the origin of their order
-- Grain: workspace, date, source, medium, campaign
-- Inputs: core.sales_return; touched(workspace, date), the days to compute;
--   rate(workspace, date, currency, rate), units of the workspace's currency for one
SELECT b.workspace, b.date, coalesce(b.source, '(unknown)') AS source,
    CASE WHEN b.source IS NULL THEN '(unknown)' ELSE coalesce(b.medium, '') END AS medium,
    CASE WHEN b.source IS NULL THEN '' ELSE coalesce(b.campaign, '') END AS campaign,
    sum(round(b.goods * r.rate, 6)) AS returned_sales
FROM core.sales_return AS b
SEMI JOIN touched AS t ON t.workspace = b.workspace AND t.date = b.date
LEFT JOIN rate AS r ON r.workspace = b.workspace AND r.date = b.date AND r.currency = b.currency
WHERE NOT b.is_test AND b.goods IS NOT NULL
GROUP BY ALL
