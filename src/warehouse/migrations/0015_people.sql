-- People under several addresses; records that the CRM no longer lists, and why; deals merged away.

-- `other_person_keys`: pseudonyms of a contact's further addresses. `absence`: why a record counts no
-- more, or is in doubt, though no recycle bin holds it: merged (into another), gone (for good),
-- missing (not listed, with too many others to be believed at once). Null while the CRM lists it.
-- The tables are written anew: DuckDB does not add two columns to a table with rows in one transaction.
CREATE TABLE main.contact_before AS FROM core.contact;
DROP TABLE core.contact;
CREATE TABLE core.contact (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    contact_id VARCHAR NOT NULL, person_key VARCHAR,
    created_at TIMESTAMP NOT NULL, created_date DATE NOT NULL, modified_at TIMESTAMP NOT NULL,
    lifecycle_stage VARCHAR, source VARCHAR NOT NULL, medium VARCHAR NOT NULL, campaign VARCHAR NOT NULL,
    merged_contact_ids VARCHAR[] NOT NULL,
    load_id VARCHAR NOT NULL,
    archived_at TIMESTAMP, other_person_keys VARCHAR[] DEFAULT [], absence VARCHAR
);
INSERT INTO core.contact BY NAME FROM main.contact_before;
DROP TABLE main.contact_before;

CREATE TABLE main.deal_before AS FROM core.deal;
DROP TABLE core.deal;
CREATE TABLE core.deal (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    deal_id VARCHAR NOT NULL, name VARCHAR NOT NULL, pipeline VARCHAR, stage VARCHAR,
    amount DECIMAL(18, 6), currency VARCHAR,
    source VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL, created_date DATE NOT NULL, modified_at TIMESTAMP NOT NULL,
    closed_at TIMESTAMP, closed_date DATE, is_closed BOOLEAN NOT NULL, is_won BOOLEAN NOT NULL,
    load_id VARCHAR NOT NULL,
    archived_at TIMESTAMP, merged_deal_ids VARCHAR[] DEFAULT [], absence VARCHAR
);
INSERT INTO core.deal BY NAME FROM main.deal_before;
DROP TABLE main.deal_before;

-- History has its own two columns last, so it is made anew.
CREATE TABLE history.contact_new AS
SELECT * EXCLUDE (superseded_by, superseded_at), []::VARCHAR[] AS other_person_keys, NULL::VARCHAR AS absence, superseded_by, superseded_at
FROM history.contact;
DROP TABLE history.contact;
ALTER TABLE history.contact_new RENAME TO contact;
CREATE TABLE history.deal_new AS
SELECT * EXCLUDE (superseded_by, superseded_at), []::VARCHAR[] AS merged_deal_ids, NULL::VARCHAR AS absence, superseded_by, superseded_at
FROM history.deal;
DROP TABLE history.deal;
ALTER TABLE history.deal_new RENAME TO deal;

-- Who is one person is told by other rules now: every day that somebody paid on, got money back on or
-- entered a stage on is computed anew.
INSERT INTO ops.touched_day
SELECT DISTINCT workspace, date, 'migration_0015' FROM (
    SELECT workspace, date FROM core.payment
    UNION ALL SELECT workspace, date FROM core.refund
    UNION ALL SELECT workspace, date FROM core.dispute_movement
    UNION ALL SELECT workspace, entered_date FROM core.contact_stage);
