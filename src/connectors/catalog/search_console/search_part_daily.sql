-- Table: core.search_part_daily
-- Grain: engine, site, search type, day in Pacific time, kind of part, part; and a rest for each kind
-- Inputs: page, answers of searchAnalytics/query: the day as a whole, and by each kind of part as `part` of the page
-- Late data: as search_daily; a day is replaced as a whole
WITH answer AS (
    SELECT
        page_no,
        part,
        from_json(body, '{"rows": [{"keys": ["VARCHAR"], "clicks": "VARCHAR", "impressions": "VARCHAR", "ctr": "VARCHAR",
            "position": "VARCHAR"}], "responseAggregationType": "VARCHAR", "metadata": {"first_incomplete_date": "VARCHAR"}}') AS b
    FROM page
),

record AS (
    SELECT
        page_no,
        part,
        coalesce(b.responseAggregationType, '') AS aggregation,
        min(TRY_CAST(b.metadata.first_incomplete_date AS DATE)) OVER () AS open_from,
        unnest(b.rows) AS r,
        CAST(unnest(range(len(b.rows))) AS INTEGER) AS record_no
    FROM answer
),

named AS (
    SELECT
        page_no,
        record_no,
        part,
        aggregation,
        r.keys[1] AS day,
        TRY_CAST(r.keys[1] AS DATE) AS date,
        coalesce(TRY_CAST(r.keys[1] AS DATE) < open_from, true) AS is_final,
        r.keys[2] AS value,
        whole_number(r.clicks) AS clicks,
        whole_number(r.impressions) AS impressions,
        TRY_CAST(r.ctr AS DECIMAL(18, 9)) AS ctr,
        TRY_CAST(r.position AS DECIMAL(18, 6)) AS position,
        problems([
            required('keys[0]', r.keys[1]),
            bad_date('keys[0]', r.keys[1]),
            bad_count('clicks', r.clicks),
            bad_count('impressions', r.impressions),
            bad_decimal('position', r.position)
        ]) AS problem
    FROM record
),

-- Pages of ties overlap: what came twice counts once, by the last word.
latest AS (
    SELECT * FROM named
    -- Where Google has no such part of the search type, the day came instead.
    WHERE part <> '' AND (value IS NOT NULL OR problem IS NOT NULL)
    QUALIFY problem IS NOT NULL
        OR row_number() OVER (PARTITION BY part, date, value, problem IS NULL ORDER BY page_no DESC, record_no DESC) = 1
),

tidy AS (
    SELECT
        * EXCLUDE (value),
        -- What may name a visitor goes: the query of an address, and mail addresses. What is left is bounded.
        left(CASE part
            WHEN 'page' THEN regexp_replace(regexp_replace(value, '[?#].*$', '', 's'),
                '[^/@]+(@|%40)[^/@]+\.[^/@]+', '(address)', 'gi')
            WHEN 'query' THEN regexp_replace(value, '[^\s@]+@[^\s@]+\.[^\s@]+', '(address)', 'gi')
            ELSE value END, 500) AS value
    FROM latest
),

-- Parts that were told apart by what went are one.
shown AS (
    SELECT
        part,
        date,
        value,
        any_value(aggregation) AS aggregation,
        bool_and(is_final) AS is_final,
        CAST(sum(clicks) AS BIGINT) AS clicks,
        CAST(sum(impressions) AS BIGINT) AS impressions,
        CASE WHEN count(*) = 1 THEN any_value(ctr)
             WHEN sum(impressions) > 0 THEN CAST(sum(clicks) / sum(impressions) AS DECIMAL(18, 9)) END AS ctr,
        CASE WHEN count(*) = 1 THEN any_value(position)
             WHEN sum(impressions) FILTER (position IS NOT NULL) > 0
             THEN CAST(sum(position * impressions) / sum(impressions) FILTER (position IS NOT NULL) AS DECIMAL(18, 6)) END AS position,
        min(page_no) AS page_no,
        arg_min(record_no, (page_no, record_no)) AS record_no
    FROM tidy
    WHERE problem IS NULL
    GROUP BY part, date, value
),

total AS (
    SELECT date, any_value(is_final) AS is_final, max(clicks) AS clicks, max(impressions) AS impressions, min(page_no) AS page_no,
        min(record_no) AS record_no
    FROM named
    WHERE part = '' AND problem IS NULL
    GROUP BY date
),

-- Kinds of which nothing is shown at all have a rest as well, where Google has such parts.
asked AS (
    SELECT DISTINCT part FROM answer
    WHERE part <> '' AND NOT list_contains(
        CASE json_extract_string(CAST(getvariable('settings') AS JSON), '$.search_type')
            WHEN 'discover' THEN ['query', 'device'] WHEN 'googleNews' THEN ['query'] ELSE [] END, part)
),

rest AS (
    SELECT
        a.part,
        t.date,
        CASE a.part WHEN 'query' THEN 'queries' WHEN 'page' THEN 'pages' WHEN 'country' THEN 'countries' ELSE a.part || 's' END
            || ' not shown by Google' AS value,
        coalesce(any_value(s.aggregation), '') AS aggregation,
        any_value(t.is_final) AS is_final,
        CAST(any_value(t.clicks) - coalesce(sum(s.clicks), 0) AS BIGINT) AS clicks,
        -- A search that showed several pages is one impression of each: these add up to no figure of the site.
        CASE WHEN a.part <> 'page' AND coalesce(any_value(s.aggregation), '') <> 'byPage'
             THEN CAST(any_value(t.impressions) - coalesce(sum(s.impressions), 0) AS BIGINT) END AS impressions,
        any_value(t.page_no) AS page_no,
        any_value(t.record_no) AS record_no
    FROM total AS t
    CROSS JOIN asked AS a
    LEFT JOIN shown AS s ON s.part = a.part AND s.date = t.date
    GROUP BY a.part, t.date
),

terms AS (
    SELECT list_transform(CAST(json_extract(CAST(getvariable('settings') AS JSON), '$.brand_terms') AS VARCHAR[]),
        lambda term: lower(trim(term))) AS brand
),

every AS (
    SELECT date, part, value, false AS is_rest, aggregation, is_final, clicks, impressions, ctr, position, page_no, record_no,
        CAST(NULL AS VARCHAR) AS problem
    FROM shown
    UNION ALL
    SELECT date, part, value, true, aggregation, is_final, greatest(clicks, 0),
        CASE WHEN impressions IS NOT NULL THEN greatest(impressions, 0) END, NULL, NULL, page_no,
        record_no, NULL
    FROM rest
    WHERE clicks > 0 OR impressions > 0
    UNION ALL
    SELECT date, part, coalesce(value, ''), false, aggregation, is_final, clicks, impressions, ctr, position, page_no, record_no,
        problem
    FROM tidy
    WHERE problem IS NOT NULL
)

SELECT
    'google' AS engine,
    getvariable('partition') AS site,
    json_extract_string(CAST(getvariable('settings') AS JSON), '$.search_type') AS search_type,
    date,
    part,
    value,
    is_rest,
    CASE WHEN part = 'query' AND len(coalesce(brand, [])) > 0
         THEN NOT is_rest AND len(list_filter(brand, lambda term: term <> '' AND contains(lower(value), term))) > 0 END AS is_brand,
    aggregation,
    is_final,
    coalesce(clicks, 0) AS clicks,
    impressions,
    ctr,
    position,
    page_no,
    record_no,
    problem
FROM every, terms
