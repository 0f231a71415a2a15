-- Claim: the campaigns of an ad account add up to the account: cost to 0.01, clicks to 0.1%, conversions to 1%
-- Told in status and reports (column `says`); it holds no report.
WITH campaigns AS (
    SELECT workspace, connection, account_id, date, currency,
        sum(cost) AS cost, sum(clicks) AS clicks, sum(conversions) AS conversions
    FROM core.ad_daily
    GROUP BY ALL
),

-- Days that both streams have as a whole. Conversions are restated for months, so they are compared where
-- both were asked for within the same hours.
whole AS (
    SELECT workspace, connection, partition AS account_id, date,
        max(covered_at) - min(covered_at) < INTERVAL 6 HOUR AS are_of_one_time
    FROM ops.coverage
    WHERE stream IN ('account_daily', 'ad_daily') AND is_whole_day
    GROUP BY ALL
    HAVING count(*) = 2
),

compared AS (
    SELECT
        a.*,
        coalesce(c.cost, 0) AS of_campaigns,
        coalesce(c.clicks, 0) AS campaign_clicks,
        coalesce(c.conversions, 0) AS campaign_conversions,
        abs(a.cost - coalesce(c.cost, 0)) > 0.01
            OR abs(a.clicks - coalesce(c.clicks, 0)) > greatest(1, a.clicks * 0.001) AS traffic_differs,
        w.are_of_one_time
            AND abs(a.conversions - coalesce(c.conversions, 0)) > 0.5 + a.conversions * 0.01 AS conversions_differ
    FROM core.ad_account_daily AS a
    JOIN whole AS w USING (workspace, connection, account_id, date)
    LEFT JOIN campaigns AS c USING (workspace, connection, account_id, date, currency)
)

SELECT
    workspace,
    connection,
    date,
    'The campaigns of account ' || account_id || ' have ' || of_campaigns::DECIMAL(38, 2) || ' ' || currency
        || ' of cost and ' || campaign_clicks || ' clicks on ' || date || ', the account itself '
        || cost::DECIMAL(38, 2) || ' ' || currency || ' and ' || clicks || ' clicks.' AS says
FROM compared
WHERE traffic_differs
UNION ALL
SELECT
    workspace,
    connection,
    date,
    'The campaigns of account ' || account_id || ' have ' || campaign_conversions::DECIMAL(38, 2) || ' conversions on ' || date
        || ', the account itself ' || conversions::DECIMAL(38, 2) || '.' AS says
FROM compared
WHERE conversions_differ
