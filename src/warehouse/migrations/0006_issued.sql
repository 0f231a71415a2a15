-- Reports as issued: what each figure rests on, and what the files were, so that an issue can be
-- rendered again, proved, and held against what is known later.

-- Tells editions and rows of one definition apart; empty for the standard one.
ALTER TABLE ops.report ADD COLUMN variant VARCHAR DEFAULT '';

-- What a receipt stands for as JSON, its name in words, the definition at the time. Absent in
-- receipts of before, which name a metric.
ALTER TABLE ops.receipt ADD COLUMN basis VARCHAR;
ALTER TABLE ops.receipt ADD COLUMN unit VARCHAR;
ALTER TABLE ops.receipt ADD COLUMN label VARCHAR;
ALTER TABLE ops.receipt ADD COLUMN definition VARCHAR;

-- The files of an issue: rendered again, they must have these sums.
CREATE TABLE ops.issued_file (
    report_id VARCHAR NOT NULL, name VARCHAR NOT NULL, bytes BIGINT NOT NULL, sha256 VARCHAR NOT NULL
);
