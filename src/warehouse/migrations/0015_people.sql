-- People under several addresses; records that the CRM no longer lists, and why; deals merged away.

-- `other_person_keys`: pseudonyms of a contact's further addresses. `absence`: why a record counts no
-- more, or is in doubt, though no recycle bin holds it: merged (into another), gone (for good),
-- missing (not listed, with too many others to be believed at once). Null while the CRM lists it.
-- A column with a default comes last: DuckDB 1.5.5 refuses to commit a further change of its table.
ALTER TABLE core.contact ADD COLUMN absence VARCHAR;
ALTER TABLE core.contact ADD COLUMN other_person_keys VARCHAR[] DEFAULT [];
ALTER TABLE core.deal ADD COLUMN absence VARCHAR;
ALTER TABLE core.deal ADD COLUMN merged_deal_ids VARCHAR[] DEFAULT [];

-- History has its own two columns last, so it is made anew.
CREATE TABLE history.contact_new AS
SELECT * EXCLUDE (superseded_by, superseded_at), NULL::VARCHAR AS absence, []::VARCHAR[] AS other_person_keys, superseded_by, superseded_at
FROM history.contact;
DROP TABLE history.contact;
ALTER TABLE history.contact_new RENAME TO contact;
CREATE TABLE history.deal_new AS
SELECT * EXCLUDE (superseded_by, superseded_at), NULL::VARCHAR AS absence, []::VARCHAR[] AS merged_deal_ids, superseded_by, superseded_at
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
