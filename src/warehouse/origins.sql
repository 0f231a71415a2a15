-- Tags of visits and of media cost of a workspace ($1) from a day ($2) on, to hold against the allowed ones.
-- Grain: one row a source, medium and campaign
-- Inputs: core.web_daily, core.ad_daily, mart.fx_cross
WITH seen AS (
    SELECT source, medium, campaign, date, sessions, CAST(0 AS DECIMAL(38, 6)) AS cost
    FROM core.web_daily
    WHERE workspace = $1 AND date >= CAST($2 AS DATE)
    UNION ALL
    -- Cost at the rate of its day; an amount without a rate is told elsewhere, and counts as nothing here.
    SELECT a.source, a.medium, a.campaign_name AS campaign, a.date, 0 AS sessions,
        CAST(round(CAST(a.cost AS DECIMAL(38, 6)) * coalesce(f.rate, 0), 6) AS DECIMAL(38, 6)) AS cost
    FROM core.ad_daily AS a
    LEFT JOIN mart.fx_cross AS f ON f.workspace = a.workspace AND f.date = a.date AND f.currency = a.currency
    WHERE a.workspace = $1 AND a.date >= CAST($2 AS DATE)
)

SELECT
    source,
    medium,
    campaign,
    CAST(sum(sessions) AS BIGINT) AS sessions,
    CAST(sum(cost) AS DECIMAL(38, 6)) AS cost,
    max(date) AS last_date
FROM seen
GROUP BY source, medium, campaign
ORDER BY sessions DESC, cost DESC, source, medium, campaign
