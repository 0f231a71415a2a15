-- Sessions by the page they began on and day of the property's zone. `page` is a path without its query.
CREATE TABLE core.page_daily (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    property_id VARCHAR NOT NULL, date DATE NOT NULL, page VARCHAR NOT NULL,
    sessions BIGINT NOT NULL, engaged_sessions BIGINT NOT NULL, pageviews BIGINT NOT NULL,
    key_events DECIMAL(38, 6) NOT NULL,
    load_id VARCHAR NOT NULL
);

CREATE TABLE history.page_daily AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.page_daily LIMIT 0;
