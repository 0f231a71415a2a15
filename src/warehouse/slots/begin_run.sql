-- ops.run: an attempt begins. Grain: attempt. Owner: the scheduler.
-- Bound: run_id, job, workspace, subject, started_at, slot_at, attempt, reason.
INSERT INTO ops.run (run_id, job, workspace, subject, started_at, outcome, detail, slot_at, attempt, reason)
VALUES ($1, $2, $3, $4, $5, 'running', '', $6, $7, $8)
