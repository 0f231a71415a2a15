-- Backfills asked for; one without an end is taken up again where it stopped. Its slices are found
-- in ops.load: those loaded since it began are done.
CREATE TABLE ops.backfill (
    backfill_id VARCHAR NOT NULL PRIMARY KEY, workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    period_start DATE NOT NULL, period_end DATE NOT NULL, begun_at TIMESTAMP NOT NULL, ended_at TIMESTAMP
);
