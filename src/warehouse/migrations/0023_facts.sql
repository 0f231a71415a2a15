-- The contracts of facts as last applied: the data dictionary of the database.
-- Grain: fact. `fingerprint` is of the whole contract: an equal one needs nothing. `adds_fingerprint` is of what it
-- adds to the metrics: where that changes, the days of the fact are due.
CREATE TABLE ops.fact (
    fact VARCHAR NOT NULL, about VARCHAR NOT NULL, day_column VARCHAR, hour_column VARCHAR,
    key_columns VARCHAR[] NOT NULL, dimensions VARCHAR[] NOT NULL, measures VARCHAR[] NOT NULL,
    is_kept BOOLEAN NOT NULL, is_built_in BOOLEAN NOT NULL, file VARCHAR, fingerprint VARCHAR NOT NULL, adds_fingerprint VARCHAR
);

-- Grain: fact, column.
CREATE TABLE ops.fact_column (
    fact VARCHAR NOT NULL, column_name VARCHAR NOT NULL, position INTEGER NOT NULL, type VARCHAR NOT NULL,
    unit VARCHAR, about VARCHAR NOT NULL, is_required BOOLEAN NOT NULL, min_value VARCHAR, max_value VARCHAR, format VARCHAR,
    personal VARCHAR
);

-- The unified metrics by hour of the workspace's day, of facts that have hours. Kept for 35 days.
CREATE TABLE mart.metric_hourly (
    workspace VARCHAR NOT NULL, date DATE NOT NULL, hour INTEGER NOT NULL, channel VARCHAR NOT NULL,
    source VARCHAR NOT NULL, campaign VARCHAR NOT NULL
);

-- What the unified metrics of a workspace were last computed by: rules of channels and queries of the installation.
-- Where that changes, every day is due. `changed_date`: the day it last did; null until it does.
CREATE TABLE ops.rollup_state (
    workspace VARCHAR NOT NULL, fingerprint VARCHAR NOT NULL, changed_date DATE
);
