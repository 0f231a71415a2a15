-- Adds: orders placed in the shop and what they came to, on the day they were placed
-- Grain: workspace, date, source, medium, campaign
-- Inputs: core.sales_order; touched(workspace, date), the days to compute;
--   rate(workspace, date, currency, rate), units of the workspace's currency for one
SELECT o.workspace, o.date, coalesce(o.source, '(unknown)') AS source,
    CASE WHEN o.source IS NULL THEN '(unknown)' ELSE coalesce(o.medium, '') END AS medium,
    CASE WHEN o.source IS NULL THEN '' ELSE coalesce(o.campaign, '') END AS campaign,
    count(*) AS shop_orders,
    sum(round(o.net_sales * r.rate, 6)) AS ordered_sales,
    sum(round(o.discounts * r.rate, 6)) AS order_discounts,
    sum(round(o.shipping * r.rate, 6)) AS order_shipping,
    sum(round(o.tax * r.rate, 6)) AS order_tax,
    sum(round(o.tips * r.rate, 6)) AS order_tips
FROM core.sales_order AS o
SEMI JOIN touched AS t ON t.workspace = o.workspace AND t.date = o.date
LEFT JOIN rate AS r ON r.workspace = o.workspace AND r.date = o.date AND r.currency = o.currency
WHERE NOT o.is_test
GROUP BY ALL
