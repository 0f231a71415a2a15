-- What GA4 says about the quality of its answer, and how many sessions it gives no source; the flags may
-- differ from page to page.
WITH flags AS (
    SELECT from_json(body -> '$.metadata', '{"dataLossFromOtherRow": "BOOLEAN", "subjectToThresholding": "BOOLEAN",
        "emptyReason": "VARCHAR", "samplingMetadatas": [{"samplesReadCount": "VARCHAR", "samplingSpaceSize": "VARCHAR"}],
        "schemaRestrictionResponse": "JSON"}') AS m
    FROM page
),

flagged AS (
    SELECT DISTINCT unnest([
        CASE WHEN m.dataLossFromOtherRow THEN 'GA4 folded rows into a row named "(other)"' END,
        CASE WHEN m.subjectToThresholding THEN 'GA4 withheld rows to protect visitors (thresholding)' END,
        CASE WHEN m.emptyReason IS NOT NULL THEN 'GA4 sent nothing: ' || left(m.emptyReason, 200) END,
        CASE WHEN len(m.samplingMetadatas) > 0 THEN 'GA4 sampled: ' || coalesce(round(100
            * TRY_CAST(m.samplingMetadatas[1].samplesReadCount AS DOUBLE)
            / nullif(TRY_CAST(m.samplingMetadatas[1].samplingSpaceSize AS DOUBLE), 0), 1) || '% of events read', 'share unknown') END,
        CASE WHEN m.schemaRestrictionResponse IS NOT NULL AND CAST(m.schemaRestrictionResponse AS VARCHAR) <> '{}'
             THEN 'GA4 withholds metrics from this account (restricted)' END
    ]) AS note
    FROM flags
),

report AS (
    SELECT from_json(body, '{"dimensionHeaders": [{"name": "VARCHAR"}], "metricHeaders": [{"name": "VARCHAR"}],
        "rows": [{"dimensionValues": [{"value": "VARCHAR"}], "metricValues": [{"value": "VARCHAR"}]}]}') AS b
    FROM page
),

visit AS (
    SELECT
        r.dimensionValues[source_at].value AS source,
        coalesce(TRY_CAST(r.metricValues[sessions_at].value AS BIGINT), 0) AS sessions
    FROM (
        SELECT
            list_position(list_transform(b.dimensionHeaders, lambda h: h.name), 'sessionSource') AS source_at,
            list_position(list_transform(b.metricHeaders, lambda h: h.name), 'sessions') AS sessions_at,
            unnest(b.rows) AS r
        FROM report)
),

share AS (
    SELECT
        sum(sessions) AS sessions,
        coalesce(sum(sessions) FILTER (source = '(data not available)'), 0) AS waiting,
        coalesce(sum(sessions) FILTER (source IN ('(not set)', '')), 0) AS unset
    FROM visit
)

SELECT note FROM flagged
UNION ALL
-- Less than a hundredth changes no picture.
SELECT 'GA4 has not attributed ' || waiting || ' of ' || sessions || ' sessions yet (' || round(100 * waiting / sessions, 1)
    || '%, its source is "(data not available)"): they have no channel until it does'
FROM share
WHERE waiting * 100 >= sessions AND waiting > 0
UNION ALL
SELECT 'GA4 knows no source of ' || unset || ' of ' || sessions || ' sessions (' || round(100 * unset / sessions, 1)
    || '%, its source is "(not set)"): they have no channel'
FROM share
WHERE unset * 10 >= sessions AND unset > 0
