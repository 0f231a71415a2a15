-- Payloads of messages, in a table of their own: to change one column of a row, DuckDB reads the other rows' payloads
-- with it. Filled from the outbox of before, then `0026_payload_moved.sql` follows. A crash between the two begins anew.
DROP TABLE IF EXISTS ops.payload;

CREATE TABLE ops.payload (
    message_id VARCHAR NOT NULL,
    bytes BIGINT NOT NULL,
    sha256 VARCHAR NOT NULL,   -- lower-case hexadecimal
    payload BLOB NOT NULL      -- never empty; only added and deleted
);
