-- Payloads of reports that went out are dropped after a while: the issued document stays, and from it the same
-- bytes are rendered again.

-- What a message was made with besides its document, as JSON: formats, reply address, unsubscribe targets. Absent in
-- mails of before, whose payload therefore stays as long as the message.
ALTER TABLE ops.outbox ADD COLUMN made_with VARCHAR;

-- Of a payload that was dropped: when, its size, and its sum in lower-case hexadecimal.
ALTER TABLE ops.outbox ADD COLUMN payload_dropped_at TIMESTAMP;
ALTER TABLE ops.outbox ADD COLUMN payload_bytes BIGINT;
ALTER TABLE ops.outbox ADD COLUMN payload_sha256 VARCHAR;

-- The sum of the templates, the theme and the logo that a report was rendered with.
ALTER TABLE ops.report ADD COLUMN templates VARCHAR;
