-- Rollups of the installation: what each was last computed by, and why it last failed. An empty fingerprint is that of
-- a file that was taken away.
CREATE TABLE ops.rollup (
    rollup VARCHAR NOT NULL, about VARCHAR NOT NULL, file VARCHAR NOT NULL, fingerprint VARCHAR NOT NULL,
    error VARCHAR, failed_at TIMESTAMP
);

-- Days that a rollup of the installation has still to compute.
CREATE TABLE ops.rollup_due (rollup VARCHAR NOT NULL, workspace VARCHAR NOT NULL, date DATE NOT NULL);
