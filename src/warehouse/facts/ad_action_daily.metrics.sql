-- Adds: purchases with their value, and leads, as ad platforms claim them
-- Grain: none, rows are summed by origin where they are read
-- Inputs: core.ad_action_daily; touched(workspace, date), the days to compute;
--   rate(workspace, date, currency, rate), units of the workspace's currency for one
WITH claimed AS (
    SELECT a.workspace, a.date, a.source, a.medium, a.campaign_name AS campaign, r.rate,
        CAST(sum(a.actions) FILTER (a.action = 'purchase') AS DECIMAL(38, 6)) AS platform_purchases,
        CAST(sum(a.action_value) FILTER (a.action = 'purchase') AS DECIMAL(38, 6)) AS value,
        CAST(sum(a.actions) FILTER (a.action = 'lead') AS DECIMAL(38, 6)) AS platform_leads
    FROM core.ad_action_daily AS a
    SEMI JOIN touched AS t ON t.workspace = a.workspace AND t.date = a.date
    LEFT JOIN rate AS r ON r.workspace = a.workspace AND r.date = a.date AND r.currency = a.currency
    GROUP BY ALL
)

-- An amount without a rate counts nothing, and a check tells it.
SELECT * EXCLUDE (rate, value), round(value * rate, 6) AS platform_purchase_value FROM claimed
