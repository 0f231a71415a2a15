-- Readers' own wordings of numbers and dates: `de`, or `de:code` with codes of currencies.

-- Which one the report folder and Slack got. The document here stays in the standard one, `en`: receipts,
-- and what changed since, go by it.
ALTER TABLE ops.report ADD COLUMN wording VARCHAR DEFAULT 'en';

-- The document once more for each other wording that somebody got. `files` is a JSON list of name, bytes
-- and sha256.
CREATE TABLE ops.report_wording (
    report_id VARCHAR NOT NULL, wording VARCHAR NOT NULL, document VARCHAR NOT NULL, files VARCHAR NOT NULL
);

-- Which one a message is in; absent in messages of no report and in those of before.
ALTER TABLE ops.outbox ADD COLUMN wording VARCHAR;
