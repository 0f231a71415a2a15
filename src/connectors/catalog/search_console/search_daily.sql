-- Table: core.search_daily
-- Grain: engine, site, search type, day in Pacific time
-- Inputs: page, answers of searchAnalytics/query by date: the place of a value in `keys` is that of its dimension
-- Late data: Google completes a day within three, and says from which day on it has not
WITH answer AS (
    SELECT
        page_no,
        from_json(body, '{"rows": [{"keys": ["VARCHAR"], "clicks": "VARCHAR", "impressions": "VARCHAR", "ctr": "VARCHAR",
            "position": "VARCHAR"}], "responseAggregationType": "VARCHAR", "metadata": {"first_incomplete_date": "VARCHAR"}}') AS b
    FROM page
),

record AS (
    SELECT
        page_no,
        b.responseAggregationType AS aggregation,
        min(TRY_CAST(b.metadata.first_incomplete_date AS DATE)) OVER () AS open_from,
        unnest(b.rows) AS r,
        CAST(unnest(range(len(b.rows))) AS INTEGER) AS record_no
    FROM answer
)

SELECT
    'google' AS engine,
    getvariable('partition') AS site,
    json_extract_string(CAST(getvariable('settings') AS JSON), '$.search_type') AS search_type,
    TRY_CAST(r.keys[1] AS DATE) AS date,
    coalesce(aggregation, '') AS aggregation,
    coalesce(TRY_CAST(r.keys[1] AS DATE) < open_from, true) AS is_final,
    coalesce(whole_number(r.clicks), 0) AS clicks,
    coalesce(whole_number(r.impressions), 0) AS impressions,
    TRY_CAST(r.ctr AS DECIMAL(18, 9)) AS ctr,
    TRY_CAST(r.position AS DECIMAL(18, 6)) AS position,
    page_no,
    record_no,
    problems([
        required('keys[0]', r.keys[1]),
        bad_date('keys[0]', r.keys[1]),
        bad_count('clicks', r.clicks),
        bad_count('impressions', r.impressions),
        bad_decimal('position', r.position)
    ]) AS problem
FROM record
