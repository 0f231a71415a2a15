-- ops.job_mark: replaces what is remembered of jobs and workspaces. Owner: the scheduler.
-- Bound: a JSON list of marks, no job and workspace twice.
INSERT INTO ops.job_mark (
    job, workspace, first_seen_at, planned_through, failures_in_row, last_failure_at, last_success_slot_at
)
SELECT
    mark.job, mark.workspace, mark.first_seen_at, mark.planned_through, mark.failures_in_row, mark.last_failure_at,
    mark.last_success_slot_at
FROM (SELECT unnest(from_json($1, '[{
    "job": "VARCHAR", "workspace": "VARCHAR", "first_seen_at": "TIMESTAMP", "planned_through": "TIMESTAMP",
    "failures_in_row": "UINTEGER", "last_failure_at": "TIMESTAMP", "last_success_slot_at": "TIMESTAMP"
}]')) AS mark)
ON CONFLICT (job, workspace) DO UPDATE SET
    first_seen_at = excluded.first_seen_at, planned_through = excluded.planned_through,
    failures_in_row = excluded.failures_in_row, last_failure_at = excluded.last_failure_at,
    last_success_slot_at = excluded.last_success_slot_at
