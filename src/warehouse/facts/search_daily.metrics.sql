-- Adds: searches that showed a site, their clicks and places
-- Grain: none, rows are summed by origin and dimensions where they are read
-- Inputs: core.search_daily; touched(workspace, date), the days to compute
-- The property of a domain holds those of its addresses: where it has the day, theirs would count twice.
WITH own AS (
    SELECT s.*,
        CASE WHEN starts_with(s.site, 'sc-domain:') THEN substr(s.site, 11)
             ELSE regexp_extract(lower(s.site), '^https?://([^/:]+)', 1) END AS host
    FROM core.search_daily AS s
    SEMI JOIN touched AS t ON t.workspace = s.workspace AND t.date = s.date
),

domain AS (
    SELECT DISTINCT workspace, date, engine, search_type, site, host FROM own WHERE starts_with(site, 'sc-domain:')
)

SELECT s.workspace, s.date, s.engine AS source, 'organic' AS medium, '' AS campaign, s.site AS account,
    s.clicks AS search_clicks, s.impressions AS search_impressions,
    CASE WHEN s.position IS NULL THEN 0 ELSE s.impressions END AS search_ranked_impressions,
    CAST(coalesce(s.position, 0) * s.impressions AS DECIMAL(38, 6)) AS search_position_sum
FROM own AS s
WHERE NOT EXISTS (
    SELECT 1 FROM domain AS d
    WHERE d.workspace = s.workspace AND d.date = s.date AND d.engine = s.engine AND d.search_type = s.search_type AND d.site <> s.site
        AND (s.host = d.host OR ends_with(s.host, '.' || d.host)))
