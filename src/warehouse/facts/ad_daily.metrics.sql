-- Adds: what ad platforms count, and media cost
-- Grain: workspace, date, source, medium, campaign, device, country, account, currency
-- Inputs: core.ad_daily; touched(workspace, date), the days to compute;
--   rate(workspace, date, currency, rate), units of the workspace's currency for one
WITH spent AS (
    SELECT a.workspace, a.date, a.source, a.medium, a.campaign_name AS campaign,
        a.device, a.country, a.account_id AS account, a.currency,
        sum(a.impressions) AS impressions, sum(a.clicks) AS clicks, sum(a.conversions) AS platform_conversions,
        sum(a.cost) AS cost
    FROM core.ad_daily AS a
    SEMI JOIN touched AS t ON t.workspace = a.workspace AND t.date = a.date
    GROUP BY ALL
)
-- Cost at the rate of its day, summed before it is converted: a rate for a row would cost more than all the rest, and
-- so would a product with 1 for the own currency. An amount without a rate counts nothing, and a check tells it.
SELECT s.workspace, s.date, s.source, s.medium, s.campaign, s.device, s.country, s.account,
    s.impressions, s.clicks, s.platform_conversions,
    CASE WHEN r.rate = 1 THEN s.cost ELSE round(s.cost * r.rate, 6) END AS cost
FROM spent AS s
LEFT JOIN rate AS r ON r.workspace = s.workspace AND r.date = s.date AND r.currency = s.currency
