-- Money that leaves again after a sale, people and deals the CRM deleted, who a deal is with.

-- Payments that a cardholder disputed, as they stand. An inquiry (`warning_…`) moves no money.
CREATE TABLE core.dispute (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    dispute_id VARCHAR NOT NULL, payment_id VARCHAR,
    created_at TIMESTAMP NOT NULL, date DATE NOT NULL,
    status VARCHAR NOT NULL, reason VARCHAR, amount DECIMAL(18, 6) NOT NULL, currency VARCHAR NOT NULL,
    load_id VARCHAR NOT NULL
);

-- What a dispute took (below zero) or gave back, in the settlement currency, on the day it did. A
-- lost dispute has the first only; of a won one the two sum to zero.
CREATE TABLE core.dispute_movement (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    dispute_id VARCHAR NOT NULL, movement_id VARCHAR NOT NULL, payment_id VARCHAR,
    created_at TIMESTAMP NOT NULL, date DATE NOT NULL,
    amount DECIMAL(18, 6) NOT NULL, fee DECIMAL(18, 6) NOT NULL, currency VARCHAR NOT NULL,
    load_id VARCHAR NOT NULL
);

-- Who a deal is with, one row a contact.
CREATE TABLE core.deal_contact (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    deal_id VARCHAR NOT NULL, contact_id VARCHAR NOT NULL,
    load_id VARCHAR NOT NULL
);

CREATE TABLE history.dispute AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.dispute LIMIT 0;
CREATE TABLE history.dispute_movement AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.dispute_movement LIMIT 0;
CREATE TABLE history.deal_contact AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.deal_contact LIMIT 0;

-- Tombstones: since when the CRM holds a record in its recycle bin; null while it lives. History
-- has its own two columns last, so it is made anew.
ALTER TABLE core.contact ADD COLUMN archived_at TIMESTAMP;
ALTER TABLE core.contact_stage ADD COLUMN archived_at TIMESTAMP;
ALTER TABLE core.deal ADD COLUMN archived_at TIMESTAMP;
CREATE TABLE history.contact_new AS
SELECT * EXCLUDE (superseded_by, superseded_at), NULL::TIMESTAMP AS archived_at, superseded_by, superseded_at FROM history.contact;
DROP TABLE history.contact;
ALTER TABLE history.contact_new RENAME TO contact;
CREATE TABLE history.contact_stage_new AS
SELECT * EXCLUDE (superseded_by, superseded_at), NULL::TIMESTAMP AS archived_at, superseded_by, superseded_at FROM history.contact_stage;
DROP TABLE history.contact_stage;
ALTER TABLE history.contact_stage_new RENAME TO contact_stage;
CREATE TABLE history.deal_new AS
SELECT * EXCLUDE (superseded_by, superseded_at), NULL::TIMESTAMP AS archived_at, superseded_by, superseded_at FROM history.deal;
DROP TABLE history.deal;
ALTER TABLE history.deal_new RENAME TO deal;

-- A sum of amounts that each just fit must fit as well.
DROP VIEW mart.metric_weekly;
DROP VIEW mart.metric_monthly;
ALTER TABLE mart.metric_daily ADD COLUMN chargebacks DECIMAL(38, 6) DEFAULT 0;
ALTER TABLE mart.metric_daily ALTER COLUMN platform_conversions SET DATA TYPE DECIMAL(38, 6);
ALTER TABLE mart.metric_daily ALTER COLUMN key_events SET DATA TYPE DECIMAL(38, 6);
ALTER TABLE mart.metric_daily ALTER COLUMN revenue SET DATA TYPE DECIMAL(38, 6);
ALTER TABLE mart.metric_daily ALTER COLUMN refunds SET DATA TYPE DECIMAL(38, 6);
ALTER TABLE mart.metric_daily ALTER COLUMN cost SET DATA TYPE DECIMAL(38, 6);
ALTER TABLE mart.mrr_daily ALTER COLUMN mrr SET DATA TYPE DECIMAL(38, 6);

-- Weeks and months are sums of days, so they cannot disagree with them.
CREATE VIEW mart.metric_weekly AS
SELECT m.workspace, m.date - CAST((isodow(m.date) - w.week_starts_on + 7) % 7 AS INTEGER) AS week_date,
    m.channel, m.source, m.campaign,
    sum(sessions) AS sessions,
    sum(engaged_sessions) AS engaged_sessions,
    sum(pageviews) AS pageviews,
    sum(session_seconds) AS session_seconds,
    sum(key_events) AS key_events,
    sum(impressions) AS impressions,
    sum(clicks) AS clicks,
    sum(platform_conversions) AS platform_conversions,
    sum(leads) AS leads,
    sum(mqls) AS mqls,
    sum(sqls) AS sqls,
    sum(opportunities) AS opportunities,
    sum(customers) AS customers,
    sum(orders) AS orders,
    sum(revenue) AS revenue,
    sum(refunds) AS refunds,
    sum(chargebacks) AS chargebacks,
    sum(cost) AS cost
FROM mart.metric_daily AS m JOIN ops.workspace AS w USING (workspace)
GROUP BY ALL;

CREATE VIEW mart.metric_monthly AS
SELECT workspace, CAST(date_trunc('month', date) AS DATE) AS month_date, channel, source, campaign,
    sum(sessions) AS sessions,
    sum(engaged_sessions) AS engaged_sessions,
    sum(pageviews) AS pageviews,
    sum(session_seconds) AS session_seconds,
    sum(key_events) AS key_events,
    sum(impressions) AS impressions,
    sum(clicks) AS clicks,
    sum(platform_conversions) AS platform_conversions,
    sum(leads) AS leads,
    sum(mqls) AS mqls,
    sum(sqls) AS sqls,
    sum(opportunities) AS opportunities,
    sum(customers) AS customers,
    sum(orders) AS orders,
    sum(revenue) AS revenue,
    sum(refunds) AS refunds,
    sum(chargebacks) AS chargebacks,
    sum(cost) AS cost
FROM mart.metric_daily
GROUP BY ALL;
