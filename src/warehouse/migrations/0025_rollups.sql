-- Rollups of the installation: what each was last computed by. An empty fingerprint is that of a file that was taken
-- away. `is_edited`: no day was computed since the file was edited; `changed_date`: the day on which one first was.
CREATE TABLE ops.rollup (
    rollup VARCHAR NOT NULL, file VARCHAR NOT NULL, fingerprint VARCHAR NOT NULL, is_edited BOOLEAN NOT NULL,
    changed_date DATE
);

-- Why the days of a workspace could not be computed when that was last tried; they are still due.
CREATE TABLE ops.rollup_failure (rollup VARCHAR NOT NULL, workspace VARCHAR NOT NULL, error VARCHAR NOT NULL);

-- Days that a rollup of the installation has still to compute.
CREATE TABLE ops.rollup_due (rollup VARCHAR NOT NULL, workspace VARCHAR NOT NULL, date DATE NOT NULL);

-- The day on which the figures of a workspace were last compared with their facts; of one that never was, the day on
-- which that was first tried.
CREATE TABLE ops.figure_check (workspace VARCHAR NOT NULL, compared_date DATE NOT NULL);
