-- Every file that was ever found in a drop folder, with what became of it.
-- Grain: file name of a connection. State: see domain/dropped.rs. Instants in UTC.
CREATE TABLE ops.dropped_file (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL, stream VARCHAR NOT NULL, name VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    -- What is wrong and what to do about it.
    reason VARCHAR,
    -- The content and the way of reading it that the state is about.
    slice VARCHAR NOT NULL,
    -- By the file's own clock: of two files that name a key the newer one counts.
    modified_at TIMESTAMP,
    seen_at TIMESTAMP NOT NULL,
    rows_read BIGINT NOT NULL, rows_quarantined BIGINT NOT NULL,
    -- Of the rows that were loaded.
    first_date DATE, last_date DATE,
    -- Days of the quarantined rows, with commas between them; null where one of them has none.
    bad_dates VARCHAR,
    PRIMARY KEY (workspace, connection, name)
);

-- A keyed hash of a bad row's key, where it has one: once a row of that key loads from any file, the
-- bad one is settled.
ALTER TABLE ops.quarantine ADD COLUMN key_hash VARCHAR;
