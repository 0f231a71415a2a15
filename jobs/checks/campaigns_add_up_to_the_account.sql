-- Claim: the campaigns of an ad account add up to the account: cost to 0.01, clicks to 0.1%
-- Told in status and reports (column `says`); it holds no report.
WITH campaigns AS (
    SELECT workspace, connection, account_id, date, currency, sum(cost) AS cost, sum(clicks) AS clicks
    FROM core.ad_daily
    GROUP BY ALL
),

-- Days that both streams have as a whole.
whole AS (
    SELECT workspace, connection, partition AS account_id, date
    FROM ops.coverage
    WHERE stream IN ('account_daily', 'ad_daily') AND is_whole_day
    GROUP BY ALL
    HAVING count(*) = 2
)

SELECT
    a.workspace,
    a.connection,
    a.date,
    'The campaigns of account ' || a.account_id || ' have ' || coalesce(c.cost, 0)::DECIMAL(38, 2) || ' ' || a.currency
        || ' of cost and ' || coalesce(c.clicks, 0) || ' clicks on ' || a.date || ', the account itself '
        || a.cost::DECIMAL(38, 2) || ' ' || a.currency || ' and ' || a.clicks || ' clicks.' AS says
FROM core.ad_account_daily AS a
SEMI JOIN whole USING (workspace, connection, account_id, date)
LEFT JOIN campaigns AS c USING (workspace, connection, account_id, date, currency)
WHERE abs(a.cost - coalesce(c.cost, 0)) > 0.01
   OR abs(a.clicks - coalesce(c.clicks, 0)) > greatest(1, a.clicks * 0.001)
