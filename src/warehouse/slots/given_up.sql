-- ops.slot: where the newest slot that ended of a job and workspace failed for good. Grain: job, workspace.
-- Inputs: ops.slot. Owner: the status.
SELECT
    job, workspace, slot_at, fire, is_catch_up, state, attempts::UINTEGER AS attempts, reason, detail,
    planned_at, next_attempt_at, first_started_at, owner, claimed_at, ended_at
FROM ops.slot
WHERE state IN ('succeeded', 'failed')
QUALIFY row_number() OVER (PARTITION BY job, workspace ORDER BY slot_at DESC) = 1 AND state = 'failed'
ORDER BY job, workspace
