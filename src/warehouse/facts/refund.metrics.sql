-- Adds: money given back, on the day it was, under the origin of its payment
-- Grain: workspace, date, source, medium, campaign
-- Inputs: core.refund; payer(workspace, connection, payment_id, date, amount, currency, source, medium, campaign,
--   payment_number), captured payments with their origin; touched(workspace, date), the days to compute;
--   rate(workspace, date, currency, rate), units of the workspace's currency for one
-- A refund without an entry in the provider's ledger gave nothing back: a hold expired, or the rest of one was let go.
SELECT f.workspace, f.date, coalesce(p.source, '(unknown)') AS source, coalesce(p.medium, '(unknown)') AS medium,
    coalesce(p.campaign, '') AS campaign,
    sum(round(f.amount * r.rate, 6)) AS refunds
FROM core.refund AS f
SEMI JOIN touched AS t ON t.workspace = f.workspace AND t.date = f.date
LEFT JOIN payer AS p ON p.workspace = f.workspace AND p.connection = f.connection AND p.payment_id = f.payment_id
LEFT JOIN rate AS r ON r.workspace = f.workspace AND r.date = f.date AND r.currency = f.currency
WHERE f.status NOT IN ('failed', 'canceled')
    AND coalesce(f.balance_transaction_id <> '', coalesce(f.reason, '') <> 'expired_uncaptured_charge')
GROUP BY ALL
