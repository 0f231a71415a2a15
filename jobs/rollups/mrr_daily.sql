-- Table: mart.mrr_daily
-- Grain: workspace, date
-- Inputs: mart.subscription_value, mart.fx_cross; days(workspace, date), every day from the workspace's first data
--   or subscription until today
-- Owner: finance
-- Late data: computed as a whole for a workspace, from all known states of its subscriptions
SELECT
    CAST(d.workspace AS VARCHAR) AS workspace,
    CAST(d.date AS DATE) AS date,
    CAST(sum(CAST(round(v.mrr * coalesce(f.rate, 0), 6) AS DECIMAL(38, 6))) AS DECIMAL(38, 6)) AS mrr,
    CAST(count(*) AS BIGINT) AS subscriptions
FROM days AS d
JOIN mart.subscription_value AS v
    ON v.workspace = d.workspace AND v.from_date <= d.date AND (v.until_date IS NULL OR v.until_date > d.date)
LEFT JOIN mart.fx_cross AS f ON f.workspace = d.workspace AND f.date = d.date AND f.currency = v.currency
GROUP BY d.workspace, d.date
