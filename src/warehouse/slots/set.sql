-- ops.slot: how a slot now stands, if it stands as expected. Grain: slot. Owner: the scheduler.
-- Bound: job, workspace, slot_at, expected state, then the new values.
UPDATE ops.slot SET
    state = $5, attempts = $6, reason = $7, detail = $8, next_attempt_at = $9, first_started_at = $10,
    owner = $11, claimed_at = $12, ended_at = $13
WHERE job = $1 AND workspace = $2 AND slot_at = $3 AND state = $4
