-- Claim: every amount in another currency has a rate for its day; without one it counts as nothing
SELECT m.workspace, m.date, m.currency, sum(m.amount) AS amount
FROM (
    SELECT workspace, date, currency, amount FROM core.payment WHERE is_captured
    UNION ALL SELECT workspace, date, currency, amount FROM core.refund
    UNION ALL SELECT workspace, date, currency, amount FROM core.dispute_movement
    UNION ALL SELECT workspace, date, currency, cost FROM core.ad_daily
    UNION ALL SELECT workspace, posted_date, currency, fee FROM core.influencer_post WHERE fee IS NOT NULL
    UNION ALL SELECT workspace, date, currency, amount FROM core.offline_conversion WHERE amount IS NOT NULL
) AS m
LEFT JOIN mart.fx_cross AS f ON f.workspace = m.workspace AND f.date = m.date AND f.currency = m.currency
WHERE f.rate IS NULL AND m.amount <> 0
GROUP BY ALL
