-- Creators' posts of a workspace ($1) published from $2 to before $3, with cost at the day's rate.
-- Grain: one row a post; null where nobody knows
-- Inputs: core.influencer_post, mart.fx_cross
SELECT
    p.platform,
    p.handle,
    p.campaign,
    p.post_key,
    p.posted_date,
    CAST(sum(p.views) AS DECIMAL(38, 6)) AS views,
    CAST(sum(CASE WHEN coalesce(p.likes, p.comments, p.shares, p.saves) IS NOT NULL
        THEN coalesce(p.likes, 0) + coalesce(p.comments, 0) + coalesce(p.shares, 0) + coalesce(p.saves, 0) END)
        AS DECIMAL(38, 6)) AS engagements,
    CAST(sum(p.clicks) AS DECIMAL(38, 6)) AS clicks,
    -- Each amount is rounded by itself, as in mart.metric_daily.
    CAST(sum(CASE WHEN coalesce(p.fee, p.product_cost) IS NOT NULL
        THEN CAST(round(coalesce(p.fee, 0) * coalesce(f.rate, 0), 6) AS DECIMAL(18, 6))
            + CAST(round(coalesce(p.product_cost, 0) * coalesce(f.rate, 0), 6) AS DECIMAL(18, 6)) END)
        AS DECIMAL(38, 6)) AS cost
FROM core.influencer_post AS p
LEFT JOIN mart.fx_cross AS f ON f.workspace = p.workspace AND f.date = p.posted_date AND f.currency = p.currency
WHERE p.workspace = $1 AND p.posted_date >= CAST($2 AS DATE) AND p.posted_date < CAST($3 AS DATE)
GROUP BY p.platform, p.handle, p.campaign, p.post_key, p.posted_date
ORDER BY p.posted_date, p.platform, p.post_key
