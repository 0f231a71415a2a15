-- Adds: quality scores of keywords, weighted by how often each was shown
-- Grain: none, rows are summed by origin where they are read
-- Inputs: core.keyword_daily; touched(workspace, date), the days to compute
-- A keyword that the platform did not rate has no score, and weighs nothing.
SELECT k.workspace, k.date, k.source, k.medium, k.campaign_name AS campaign,
    k.impressions * k.quality_score AS quality_points, k.impressions AS scored_impressions
FROM core.keyword_daily AS k
SEMI JOIN touched AS t ON t.workspace = k.workspace AND t.date = k.date
WHERE k.quality_score IS NOT NULL AND k.impressions > 0
