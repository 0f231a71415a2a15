-- Table: core.web_custom_daily
-- Grain: property, day, values of the custom dimensions that the settings name
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
        CAST(json_extract(CAST(getvariable('settings') AS JSON), '$.custom_dimensions') AS VARCHAR[]) AS asked,
        unnest(b.rows) AS r,
        CAST(unnest(range(len(b.rows))) AS INTEGER) AS record_no
    FROM report
),

named AS (
    SELECT
        page_no,
        record_no,
        asked,
        of_day(r.dimensionValues[list_position(dimensions, 'date')].value) AS day,
        -- In the order of the setting, whatever that of the answer.
        list_transform(asked, lambda name: r.dimensionValues[list_position(dimensions, name)].value) AS found,
        r.metricValues[list_position(metrics, 'sessions')].value AS sessions,
        r.metricValues[list_position(metrics, 'eventCount')].value AS event_count
    FROM record
),

judged AS (
    SELECT
        page_no,
        record_no,
        day,
        array_to_string(asked, ', ') AS dimensions,
        -- What names a visitor goes where it can be told: the vendor forbids it, and sites send it.
        list_transform(found, lambda value: left(regexp_replace(coalesce(nullif(value, ''), '(not set)'),
            '[^\s@]+(@|%40)[^\s@]+\.[^\s@]+', '(address)', 'g'), 200)) AS told,
        sessions,
        event_count,
        problems([
            required('date', day),
            CASE WHEN day IS NOT NULL AND try_strptime(day, '%Y%m%d') IS NULL THEN 'date: "' || left(day, 80) || '" is not a day' END,
            CASE WHEN list_contains(list_transform(found, lambda value: value IS NULL), true)
                 THEN asked[list_position(list_transform(found, lambda value: value IS NULL), true)] || ' is missing' END,
            required('eventCount', event_count),
            bad_whole('eventCount', event_count),
            bad_whole('sessions', sessions)
        ]) AS problem
    FROM named
)

-- Values that were told apart by what went are one.
SELECT
    getvariable('partition') AS property_id,
    CAST(try_strptime(day, '%Y%m%d') AS DATE) AS date,
    dimensions,
    coalesce(told[1], '') AS custom_1,
    coalesce(told[2], '') AS custom_2,
    coalesce(told[3], '') AS custom_3,
    coalesce(told[4], '') AS custom_4,
    coalesce(told[5], '') AS custom_5,
    CAST(sum(whole_or_zero(sessions)) AS BIGINT) AS sessions,
    CAST(sum(whole_or_zero(event_count)) AS BIGINT) AS event_count,
    min(page_no) AS page_no,
    arg_min(record_no, (page_no, record_no)) AS record_no,
    problem
FROM judged
GROUP BY day, dimensions, told, problem, CASE WHEN problem IS NOT NULL THEN (page_no, record_no) END
