-- Table: core.web_campaign_daily
-- Grain: property, day, source, medium, campaign, new or returning visitors
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
        r.dimensionValues[list_position(dimensions, 'sessionSource')].value AS source,
        r.dimensionValues[list_position(dimensions, 'sessionMedium')].value AS medium,
        r.dimensionValues[list_position(dimensions, 'sessionCampaignName')].value AS campaign,
        r.dimensionValues[list_position(dimensions, 'newVsReturning')].value AS kind,
        r.metricValues[list_position(metrics, 'sessions')].value AS sessions,
        r.metricValues[list_position(metrics, 'engagedSessions')].value AS engaged_sessions,
        r.metricValues[list_position(metrics, 'keyEvents')].value AS key_events,
        r.metricValues[list_position(metrics, 'eventCount')].value AS event_count,
        r.metricValues[list_position(metrics, 'totalUsers')].value AS visitors
    FROM record
)

SELECT
    getvariable('partition') AS property_id,
    CAST(try_strptime(day, '%Y%m%d') AS DATE) AS date,
    coalesce(source, '') AS source,
    coalesce(medium, '') AS medium,
    coalesce(campaign, '') AS campaign,
    coalesce(nullif(kind, ''), '(not set)') AS visitor_kind,
    whole_or_zero(sessions) AS sessions,
    whole_or_zero(engaged_sessions) AS engaged_sessions,
    amount_or_zero(key_events) AS key_events,
    whole_or_zero(event_count) AS event_count,
    whole_or_zero(visitors) AS visitors,
    page_no,
    record_no,
    problems([
        required('date', day),
        CASE WHEN day IS NOT NULL AND try_strptime(day, '%Y%m%d') IS NULL THEN 'date: "' || left(day, 80) || '" is not a day' END,
        -- An empty one is data.
        CASE WHEN source IS NULL THEN 'sessionSource is missing' END,
        CASE WHEN medium IS NULL THEN 'sessionMedium is missing' END,
        CASE WHEN campaign IS NULL THEN 'sessionCampaignName is missing' END,
        CASE WHEN kind IS NULL THEN 'newVsReturning is missing' END,
        required('sessions', sessions),
        bad_whole('sessions', sessions),
        bad_whole('engagedSessions', engaged_sessions),
        bad_decimal('keyEvents', key_events),
        bad_whole('eventCount', event_count),
        bad_whole('totalUsers', visitors)
    ]) AS problem
FROM named
