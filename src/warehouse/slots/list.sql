-- ops.slot: the newest slots, for a person. Grain: slot. Inputs: ops.slot. Owner: the CLI.
-- Bound: job or null, workspace or null, most rows.
SELECT
    job, workspace, slot_at, fire, is_catch_up, state, attempts::UINTEGER AS attempts, reason, detail,
    planned_at, next_attempt_at, first_started_at, owner, claimed_at, ended_at
FROM ops.slot
WHERE ($1::VARCHAR IS NULL OR job = $1) AND ($2::VARCHAR IS NULL OR workspace = $2)
ORDER BY slot_at DESC, job, workspace
LIMIT $3
