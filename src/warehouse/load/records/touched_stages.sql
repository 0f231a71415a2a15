-- Table: ops.touched_day
-- Grain: workspace, day, load
-- Inputs: core.contact_stage; core.contact and history.contact as a load has left them. Values: workspace, connection, load
-- Owner: warehouse
INSERT INTO ops.touched_day
WITH changed AS (
    SELECT contact_id, merged_contact_ids FROM core.contact
    WHERE workspace = $1 AND connection = $2 AND load_id = $3
    UNION ALL
    SELECT contact_id, merged_contact_ids FROM history.contact
    WHERE workspace = $1 AND connection = $2 AND superseded_by = $3
),

affected AS (
    SELECT contact_id FROM changed
    UNION SELECT unnest(merged_contact_ids) FROM changed
)

SELECT DISTINCT s.workspace, s.entered_date, $3
FROM core.contact_stage AS s
SEMI JOIN affected USING (contact_id)
WHERE s.workspace = $1 AND s.connection = $2
