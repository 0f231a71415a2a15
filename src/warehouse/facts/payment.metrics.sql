-- Adds: orders, new customers and revenue
-- Grain: workspace, date, source, medium, campaign
-- Inputs: payer(workspace, connection, payment_id, date, amount, currency, source, medium, campaign,
--   payment_number), captured payments with their origin; touched(workspace, date), the days to compute;
--   rate(workspace, date, currency, rate), units of the workspace's currency for one
SELECT p.workspace, p.date, p.source, p.medium, p.campaign,
    count(*) AS orders, count(*) FILTER (p.payment_number = 1) AS customers,
    sum(round(p.amount * r.rate, 6)) AS revenue
FROM payer AS p
SEMI JOIN touched AS t ON t.workspace = p.workspace AND t.date = p.date
LEFT JOIN rate AS r ON r.workspace = p.workspace AND r.date = p.date AND r.currency = p.currency
GROUP BY ALL
