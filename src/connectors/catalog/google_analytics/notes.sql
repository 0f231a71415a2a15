-- What GA4 says about the quality of its answer; the flags may differ from page to page.
WITH flags AS (
    SELECT from_json(body -> '$.metadata', '{"dataLossFromOtherRow": "BOOLEAN", "subjectToThresholding": "BOOLEAN",
        "emptyReason": "VARCHAR", "samplingMetadatas": [{"samplesReadCount": "VARCHAR", "samplingSpaceSize": "VARCHAR"}],
        "schemaRestrictionResponse": "JSON"}') AS m
    FROM page
)

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
