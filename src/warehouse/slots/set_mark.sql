-- ops.job_mark: replaces what is remembered of a job and workspace. Owner: the scheduler.
-- Bound: job, workspace, first_seen_at, planned_through, failures_in_row, last_failure_at,
-- last_success_slot_at.
INSERT INTO ops.job_mark (
    job, workspace, first_seen_at, planned_through, failures_in_row, last_failure_at, last_success_slot_at
) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (job, workspace) DO UPDATE SET
    first_seen_at = excluded.first_seen_at, planned_through = excluded.planned_through,
    failures_in_row = excluded.failures_in_row, last_failure_at = excluded.last_failure_at,
    last_success_slot_at = excluded.last_success_slot_at
