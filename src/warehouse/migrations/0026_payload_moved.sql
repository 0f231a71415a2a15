-- Payloads stand in `ops.payload` now.
ALTER TABLE ops.outbox DROP COLUMN payload;

-- When a person was erased in a report's documents, last.
ALTER TABLE ops.report ADD COLUMN person_erased_at TIMESTAMP;
