-- ops.job_mark: what is remembered of each job and workspace. Owner: the scheduler.
SELECT
    job, workspace, first_seen_at, planned_through, failures_in_row::UINTEGER AS failures_in_row,
    last_failure_at, last_success_slot_at
FROM ops.job_mark
