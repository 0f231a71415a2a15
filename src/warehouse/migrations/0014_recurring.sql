-- Payments as the provider's ledger has them, subscriptions with their course, who paid before the first day.

-- Customers of a payment provider, from the beginning. `person_key` is the pseudonym of the address.
CREATE TABLE core.customer (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL, person_key VARCHAR,
    created_at TIMESTAMP NOT NULL, created_date DATE NOT NULL,
    load_id VARCHAR NOT NULL
);

-- A discount that a customer has on all subscriptions without one of their own. `amounts` is what it takes off
-- an invoice by currency, `products` the only ones it lowers (null: all).
CREATE TABLE core.customer_discount (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL, discount_id VARCHAR,
    started_at TIMESTAMP, ends_at TIMESTAMP,
    percent_off DECIMAL(9, 6), amounts STRUCT(currency VARCHAR, amount DECIMAL(18, 6))[], products VARCHAR[],
    load_id VARCHAR NOT NULL
);

-- Captured payments before the connection's first day: who paid, not how much.
CREATE TABLE core.earlier_payer (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    payment_id VARCHAR NOT NULL, customer_id VARCHAR, person_key VARCHAR,
    date DATE NOT NULL,
    load_id VARCHAR NOT NULL
);

-- When something happened to a subscription, and whether its monthly value may have changed by it.
CREATE TABLE core.subscription_event (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    event_id VARCHAR NOT NULL, subscription_id VARCHAR NOT NULL, kind VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL, date DATE NOT NULL, changes_value BOOLEAN NOT NULL,
    load_id VARCHAR NOT NULL
);

CREATE TABLE history.customer AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.customer LIMIT 0;
CREATE TABLE history.customer_discount AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.customer_discount LIMIT 0;
CREATE TABLE history.earlier_payer AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.earlier_payer LIMIT 0;
CREATE TABLE history.subscription_event AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.subscription_event LIMIT 0;

-- The ledger's entry of a payment or a refund: empty where the provider says that there is none, null in rows
-- read before it was asked for.
ALTER TABLE core.payment ADD COLUMN balance_transaction_id VARCHAR;
ALTER TABLE core.refund ADD COLUMN balance_transaction_id VARCHAR;
CREATE TABLE history.payment_new AS
SELECT * EXCLUDE (superseded_by, superseded_at), NULL::VARCHAR AS balance_transaction_id, superseded_by, superseded_at FROM history.payment;
DROP TABLE history.payment;
ALTER TABLE history.payment_new RENAME TO payment;
CREATE TABLE history.refund_new AS
SELECT * EXCLUDE (superseded_by, superseded_at), NULL::VARCHAR AS balance_transaction_id, superseded_by, superseded_at FROM history.refund;
DROP TABLE history.refund;
ALTER TABLE history.refund_new RENAME TO refund;

-- `course`: what a subscription in this state is worth a month from each date on (null in rows of before: from
-- counts_from_date on). `revision` tells which reading of the provider's record it is, so that a better reading is
-- no change of plan. `doubt` says why the value may be another.
ALTER TABLE core.subscription ADD COLUMN course STRUCT(from_date DATE, mrr DECIMAL(18, 6))[];
ALTER TABLE core.subscription ADD COLUMN revision INTEGER;
ALTER TABLE core.subscription ADD COLUMN doubt VARCHAR;
CREATE TABLE history.subscription_new AS
SELECT * EXCLUDE (superseded_by, superseded_at), NULL::STRUCT(from_date DATE, mrr DECIMAL(18, 6))[] AS course,
    NULL::INTEGER AS revision, NULL::VARCHAR AS doubt, superseded_by, superseded_at
FROM history.subscription;
DROP TABLE history.subscription;
ALTER TABLE history.subscription_new RENAME TO subscription;

-- What each subscription was worth a month, from a date on and until before another (null: it goes on), in its own
-- currency; rebuilt by each rollup from all known states.
CREATE TABLE mart.subscription_value (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    subscription_id VARCHAR NOT NULL, customer_id VARCHAR NOT NULL, currency VARCHAR NOT NULL,
    from_date DATE NOT NULL, until_date DATE, mrr DECIMAL(18, 6) NOT NULL
);

-- Read anew once, for what was not asked for before.
UPDATE ops.cursor SET read_until = TIMESTAMP '1970-01-01' WHERE stream IN ('charges', 'refunds');
