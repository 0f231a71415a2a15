-- Question: Payments by weekday and hour.
-- Keys: weekday, hour
-- Measures: events
-- Facts: payment
-- Absent: 0
-- Says: payments on a {weekday} from {hour}:00 to before {next_hour}:00
-- Inputs: core.payment, ops.workspace
-- Weekdays from Monday (1), hours of the workspace's zone.
SELECT
    isodow(e.date) AS weekday,
    local_hour(e.created_at, w.time_zone) AS hour,
    count(*) AS events
FROM core.payment AS e
JOIN ops.workspace AS w USING (workspace)
WHERE e.workspace = $workspace AND e.date >= $start AND e.date < $end
    AND e.is_captured AND e.status = 'succeeded'
GROUP BY ALL
