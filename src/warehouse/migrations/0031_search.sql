-- Searches that showed a site: totals of a day, and what they consist of.
CREATE TABLE core.search_daily (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    engine VARCHAR NOT NULL, site VARCHAR NOT NULL, search_type VARCHAR NOT NULL, date DATE NOT NULL,
    aggregation VARCHAR NOT NULL, is_final BOOLEAN NOT NULL,
    clicks BIGINT NOT NULL, impressions BIGINT NOT NULL, ctr DECIMAL(18, 9), position DECIMAL(18, 6),
    load_id VARCHAR NOT NULL
);

CREATE TABLE core.search_part_daily (
    workspace VARCHAR NOT NULL, connection VARCHAR NOT NULL,
    engine VARCHAR NOT NULL, site VARCHAR NOT NULL, search_type VARCHAR NOT NULL, date DATE NOT NULL,
    part VARCHAR NOT NULL, value VARCHAR NOT NULL, is_rest BOOLEAN NOT NULL, is_brand BOOLEAN,
    aggregation VARCHAR NOT NULL, is_final BOOLEAN NOT NULL,
    clicks BIGINT NOT NULL, impressions BIGINT, ctr DECIMAL(18, 9), position DECIMAL(18, 6),
    load_id VARCHAR NOT NULL
);

CREATE TABLE history.search_daily AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.search_daily LIMIT 0;
CREATE TABLE history.search_part_daily AS SELECT *, ''::VARCHAR AS superseded_by, NULL::TIMESTAMP AS superseded_at FROM core.search_part_daily LIMIT 0;
