-- ops.slot: enters a slot. One that is there stays as it is, save that a skipped one becomes planned.
-- Grain: slot. Owner: the scheduler.
-- Bound: job, workspace, slot_at, fire, is_catch_up, state, reason, detail, planned_at, ended_at.
INSERT INTO ops.slot (
    job, workspace, slot_at, fire, is_catch_up, state, attempts, reason, detail, planned_at, ended_at
) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9, $10)
ON CONFLICT (job, workspace, slot_at) DO UPDATE SET
    is_catch_up = excluded.is_catch_up, state = excluded.state, reason = excluded.reason,
    detail = excluded.detail, planned_at = excluded.planned_at, ended_at = excluded.ended_at
WHERE ops.slot.state = 'skipped' AND excluded.state = 'planned'
