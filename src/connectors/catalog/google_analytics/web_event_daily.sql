-- Table: core.web_event_daily
-- Grain: property, day, event
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
        r.dimensionValues[list_position(dimensions, 'eventName')].value AS event,
        r.metricValues[list_position(metrics, 'eventCount')].value AS event_count,
        r.metricValues[list_position(metrics, 'totalUsers')].value AS visitors
    FROM record
)

SELECT
    getvariable('partition') AS property_id,
    CAST(try_strptime(day, '%Y%m%d') AS DATE) AS date,
    left(event, 200) AS event,
    whole_or_zero(event_count) AS event_count,
    whole_or_zero(visitors) AS visitors,
    page_no,
    record_no,
    problems([
        required('date', day),
        CASE WHEN day IS NOT NULL AND try_strptime(day, '%Y%m%d') IS NULL THEN 'date: "' || left(day, 80) || '" is not a day' END,
        required('eventName', event),
        required('eventCount', event_count),
        bad_whole('eventCount', event_count),
        bad_whole('totalUsers', visitors)
    ]) AS problem
FROM named
