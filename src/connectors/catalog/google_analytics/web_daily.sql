-- Table: core.web_daily
-- Grain: property, day, source, medium, campaign, device, country
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

placed AS (
    -- Where each column stands in this page: the order is the vendor's, not ours.
    SELECT
        page_no,
        b.rows AS rows,
        list_transform(b.dimensionHeaders, lambda h: h.name) AS dimensions,
        list_transform(b.metricHeaders, lambda h: h.name) AS metrics
    FROM report
),

record AS (
    SELECT
        page_no,
        dimensions,
        metrics,
        unnest(rows) AS r,
        unnest(range(len(rows))) AS record_no
    FROM placed
),

named AS (
    SELECT
        page_no,
        record_no,
        of_day(r.dimensionValues[list_position(dimensions, 'date')].value) AS day,
        r.dimensionValues[list_position(dimensions, 'sessionSource')].value AS source,
        r.dimensionValues[list_position(dimensions, 'sessionMedium')].value AS medium,
        r.dimensionValues[list_position(dimensions, 'sessionCampaignName')].value AS campaign,
        r.dimensionValues[list_position(dimensions, 'deviceCategory')].value AS device,
        r.dimensionValues[list_position(dimensions, 'country')].value AS country,
        r.metricValues[list_position(metrics, 'sessions')].value AS sessions,
        r.metricValues[list_position(metrics, 'engagedSessions')].value AS engaged_sessions,
        r.metricValues[list_position(metrics, 'screenPageViews')].value AS pageviews,
        r.metricValues[list_position(metrics, 'averageSessionDuration')].value AS average_seconds,
        r.metricValues[list_position(metrics, 'keyEvents')].value AS key_events
    FROM record
)

SELECT
    getvariable('partition') AS property_id,
    CAST(try_strptime(day, '%Y%m%d') AS DATE) AS date,
    coalesce(source, '') AS source,
    coalesce(medium, '') AS medium,
    coalesce(campaign, '') AS campaign,
    coalesce(device, '') AS device,
    coalesce(country, '') AS country,
    whole_or_zero(sessions) AS sessions,
    whole_or_zero(engaged_sessions) AS engaged_sessions,
    whole_or_zero(pageviews) AS pageviews,
    -- An average cannot be added up: seconds in all can.
    coalesce(TRY_CAST(round(TRY_CAST(average_seconds AS DOUBLE) * TRY_CAST(sessions AS BIGINT), 3) AS DECIMAL(18, 3)), 0) AS session_seconds,
    amount_or_zero(key_events) AS key_events,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('date', day),
        CASE WHEN day IS NOT NULL AND try_strptime(day, '%Y%m%d') IS NULL THEN 'date: "' || left(day, 80) || '" is not a day' END,
        -- An empty one is data.
        CASE WHEN source IS NULL THEN 'sessionSource is missing' END,
        required('sessions', sessions),
        bad_whole('sessions', sessions),
        bad_whole('engagedSessions', engaged_sessions),
        bad_whole('screenPageViews', pageviews),
        CASE WHEN average_seconds IS NOT NULL AND TRY_CAST(average_seconds AS DOUBLE) IS NULL
             THEN 'averageSessionDuration: "' || left(average_seconds, 80) || '" is not a number' END,
        bad_decimal('keyEvents', key_events)
    ]) AS problem
FROM named
