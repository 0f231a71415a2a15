-- ops.slot: what remains to be done. Grain: slot. Inputs: ops.slot. Owner: the scheduler.
SELECT
    job, workspace, slot_at, fire, is_catch_up, state, attempts::UINTEGER AS attempts, reason, detail,
    planned_at, next_attempt_at, first_started_at, owner, claimed_at, ended_at
FROM ops.slot
WHERE state IN ('planned', 'claimed')
ORDER BY slot_at, job, workspace
