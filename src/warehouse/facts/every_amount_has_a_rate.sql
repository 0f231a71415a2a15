-- Claim: every amount in another currency has a rate for its day; without one it counts as nothing
WITH bare AS (
    -- A subscription counts on each of its days: few days lack a rate, so they are sought first.
    SELECT d.workspace, d.date, c.currency
    FROM mart.mrr_daily AS d
    JOIN (SELECT DISTINCT workspace, currency FROM mart.subscription_value) AS c USING (workspace)
    ANTI JOIN mart.fx_cross AS f USING (workspace, date, currency)
    -- Of the days before all else nothing is reported.
    WHERE d.date >= coalesce((SELECT min(m.date) FROM mart.metric_daily AS m WHERE m.workspace = d.workspace), d.date)
)
SELECT m.workspace, m.date, m.currency, sum(m.amount) AS amount
FROM (
    /* amounts */
    UNION ALL SELECT b.workspace, b.date, b.currency, s.mrr FROM bare AS b
    JOIN mart.subscription_value AS s ON s.workspace = b.workspace AND s.currency = b.currency
        AND s.from_date <= b.date AND (s.until_date IS NULL OR s.until_date > b.date)
) AS m
LEFT JOIN mart.fx_cross AS f ON f.workspace = m.workspace AND f.date = m.date AND f.currency = m.currency
WHERE f.rate IS NULL AND m.amount <> 0
GROUP BY ALL
