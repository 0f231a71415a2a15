-- Adds: what ad platforms count, and media cost
-- Grain: none, rows are summed by origin and dimensions where they are read
-- Inputs: core.ad_daily; touched(workspace, date), the days to compute;
--   rate(workspace, date, currency, rate), units of the workspace's currency for one
WITH spent AS NOT MATERIALIZED (
    SELECT a.workspace, a.date, a.source, a.medium, a.campaign_name AS campaign, a.device, a.country,
        a.account_id AS account, a.impressions, a.clicks, a.conversions AS platform_conversions, a.cost, r.rate
    FROM core.ad_daily AS a
    SEMI JOIN touched AS t ON t.workspace = a.workspace AND t.date = a.date
    LEFT JOIN rate AS r ON r.workspace = a.workspace AND r.date = a.date AND r.currency = a.currency
),

foreign_cost AS (
    SELECT * EXCLUDE (impressions, clicks, platform_conversions, cost),
        sum(impressions) AS impressions, sum(clicks) AS clicks, sum(platform_conversions) AS platform_conversions,
        sum(cost) AS cost
    FROM spent
    WHERE rate IS DISTINCT FROM 1
    GROUP BY ALL
)

-- The own currency has the rate 1 and needs no sum of its own.
SELECT * EXCLUDE (rate) FROM spent WHERE rate = 1
UNION ALL BY NAME
-- Cost at the rate of its day, summed before it is converted: a rate for a row would cost more than all the rest.
-- An amount without a rate counts nothing, and a check tells it.
SELECT * EXCLUDE (rate) REPLACE (round(cost * rate, 6) AS cost) FROM foreign_cost
