-- Question: Creators' posts that were published within a period, with their cost at the day's rate.
-- Keys: platform, post_key
-- Texts: handle, campaign, posted_date
-- Measures: views, engagements, clicks, cost
-- Facts: influencer_post
-- Moved by: fx_rate
-- Says: {measure} of the {platform} post {post_key}
-- Inputs: core.influencer_post, mart.fx_cross
-- Null where nobody knows. Cost is fee and gifts, in the workspace's currency.
SELECT
    p.platform,
    p.post_key,
    -- Two exports may tell of one post in other words.
    min(p.handle) AS handle,
    min(p.campaign) AS campaign,
    min(p.posted_date) AS posted_date,
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
WHERE p.workspace = $workspace AND p.posted_date >= $start AND p.posted_date < $end
GROUP BY p.platform, p.post_key
