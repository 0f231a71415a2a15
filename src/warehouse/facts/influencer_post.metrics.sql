-- Adds: reach and cost of creators' posts; fees and gifts are cost on the day of the post
-- Grain: workspace, date, source, medium, campaign, account, content
-- Inputs: core.influencer_post; touched(workspace, date), the days to compute;
--   rate(workspace, date, currency, rate), units of the workspace's currency for one
SELECT p.workspace, p.posted_date AS date, 'influencer' AS source, 'influencer' AS medium, p.campaign,
    p.handle AS account, coalesce(p.content_type, '') AS content,
    sum(p.impressions) AS impressions, sum(p.clicks) AS clicks,
    coalesce(sum(round(p.fee * r.rate, 6)), 0) + coalesce(sum(round(p.product_cost * r.rate, 6)), 0) AS cost
FROM core.influencer_post AS p
SEMI JOIN touched AS t ON t.workspace = p.workspace AND t.date = p.posted_date
LEFT JOIN rate AS r ON r.workspace = p.workspace AND r.date = p.posted_date AND r.currency = p.currency
GROUP BY ALL
