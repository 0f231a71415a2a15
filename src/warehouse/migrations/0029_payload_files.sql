-- Larger payloads lie in files beside the database: see `warehouse/outbox/payload_files.rs`. An earlier Daybook would
-- send them empty, and refuses this version. `0029_payload_files_table.sql` was filled from the table of before.
DROP TABLE ops.payload;
ALTER TABLE ops.payload_filed RENAME TO payload;
