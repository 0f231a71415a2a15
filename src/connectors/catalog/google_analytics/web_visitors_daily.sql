-- Table: core.web_visitors_daily
-- Grain: property, day
-- Inputs: page, answers of runReport
-- Late data: restated for about three days; windows are replaced.
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
        unnest(range(len(b.rows))) AS record_no
    FROM report
),

named AS (
    SELECT
        page_no,
        record_no,
        r.dimensionValues[list_position(dimensions, 'date')].value AS day,
        r.metricValues[list_position(metrics, 'totalUsers')].value AS visitors,
        r.metricValues[list_position(metrics, 'newUsers')].value AS new_visitors
    FROM record
)

SELECT
    getvariable('partition') AS property_id,
    CAST(try_strptime(day, '%Y%m%d') AS DATE) AS date,
    whole_or_zero(visitors) AS visitors,
    whole_or_zero(new_visitors) AS new_visitors,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('date', day),
        CASE WHEN day IS NOT NULL AND try_strptime(day, '%Y%m%d') IS NULL THEN 'date: "' || left(day, 80) || '" is not a day' END,
        required('totalUsers', visitors),
        bad_whole('totalUsers', visitors),
        bad_whole('newUsers', new_visitors)
    ]) AS problem
FROM named
