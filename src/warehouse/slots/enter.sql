-- ops.slot: enters slots. One that is there stays as it is, save that a skipped one becomes planned;
-- answers those that were taken. Grain: slot. Owner: the scheduler.
-- Bound: a JSON list of slots, no key twice.
INSERT INTO ops.slot (
    job, workspace, slot_at, fire, is_catch_up, state, attempts, reason, detail, planned_at, ended_at
)
SELECT
    slot.job, slot.workspace, slot.slot_at, slot.fire, slot.is_catch_up, slot.state, 0, slot.reason, slot.detail,
    slot.planned_at, slot.ended_at
FROM (SELECT unnest(from_json($1, '[{
    "job": "VARCHAR", "workspace": "VARCHAR", "slot_at": "TIMESTAMP", "fire": "VARCHAR", "is_catch_up": "BOOLEAN",
    "state": "VARCHAR", "reason": "VARCHAR", "detail": "VARCHAR", "planned_at": "TIMESTAMP", "ended_at": "TIMESTAMP"
}]')) AS slot)
ON CONFLICT (job, workspace, slot_at) DO UPDATE SET
    is_catch_up = excluded.is_catch_up, state = excluded.state, reason = excluded.reason,
    detail = excluded.detail, planned_at = excluded.planned_at, ended_at = excluded.ended_at
WHERE ops.slot.state = 'skipped' AND excluded.state = 'planned'
RETURNING job, workspace, slot_at
