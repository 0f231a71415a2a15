-- Adds: what disputes took, less what they gave back, on the day they did
-- Grain: workspace, date, source, medium, campaign
-- Inputs: core.dispute_movement; payer(workspace, connection, payment_id, date, amount, currency, source, medium, campaign,
--   payment_number), captured payments with their origin; touched(workspace, date), the days to compute;
--   rate(workspace, date, currency, rate), units of the workspace's currency for one
SELECT m.workspace, m.date, coalesce(p.source, '(unknown)') AS source, coalesce(p.medium, '(unknown)') AS medium,
    coalesce(p.campaign, '') AS campaign,
    -sum(round(m.amount * r.rate, 6)) AS chargebacks
FROM core.dispute_movement AS m
SEMI JOIN touched AS t ON t.workspace = m.workspace AND t.date = m.date
LEFT JOIN payer AS p ON p.workspace = m.workspace AND p.connection = m.connection AND p.payment_id = m.payment_id
LEFT JOIN rate AS r ON r.workspace = m.workspace AND r.date = m.date AND r.currency = m.currency
GROUP BY ALL
