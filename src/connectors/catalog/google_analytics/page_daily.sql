-- Table: core.page_daily
-- Grain: property, day, landing page
-- Inputs: page, answers of runReport: positional values whose places are given by the headers
-- Late data: restated for up to 12 days; windows are replaced. Of a window of one day, rows whose day was
--   folded away are of that day.
WITH report AS (
    SELECT
        page_no,
        from_json(body, '{"dimensionHeaders": [{"name": "VARCHAR"}], "metricHeaders": [{"name": "VARCHAR"}],
            "rows": [{"dimensionValues": [{"value": "VARCHAR"}], "metricValues": [{"value": "VARCHAR"}]}]}') AS b
    FROM page
),

record AS (
    SELECT
        page_no,
        list_transform(b.dimensionHeaders, lambda h: h.name) AS dimensions,
        list_transform(b.metricHeaders, lambda h: h.name) AS metrics,
        unnest(b.rows) AS r,
        CAST(unnest(range(len(b.rows))) AS INTEGER) AS record_no
    FROM report
),

named AS (
    SELECT
        page_no,
        record_no,
        of_day(r.dimensionValues[list_position(dimensions, 'date')].value) AS day,
        r.dimensionValues[list_position(dimensions, 'landingPage')].value AS landing_page,
        r.metricValues[list_position(metrics, 'sessions')].value AS sessions,
        r.metricValues[list_position(metrics, 'engagedSessions')].value AS engaged_sessions,
        r.metricValues[list_position(metrics, 'screenPageViews')].value AS pageviews,
        r.metricValues[list_position(metrics, 'keyEvents')].value AS key_events
    FROM record
),

judged AS (
    SELECT
        *,
        problems([
            required('date', day),
            CASE WHEN day IS NOT NULL AND try_strptime(day, '%Y%m%d') IS NULL THEN 'date: "' || left(day, 80) || '" is not a day' END,
            -- An empty one is data: sessions without a page view.
            CASE WHEN landing_page IS NULL THEN 'landingPage is missing' END,
            required('sessions', sessions),
            bad_whole('sessions', sessions),
            bad_whole('engagedSessions', engaged_sessions),
            bad_whole('screenPageViews', pageviews),
            bad_decimal('keyEvents', key_events)
        ]) AS problem
    FROM named
),

latest AS (
    -- Pages of an answer may overlap: of a path sent twice the last word counts.
    SELECT * FROM judged
    QUALIFY problem IS NOT NULL
        OR row_number() OVER (PARTITION BY day, landing_page, problem IS NULL ORDER BY page_no DESC, record_no DESC) = 1
),

tidy AS (
    SELECT
        * EXCLUDE (landing_page),
        -- What may name a visitor goes: the query, and mail addresses in the path. What is left is bounded.
        coalesce(nullif(left(regexp_replace(regexp_replace(landing_page, '[?#].*$', '', 's'),
            '[^/@]+(@|%40)[^/@]+\.[^/@]+', '(address)', 'gi'), 300), ''), '(not set)') AS path
    FROM latest
)

-- Paths that were told apart by what went are one page. A sum of amounts that each just fit must fit.
SELECT
    getvariable('partition') AS property_id,
    CAST(try_strptime(day, '%Y%m%d') AS DATE) AS date,
    path AS page,
    CAST(sum(whole_or_zero(sessions)) AS BIGINT) AS sessions,
    CAST(sum(whole_or_zero(engaged_sessions)) AS BIGINT) AS engaged_sessions,
    CAST(sum(whole_or_zero(pageviews)) AS BIGINT) AS pageviews,
    CAST(sum(amount_or_zero(key_events)) AS DECIMAL(38, 6)) AS key_events,
    min(page_no) AS page_no,
    arg_min(record_no, (page_no, record_no)) AS record_no,
    CAST(NULL AS VARCHAR) AS problem
FROM tidy
WHERE problem IS NULL
GROUP BY day, path
UNION ALL
SELECT
    getvariable('partition') AS property_id,
    CAST(try_strptime(day, '%Y%m%d') AS DATE) AS date,
    path AS page,
    whole_or_zero(sessions) AS sessions,
    whole_or_zero(engaged_sessions) AS engaged_sessions,
    whole_or_zero(pageviews) AS pageviews,
    CAST(amount_or_zero(key_events) AS DECIMAL(38, 6)) AS key_events,
    page_no,
    record_no,
    problem
FROM tidy
WHERE problem IS NOT NULL
