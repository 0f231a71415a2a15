-- Slots: each scheduled instant of a job for a workspace, claimed before the work, marked after it.

-- One row a slot; states: planned, claimed, succeeded, failed, skipped. `fire`: normal, gap, overlap.
CREATE TABLE ops.slot (
    job VARCHAR NOT NULL, workspace VARCHAR NOT NULL, slot_at TIMESTAMP NOT NULL,
    fire VARCHAR NOT NULL, is_catch_up BOOLEAN NOT NULL, state VARCHAR NOT NULL, attempts INTEGER NOT NULL,
    reason VARCHAR NOT NULL, detail VARCHAR NOT NULL,
    planned_at TIMESTAMP NOT NULL, next_attempt_at TIMESTAMP, first_started_at TIMESTAMP,
    -- The process at it, where it is claimed. Only one process can have the database, so at its start
    -- whatever another one had claimed is known to be left behind.
    owner VARCHAR, claimed_at TIMESTAMP, ended_at TIMESTAMP,
    PRIMARY KEY (job, workspace, slot_at)
);

-- One row a job and workspace: up to where fires are slots, and how it has been failing.
CREATE TABLE ops.job_mark (
    job VARCHAR NOT NULL, workspace VARCHAR NOT NULL,
    first_seen_at TIMESTAMP NOT NULL, planned_through TIMESTAMP NOT NULL,
    failures_in_row INTEGER NOT NULL, last_failure_at TIMESTAMP, last_success_slot_at TIMESTAMP,
    PRIMARY KEY (job, workspace)
);

-- A run is an attempt at a slot; `reason` says why it began, `outcome` is running until it ended.
ALTER TABLE ops.run ADD COLUMN slot_at TIMESTAMP;
ALTER TABLE ops.run ADD COLUMN attempt INTEGER;
ALTER TABLE ops.run ADD COLUMN reason VARCHAR;
