-- Table: core.web_hourly
-- Grain: property, hour of the property's day
-- Inputs: page, answers of runReport: positional values whose places are given by the headers
-- Late data: restated for up to 12 days; windows are replaced. Of the two hours of one number in autumn the vendor
--   sends one row.
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
        left(r.dimensionValues[list_position(dimensions, 'dateHour')].value, 8) AS day,
        r.dimensionValues[list_position(dimensions, 'dateHour')].value AS stamp,
        r.metricValues[list_position(metrics, 'sessions')].value AS sessions,
        r.metricValues[list_position(metrics, 'engagedSessions')].value AS engaged_sessions,
        r.metricValues[list_position(metrics, 'screenPageViews')].value AS pageviews,
        r.metricValues[list_position(metrics, 'keyEvents')].value AS key_events
    FROM record
)

SELECT
    getvariable('partition') AS property_id,
    CAST(try_strptime(day, '%Y%m%d') AS DATE) AS date,
    coalesce(TRY_CAST(right(stamp, 2) AS INTEGER), 0) AS hour,
    whole_or_zero(sessions) AS sessions,
    whole_or_zero(engaged_sessions) AS engaged_sessions,
    whole_or_zero(pageviews) AS pageviews,
    amount_or_zero(key_events) AS key_events,
    page_no,
    record_no,
    problems([
        required('dateHour', day),
        CASE WHEN day IS NOT NULL AND try_strptime(day, '%Y%m%d') IS NULL THEN 'dateHour: "' || left(day, 80) || '" is not a day' END,
        CASE WHEN stamp IS NOT NULL AND NOT regexp_full_match(stamp, '[0-9]{8}([01][0-9]|2[0-3])')
             THEN 'dateHour: "' || left(stamp, 80) || '" is not an hour' END,
        required('sessions', sessions),
        bad_whole('sessions', sessions),
        bad_whole('engagedSessions', engaged_sessions),
        bad_whole('screenPageViews', pageviews),
        bad_decimal('keyEvents', key_events)
    ]) AS problem
FROM named
