-- Pipelines in which no deal can be won: HubSpot calls a deal won by the probability of its stage.
WITH pipeline AS (
    SELECT unnest(from_json(body, '{"results": [{"id": "VARCHAR", "label": "VARCHAR", "archived": "BOOLEAN", "stages": [
        {"id": "VARCHAR", "label": "VARCHAR", "archived": "BOOLEAN",
         "metadata": {"isClosed": "VARCHAR", "probability": "VARCHAR"}}]}]}').results) AS p
    FROM page
),

stage AS (
    SELECT p.id AS pipeline_id, coalesce(p.label, p.id) AS pipeline, unnest(p.stages) AS s
    FROM pipeline
    WHERE NOT coalesce(p.archived, false)
)

SELECT 'no stage of the deal pipeline "' || left(any_value(pipeline), 80) || '" stands for won, so none of its deals counts as won:'
    || ' set the probability of its last stage to 100% in HubSpot' AS note
FROM stage
GROUP BY pipeline_id
HAVING count(*) FILTER (WHERE NOT coalesce(s.archived, false) AND TRY_CAST(s.metadata.probability AS DOUBLE) >= 1) = 0
ORDER BY note
LIMIT 20
