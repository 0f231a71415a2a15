-- What payments and subscriptions say of themselves, and records of money that could not be used by their names.
-- Tables with rows are written anew: DuckDB does not add two columns to one of them in one transaction.

-- `is_test`: the provider says that it is made up. `is_receipt_key`: the address is where the receipt goes, not the
-- payer's own. Null in rows read before it was asked for.
CREATE TABLE main.payment_before AS FROM core.payment;
DROP TABLE core.payment;
CREATE TABLE core.payment (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    payment_id VARCHAR NOT NULL, customer_id VARCHAR, person_key VARCHAR,
    created_at TIMESTAMP NOT NULL, date DATE NOT NULL,
    status VARCHAR NOT NULL, is_captured BOOLEAN NOT NULL, is_disputed BOOLEAN NOT NULL,
    amount DECIMAL(18, 6) NOT NULL, currency VARCHAR NOT NULL,
    source VARCHAR, medium VARCHAR, campaign VARCHAR,
    load_id VARCHAR NOT NULL,
    balance_transaction_id VARCHAR, is_receipt_key BOOLEAN, is_test BOOLEAN
);
INSERT INTO core.payment BY NAME FROM main.payment_before;
DROP TABLE main.payment_before;

-- `course_unpaused`: what a paused or unpaid subscription would be worth, and was until then. `tax`: inclusive (prices
-- hold it), automatic (it is added to payments), null (no word of it). `longest_interval_days`: a payment is due at least
-- so often. The last four are null in rows of before.
CREATE TABLE main.subscription_before AS FROM core.subscription;
DROP TABLE core.subscription;
CREATE TABLE core.subscription (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    subscription_id VARCHAR NOT NULL, customer_id VARCHAR, status VARCHAR NOT NULL,
    started_at TIMESTAMP NOT NULL, counts_from_date DATE NOT NULL, ended_at TIMESTAMP, ended_date DATE,
    is_paused BOOLEAN NOT NULL, mrr DECIMAL(18, 6) NOT NULL, currency VARCHAR NOT NULL,
    load_id VARCHAR NOT NULL,
    course STRUCT(from_date DATE, mrr DECIMAL(18, 6))[], revision INTEGER, doubt VARCHAR,
    course_unpaused STRUCT(from_date DATE, mrr DECIMAL(18, 6))[], is_test BOOLEAN, tax VARCHAR, longest_interval_days INTEGER
);
INSERT INTO core.subscription BY NAME FROM main.subscription_before;
DROP TABLE main.subscription_before;

-- `changes_standing`: it was paused or unpaid before, or is so since.
ALTER TABLE core.subscription_event ADD COLUMN changes_standing BOOLEAN;

-- History has its own two columns last, so it is made anew.
CREATE TABLE history.payment_new AS
SELECT * EXCLUDE (superseded_by, superseded_at), NULL::BOOLEAN AS is_receipt_key, NULL::BOOLEAN AS is_test, superseded_by, superseded_at
FROM history.payment;
DROP TABLE history.payment;
ALTER TABLE history.payment_new RENAME TO payment;
CREATE TABLE history.subscription_new AS
SELECT * EXCLUDE (superseded_by, superseded_at), NULL::STRUCT(from_date DATE, mrr DECIMAL(18, 6))[] AS course_unpaused,
    NULL::BOOLEAN AS is_test, NULL::VARCHAR AS tax, NULL::INTEGER AS longest_interval_days, superseded_by, superseded_at
FROM history.subscription;
DROP TABLE history.subscription;
ALTER TABLE history.subscription_new RENAME TO subscription;
CREATE TABLE history.subscription_event_new AS
SELECT * EXCLUDE (superseded_by, superseded_at), NULL::BOOLEAN AS changes_standing, superseded_by, superseded_at
FROM history.subscription_event;
DROP TABLE history.subscription_event;
ALTER TABLE history.subscription_event_new RENAME TO subscription_event;

-- The key of a record of money: it is told until it comes again and can be used. Null for other records.
ALTER TABLE ops.quarantine ADD COLUMN record_key VARCHAR;

-- Read anew once, for what was not asked for before.
UPDATE ops.cursor SET read_until = TIMESTAMP '1970-01-01' WHERE stream IN ('charges', 'disputes', 'subscription_events');
