-- ops.run: the attempt at a slot that is under way ends. Grain: attempt. Owner: the scheduler.
-- Bound: job, workspace, slot_at, ended_at, outcome, detail.
UPDATE ops.run SET ended_at = $4, outcome = $5, detail = $6
WHERE job = $1 AND workspace = $2 AND slot_at = $3 AND outcome = 'running'
