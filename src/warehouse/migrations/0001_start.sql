-- The first shape of the warehouse: facts as vendors state them (core), what they said before
-- (history), what reports read (mart) and the books of the daemon itself (ops).
--
-- Facts carry no primary keys: an index on every fact costs more than the load itself. A load
-- keeps its key unique within its transaction, and jobs/checks/ proves it.

CREATE SCHEMA core;
CREATE SCHEMA history;
CREATE SCHEMA mart;
CREATE SCHEMA ops;

-- Web analytics by source, medium, campaign, device, country and day of the property's zone.
CREATE TABLE core.web_daily (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    property_id VARCHAR NOT NULL, date DATE NOT NULL,
    source VARCHAR NOT NULL, medium VARCHAR NOT NULL, campaign VARCHAR NOT NULL,
    device VARCHAR NOT NULL, country VARCHAR NOT NULL,
    sessions BIGINT NOT NULL, engaged_sessions BIGINT NOT NULL, pageviews BIGINT NOT NULL,
    session_seconds DECIMAL(18, 3) NOT NULL, key_events DECIMAL(18, 6) NOT NULL,
    load_id VARCHAR NOT NULL
);

-- Distinct visitors of a property and day: not additive, so kept apart from the grain above.
CREATE TABLE core.web_visitors_daily (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    property_id VARCHAR NOT NULL, date DATE NOT NULL,
    visitors BIGINT NOT NULL, new_visitors BIGINT NOT NULL,
    load_id VARCHAR NOT NULL
);

-- Paid advertising by account, campaign and day of the account's zone; '' where not split.
CREATE TABLE core.ad_daily (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    account_id VARCHAR NOT NULL, campaign_id VARCHAR NOT NULL, campaign_name VARCHAR NOT NULL,
    campaign_status VARCHAR NOT NULL, campaign_type VARCHAR NOT NULL,
    ad_group_id VARCHAR NOT NULL, ad_id VARCHAR NOT NULL,
    device VARCHAR NOT NULL, country VARCHAR NOT NULL, date DATE NOT NULL,
    -- How the campaign's visits show up in web analytics, so that both meet in one row.
    source VARCHAR NOT NULL, medium VARCHAR NOT NULL, currency VARCHAR NOT NULL,
    impressions BIGINT NOT NULL, clicks BIGINT NOT NULL, cost DECIMAL(18, 6) NOT NULL,
    conversions DECIMAL(18, 6) NOT NULL, conversion_value DECIMAL(18, 6) NOT NULL,
    load_id VARCHAR NOT NULL
);

-- People known to the CRM. `person_key` is a keyed hash of the e-mail address, never the address.
CREATE TABLE core.contact (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    contact_id VARCHAR NOT NULL, person_key VARCHAR,
    created_at TIMESTAMP NOT NULL, created_date DATE NOT NULL, modified_at TIMESTAMP NOT NULL,
    lifecycle_stage VARCHAR, source VARCHAR NOT NULL, medium VARCHAR NOT NULL, campaign VARCHAR NOT NULL,
    merged_contact_ids VARCHAR[] NOT NULL,
    load_id VARCHAR NOT NULL
);

-- When a contact entered a lifecycle stage, one row a stage.
CREATE TABLE core.contact_stage (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    contact_id VARCHAR NOT NULL, stage VARCHAR NOT NULL,
    entered_at TIMESTAMP NOT NULL, entered_date DATE NOT NULL,
    load_id VARCHAR NOT NULL
);

-- Deals as they stand.
CREATE TABLE core.deal (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    deal_id VARCHAR NOT NULL, name VARCHAR NOT NULL, pipeline VARCHAR, stage VARCHAR,
    amount DECIMAL(18, 6), currency VARCHAR,
    source VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL, created_date DATE NOT NULL, modified_at TIMESTAMP NOT NULL,
    closed_at TIMESTAMP, closed_date DATE, is_closed BOOLEAN NOT NULL, is_won BOOLEAN NOT NULL,
    load_id VARCHAR NOT NULL
);

-- Payments taken, in the currency the customer paid. `amount` is what was captured, before refunds.
CREATE TABLE core.payment (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    payment_id VARCHAR NOT NULL, customer_id VARCHAR, person_key VARCHAR,
    created_at TIMESTAMP NOT NULL, date DATE NOT NULL,
    status VARCHAR NOT NULL, is_captured BOOLEAN NOT NULL, is_disputed BOOLEAN NOT NULL,
    amount DECIMAL(18, 6) NOT NULL, currency VARCHAR NOT NULL,
    source VARCHAR, medium VARCHAR, campaign VARCHAR,
    load_id VARCHAR NOT NULL
);

-- Money given back, dated by the refund.
CREATE TABLE core.refund (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    refund_id VARCHAR NOT NULL, payment_id VARCHAR,
    created_at TIMESTAMP NOT NULL, date DATE NOT NULL,
    status VARCHAR NOT NULL, reason VARCHAR, amount DECIMAL(18, 6) NOT NULL, currency VARCHAR NOT NULL,
    load_id VARCHAR NOT NULL
);

-- The payment provider's own ledger: signed amounts in the settlement currency.
CREATE TABLE core.ledger_entry (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    entry_id VARCHAR NOT NULL, subject_id VARCHAR, category VARCHAR NOT NULL, status VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL, date DATE NOT NULL,
    amount DECIMAL(18, 6) NOT NULL, fee DECIMAL(18, 6) NOT NULL, net DECIMAL(18, 6) NOT NULL,
    currency VARCHAR NOT NULL, exchange_rate DECIMAL(18, 9),
    load_id VARCHAR NOT NULL
);

-- Subscriptions as they stand, with their monthly recurring value (0 while it does not count).
CREATE TABLE core.subscription (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    subscription_id VARCHAR NOT NULL, customer_id VARCHAR, status VARCHAR NOT NULL,
    started_at TIMESTAMP NOT NULL, counts_from_date DATE NOT NULL, ended_at TIMESTAMP, ended_date DATE,
    is_paused BOOLEAN NOT NULL, mrr DECIMAL(18, 6) NOT NULL, currency VARCHAR NOT NULL,
    load_id VARCHAR NOT NULL
);

-- Creator posts and their cost, from dropped files; unknown counts are null, not zero.
CREATE TABLE core.influencer_post (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    platform VARCHAR NOT NULL, handle VARCHAR NOT NULL, campaign VARCHAR NOT NULL,
    post_key VARCHAR NOT NULL, posted_date DATE NOT NULL, content_type VARCHAR,
    followers BIGINT, impressions BIGINT, reach BIGINT, views BIGINT, likes BIGINT, comments BIGINT,
    shares BIGINT, saves BIGINT, clicks BIGINT,
    fee DECIMAL(18, 6), product_cost DECIMAL(18, 6), currency VARCHAR,
    discount_code VARCHAR, conversions BIGINT, revenue DECIMAL(18, 6), metrics_as_of DATE,
    load_id VARCHAR NOT NULL
);

-- Conversions that happened away from the web, from dropped files.
CREATE TABLE core.offline_conversion (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    conversion_id VARCHAR NOT NULL, date DATE NOT NULL, kind VARCHAR NOT NULL,
    source VARCHAR NOT NULL, medium VARCHAR NOT NULL, campaign VARCHAR NOT NULL,
    amount DECIMAL(18, 6), currency VARCHAR,
    load_id VARCHAR NOT NULL
);

-- Money planned for a channel in a calendar month (`month_date` is its first day).
CREATE TABLE core.budget (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    month_date DATE NOT NULL, channel VARCHAR NOT NULL, amount DECIMAL(18, 6) NOT NULL, currency VARCHAR NOT NULL,
    load_id VARCHAR NOT NULL
);

-- What a metric should reach in a calendar month (`month_date` is its first day).
CREATE TABLE core.target (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    month_date DATE NOT NULL, metric VARCHAR NOT NULL, amount DECIMAL(18, 6) NOT NULL,
    load_id VARCHAR NOT NULL
);

-- Exchange rates: units of `currency` for one euro, as the ECB states them.
CREATE TABLE core.fx_rate (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    date DATE NOT NULL, currency VARCHAR NOT NULL, rate DECIMAL(18, 9) NOT NULL,
    load_id VARCHAR NOT NULL
);
