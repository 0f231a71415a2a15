-- Question: Sessions by the page they began on.
-- Keys: page
-- Measures: sessions, engaged_sessions, pageviews, key_events
-- Facts: page_daily
-- Known since: core.page_daily
-- Absent: 0 where any row is there
-- Says: sum({measure}) of the sessions that began on {page}
-- Whole: sum({measure}) of the sessions of all pages
-- Inputs: core.page_daily
SELECT
    page,
    CAST(sum(sessions) AS DECIMAL(38, 6)) AS sessions,
    CAST(sum(engaged_sessions) AS DECIMAL(38, 6)) AS engaged_sessions,
    CAST(sum(pageviews) AS DECIMAL(38, 6)) AS pageviews,
    CAST(sum(key_events) AS DECIMAL(38, 6)) AS key_events
FROM core.page_daily
WHERE workspace = $workspace AND date >= $start AND date < $end
GROUP BY page
