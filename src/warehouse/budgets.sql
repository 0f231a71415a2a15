-- What is planned for each channel in a month, in the workspace's currency
-- Parameters: $1 the workspace, $2 the month's first day
-- Inputs: core.budget, ops.workspace, mart.fx_cross
-- A channel none of whose amounts can be converted has no budget, rather than one of nothing.
SELECT b.channel AS channel,
    sum(CAST(round(b.amount * coalesce(f.rate, CASE WHEN b.currency = w.currency THEN 1 END), 6) AS DECIMAL(18, 6))) AS amount
FROM core.budget AS b
JOIN ops.workspace AS w USING (workspace)
LEFT JOIN mart.fx_cross AS f ON f.workspace = b.workspace AND f.currency = b.currency AND f.date = b.month_date
WHERE b.workspace = $1 AND b.month_date = CAST($2 AS DATE)
GROUP BY b.channel
HAVING count(f.rate) > 0 OR bool_and(b.currency = w.currency)
