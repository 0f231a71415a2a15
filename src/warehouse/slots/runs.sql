-- ops.run: the newest attempts, for a person. Grain: attempt. Inputs: ops.run. Owner: the CLI.
-- Bound: job or null, workspace or null, most rows.
SELECT
    run_id, job, coalesce(workspace, '') AS workspace, subject, slot_at, coalesce(attempt, 1)::UINTEGER AS attempt,
    coalesce(reason, '') AS reason, started_at, ended_at, outcome, detail
FROM ops.run
WHERE ($1::VARCHAR IS NULL OR job = $1) AND ($2::VARCHAR IS NULL OR workspace = $2)
ORDER BY started_at DESC, run_id
LIMIT $3
