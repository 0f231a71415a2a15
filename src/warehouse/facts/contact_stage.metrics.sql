-- Adds: leads and the stages after them, on the day each was entered
-- Grain: workspace, date, source, medium, campaign
-- Inputs: core.contact_stage, core.contact; touched(workspace, date), the days to compute
-- Contacts merged into another are the same person and count once; those that are gone not at all.
SELECT s.workspace, s.entered_date AS date, c.source, c.medium, c.campaign,
    count(*) FILTER (s.stage = 'lead') AS leads,
    count(*) FILTER (s.stage = 'marketingqualifiedlead') AS mqls,
    count(*) FILTER (s.stage = 'salesqualifiedlead') AS sqls,
    count(*) FILTER (s.stage = 'opportunity') AS opportunities
FROM core.contact_stage AS s
SEMI JOIN touched AS t ON t.workspace = s.workspace AND t.date = s.entered_date
JOIN core.contact AS c ON c.workspace = s.workspace AND c.connection = s.connection AND c.contact_id = s.contact_id
WHERE c.archived_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM core.contact AS winner
    WHERE winner.workspace = c.workspace AND winner.connection = c.connection AND winner.contact_id <> c.contact_id
        AND len(winner.merged_contact_ids) > 0 AND list_contains(winner.merged_contact_ids, c.contact_id))
GROUP BY ALL
