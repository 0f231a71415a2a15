-- Payloads of messages, larger ones in files. `0029_payload_files.sql` follows; a crash between the two begins anew.
DROP TABLE IF EXISTS ops.payload_filed;

CREATE TABLE ops.payload_filed (
    message_id VARCHAR NOT NULL,
    bytes BIGINT NOT NULL,
    sha256 VARCHAR NOT NULL,   -- lower-case hexadecimal; names the file
    payload BLOB,              -- never empty, only added and deleted; NULL where it lies in a file
    in_file BOOLEAN NOT NULL   -- asked instead of the payload, which would be read
);
