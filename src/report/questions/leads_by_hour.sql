-- Question: Leads by weekday and hour.
-- Keys: weekday, hour
-- Measures: events
-- Facts: contact_stage
-- Absent: 0
-- Says: leads on a {weekday} from {hour}:00 to before {next_hour}:00
-- Inputs: core.contact_stage, core.contact, ops.workspace
-- Weekdays from Monday (1), hours of the workspace's zone.
SELECT
    isodow(e.entered_date) AS weekday,
    local_hour(e.entered_at, w.time_zone) AS hour,
    count(*) AS events
FROM core.contact_stage AS e
JOIN ops.workspace AS w USING (workspace)
WHERE e.workspace = $workspace AND e.entered_date >= $start AND e.entered_date < $end
    AND e.stage = 'lead'
    -- Of contacts that were deleted or merged into others none counts.
    AND EXISTS (
        SELECT 1 FROM core.contact AS c
        WHERE c.workspace = e.workspace AND c.connection = e.connection AND c.contact_id = e.contact_id
            AND c.archived_at IS NULL
    )
GROUP BY ALL
