-- Table: mart.mrr_daily
-- Grain: workspace, date
-- Inputs: core.subscription, mart.fx_cross; days(workspace, date), every day of the workspace's data
-- Owner: finance
-- Late data: computed as a whole for a workspace whose subscriptions changed
SELECT
    CAST(d.workspace AS VARCHAR) AS workspace,
    CAST(d.date AS DATE) AS date,
    CAST(sum(CAST(round(s.mrr * coalesce(f.rate, 0), 6) AS DECIMAL(38, 6))) AS DECIMAL(38, 6)) AS mrr,
    CAST(count(*) AS BIGINT) AS subscriptions
FROM days AS d
JOIN core.subscription AS s
    ON s.workspace = d.workspace AND s.counts_from_date <= d.date AND (s.ended_date IS NULL OR s.ended_date > d.date) AND s.mrr > 0
LEFT JOIN mart.fx_cross AS f ON f.workspace = d.workspace AND f.date = d.date AND f.currency = s.currency
GROUP BY d.workspace, d.date
