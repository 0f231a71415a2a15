-- Claim: a contact that stands in a lifecycle stage has the day it entered it (a tenth and 5 contacts of tolerance)
-- Told in status and reports (column `says`); it holds no report.
WITH standing AS (
    SELECT workspace, connection, contact_id, lifecycle_stage AS stage
    FROM core.contact
    WHERE archived_at IS NULL
        AND lifecycle_stage IN ('lead', 'marketingqualifiedlead', 'salesqualifiedlead', 'opportunity', 'customer')
),

dated AS (
    SELECT DISTINCT workspace, connection, contact_id, stage FROM core.contact_stage
),

counted AS (
    SELECT s.workspace, s.connection, s.stage, count(*) AS contacts, count(*) FILTER (d.contact_id IS NULL) AS undated
    FROM standing AS s
    LEFT JOIN dated AS d USING (workspace, connection, contact_id, stage)
    GROUP BY s.workspace, s.connection, s.stage
)

SELECT
    workspace,
    connection,
    undated || ' of ' || contacts || ' contacts that stand in the stage "' || stage
        || '" have no day on which they entered it: they are in no figure of that stage.' AS says
FROM counted
WHERE undated > 5 AND undated * 10 > contacts
