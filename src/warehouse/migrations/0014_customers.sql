-- Customers of payment providers, and who paid before the first day that is loaded.

CREATE TABLE core.customer (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL, person_key VARCHAR,
    created_at TIMESTAMP NOT NULL, created_date DATE NOT NULL,
    load_id VARCHAR NOT NULL
);

CREATE TABLE core.earlier_payer (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    payment_id VARCHAR NOT NULL, customer_id VARCHAR, person_key VARCHAR, date DATE NOT NULL,
    load_id VARCHAR NOT NULL
);

CREATE TABLE history.customer AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.customer LIMIT 0;
CREATE TABLE history.earlier_payer AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.earlier_payer LIMIT 0;
