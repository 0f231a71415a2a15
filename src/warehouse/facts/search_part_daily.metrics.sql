-- Adds: clicks of queries that name the brand, and all clicks where that is told apart: those of queries that are not
--   shown are of no brand
-- Grain: none, rows are summed by origin and dimensions where they are read
-- Inputs: core.search_part_daily; touched(workspace, date), the days to compute
-- Of a domain and its addresses the widest counts, as in search_daily.
WITH own AS (
    SELECT s.*,
        CASE WHEN starts_with(s.site, 'sc-domain:') THEN substr(s.site, 11)
             ELSE regexp_extract(lower(s.site), '^https?://([^/:]+)', 1) END AS host
    FROM core.search_part_daily AS s
    SEMI JOIN touched AS t ON t.workspace = s.workspace AND t.date = s.date
    WHERE s.is_brand IS NOT NULL
),

domain AS (
    SELECT DISTINCT workspace, date, engine, search_type, site, host FROM own WHERE starts_with(site, 'sc-domain:')
)

SELECT s.workspace, s.date, s.engine AS source, 'organic' AS medium, '' AS campaign, 
    CASE WHEN s.is_brand THEN s.clicks ELSE 0 END AS brand_search_clicks, s.clicks AS brand_known_clicks
FROM own AS s
WHERE NOT EXISTS (
    SELECT 1 FROM domain AS d
    WHERE d.workspace = s.workspace AND d.date = s.date AND d.engine = s.engine AND d.search_type = s.search_type AND d.site <> s.site
        AND (s.host = d.host OR ends_with(s.host, '.' || d.host)))
