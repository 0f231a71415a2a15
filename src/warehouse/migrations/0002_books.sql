-- The books of the daemon (ops), what facts said before (history), and what reports read (mart).

-- What a newer load replaced: the row as it was, and the load that took its place.
CREATE TABLE history.web_daily AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.web_daily LIMIT 0;
CREATE TABLE history.web_visitors_daily AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.web_visitors_daily LIMIT 0;
CREATE TABLE history.ad_daily AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.ad_daily LIMIT 0;
CREATE TABLE history.contact AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.contact LIMIT 0;
CREATE TABLE history.contact_stage AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.contact_stage LIMIT 0;
CREATE TABLE history.deal AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.deal LIMIT 0;
CREATE TABLE history.payment AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.payment LIMIT 0;
CREATE TABLE history.refund AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.refund LIMIT 0;
CREATE TABLE history.ledger_entry AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.ledger_entry LIMIT 0;
CREATE TABLE history.subscription AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.subscription LIMIT 0;
CREATE TABLE history.influencer_post AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.influencer_post LIMIT 0;
CREATE TABLE history.offline_conversion AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.offline_conversion LIMIT 0;
CREATE TABLE history.budget AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.budget LIMIT 0;
CREATE TABLE history.target AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.target LIMIT 0;
CREATE TABLE history.fx_rate AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.fx_rate LIMIT 0;

-- Tenants as configured, so that SQL knows their zone, currency and week.
CREATE TABLE ops.workspace (
    workspace VARCHAR NOT NULL PRIMARY KEY, name VARCHAR NOT NULL, time_zone VARCHAR NOT NULL,
    currency VARCHAR NOT NULL, week_starts_on INTEGER NOT NULL -- ISO: 1 is Monday
);

-- One row a load of a slice: what came, what became of it.
CREATE TABLE ops.load (
    load_id VARCHAR NOT NULL PRIMARY KEY,
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL, stream VARCHAR NOT NULL, slice VARCHAR NOT NULL,
    partition VARCHAR, window_start DATE, window_end DATE,
    fetched_at TIMESTAMP NOT NULL, loaded_at TIMESTAMP NOT NULL, manifest VARCHAR NOT NULL,
    pages BIGINT NOT NULL, bytes BIGINT NOT NULL,
    rows_read BIGINT NOT NULL, rows_written BIGINT NOT NULL, rows_unchanged BIGINT NOT NULL,
    rows_superseded BIGINT NOT NULL, rows_quarantined BIGINT NOT NULL,
    notes VARCHAR[] NOT NULL
);

-- Rows that could not be used, with the reason and what was received.
CREATE TABLE ops.quarantine (
    load_id VARCHAR NOT NULL, workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL, stream VARCHAR NOT NULL,
    slice VARCHAR NOT NULL, table_name VARCHAR NOT NULL, page_no INTEGER NOT NULL, record_no INTEGER NOT NULL,
    reason VARCHAR NOT NULL, raw VARCHAR
);

-- Which days of a stream have been read in full, by the newest load that did.
CREATE TABLE ops.coverage (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL, stream VARCHAR NOT NULL, partition VARCHAR NOT NULL,
    date DATE NOT NULL, load_id VARCHAR NOT NULL, covered_at TIMESTAMP NOT NULL, is_whole_day BOOLEAN NOT NULL
);

-- How far a stream has been read; the next sync goes on from here.
CREATE TABLE ops.cursor (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL, stream VARCHAR NOT NULL, partition VARCHAR NOT NULL,
    read_until TIMESTAMP NOT NULL, load_id VARCHAR NOT NULL
);

-- Days whose facts changed since the last rollup.
CREATE TABLE ops.touched_day (workspace VARCHAR NOT NULL, date DATE NOT NULL, load_id VARCHAR NOT NULL);

-- Fields seen in a stream's records; a new one is told in the load's notes.
CREATE TABLE ops.stream_field (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL, stream VARCHAR NOT NULL, field VARCHAR NOT NULL,
    load_id VARCHAR NOT NULL
);

-- What ran, when, and how it ended.
CREATE TABLE ops.run (
    run_id VARCHAR NOT NULL PRIMARY KEY, job VARCHAR NOT NULL, workspace VARCHAR, subject VARCHAR NOT NULL,
    started_at TIMESTAMP NOT NULL, ended_at TIMESTAMP, outcome VARCHAR NOT NULL, detail VARCHAR NOT NULL
);

-- Reports as issued: the document itself, so that it can be shown again.
CREATE TABLE ops.report (
    report_id VARCHAR NOT NULL PRIMARY KEY, workspace VARCHAR NOT NULL, report VARCHAR NOT NULL,
    period_start DATE NOT NULL, period_end DATE NOT NULL, issued_at TIMESTAMP NOT NULL, document VARCHAR NOT NULL
);

-- Where each printed figure comes from.
CREATE TABLE ops.receipt (
    receipt VARCHAR NOT NULL, report_id VARCHAR NOT NULL, workspace VARCHAR NOT NULL, path VARCHAR NOT NULL,
    metric VARCHAR NOT NULL, period_start DATE NOT NULL, period_end DATE NOT NULL, channel VARCHAR, campaign VARCHAR,
    value VARCHAR, text VARCHAR NOT NULL
);

-- Messages, born with their report; states: pending, claimed, accepted, failed, unknown.
CREATE TABLE ops.outbox (
    message_id VARCHAR NOT NULL, report_id VARCHAR NOT NULL, workspace VARCHAR NOT NULL, position INTEGER NOT NULL,
    route VARCHAR NOT NULL, payload BLOB NOT NULL, state VARCHAR NOT NULL, attempts INTEGER NOT NULL,
    created_at TIMESTAMP NOT NULL, claimed_at TIMESTAMP, ended_at TIMESTAMP, not_before TIMESTAMP, answer VARCHAR
);

-- Units of the workspace's currency for one unit of another, for each day: the rate of the day or
-- the last earlier one (`is_carried`).
CREATE TABLE mart.fx_cross (
    workspace VARCHAR NOT NULL, date DATE NOT NULL, currency VARCHAR NOT NULL, rate DECIMAL(18, 9) NOT NULL,
    is_carried BOOLEAN NOT NULL
);

-- The unified metric: one row a workspace, day, channel, source and campaign. Money in the
-- workspace's currency at the rate of its day.
CREATE TABLE mart.metric_daily (
    workspace VARCHAR NOT NULL, date DATE NOT NULL, channel VARCHAR NOT NULL, source VARCHAR NOT NULL,
    campaign VARCHAR NOT NULL,
    sessions BIGINT NOT NULL, engaged_sessions BIGINT NOT NULL, pageviews BIGINT NOT NULL,
    session_seconds DECIMAL(18, 3) NOT NULL, key_events DECIMAL(18, 6) NOT NULL,
    impressions BIGINT NOT NULL, clicks BIGINT NOT NULL, platform_conversions DECIMAL(18, 6) NOT NULL,
    leads BIGINT NOT NULL, mqls BIGINT NOT NULL, sqls BIGINT NOT NULL, opportunities BIGINT NOT NULL,
    customers BIGINT NOT NULL, orders BIGINT NOT NULL,
    revenue DECIMAL(18, 6) NOT NULL, refunds DECIMAL(18, 6) NOT NULL, cost DECIMAL(18, 6) NOT NULL
);

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
    sum(cost) AS cost
FROM mart.metric_daily
GROUP BY ALL;

-- Monthly recurring revenue at the end of each day, in the workspace's currency.
CREATE TABLE mart.mrr_daily (
    workspace VARCHAR NOT NULL, date DATE NOT NULL, mrr DECIMAL(18, 6) NOT NULL, subscriptions BIGINT NOT NULL
);
