-- Relation: what a unit of each currency was worth in a workspace's own, by day
-- Grain: workspace, date, currency
-- Inputs: due(workspace, currency, first_date, last_date); used_currency(workspace, currency); core.fx_rate; ops.dropped_file;
--   ops.rate_source
-- Late data: computed as a whole for a workspace; a day without a rate has the last earlier one, and is_carried
-- Of several rates of a day a dropped file's counts: somebody meant it. README says so.
WITH stated AS (
    SELECT u.workspace, f.currency, f.date,
        arg_max(f.rate, {'is_dropped': (f.workspace, f.connection) IN (SELECT (workspace, connection) FROM ops.dropped_file),
            'connection': f.connection}) AS rate
    FROM used_currency AS u LEFT JOIN ops.rate_source AS s USING (workspace)
    JOIN core.fx_rate AS f ON f.workspace = coalesce(s.source, u.workspace) AND f.currency = u.currency
    GROUP BY ALL
),

-- Each holds until the day before the next.
held AS (
    SELECT *, coalesce(lead(date) OVER (PARTITION BY workspace, currency ORDER BY date) - 1, DATE '9999-12-31') AS until_date
    FROM stated
),

-- Units for one euro, which all stated rates are against. Joined by days, not by ranges: DuckDB 1.5.5 compares every
-- row with every other for an ASOF join that it takes for a small one.
known AS (
    SELECT h.workspace, h.currency, CAST(day AS DATE) AS date, h.rate, CAST(day AS DATE) <> h.date AS is_carried
    FROM held AS h
    JOIN due AS d USING (workspace),
        unnest(generate_series(CAST(greatest(h.date, d.first_date) AS TIMESTAMP), CAST(least(h.until_date, d.last_date) AS TIMESTAMP), INTERVAL 1 DAY)) AS s(day)
    WHERE h.currency <> 'EUR' AND d.first_date IS NOT NULL
    UNION ALL
    SELECT d.workspace, 'EUR', CAST(day AS DATE), 1, false
    FROM due AS d, unnest(generate_series(CAST(d.first_date AS TIMESTAMP), CAST(d.last_date AS TIMESTAMP), INTERVAL 1 DAY)) AS s(day)
),

-- In whole billionths, to the nearest, half away from zero: a division of decimals would be one of doubles.
billionths AS (
    SELECT f.workspace, f.date, f.currency, f.is_carried OR t.is_carried AS is_carried,
        CAST(CAST(f.rate AS DECIMAL(38, 9)) * 1000000000 AS HUGEINT) AS from_rate,
        CAST(CAST(t.rate AS DECIMAL(38, 9)) * 1000000000 AS HUGEINT) AS to_rate
    FROM known AS f
    JOIN due AS d ON d.workspace = f.workspace AND d.currency <> f.currency
    JOIN known AS t ON t.workspace = f.workspace AND t.currency = d.currency AND t.date = f.date
),

crossed AS (
    SELECT workspace, date, currency, is_carried,
        CASE WHEN from_rate > 0 THEN (to_rate * 2000000000 + from_rate) // (2 * from_rate) END AS rate
    FROM billionths
)

-- No two currencies are a hundred million apart: such a rate is a slip, and told as missing.
SELECT workspace, date, currency,
    CAST(CAST(rate AS DECIMAL(38, 0)) * CAST(0.000000001 AS DECIMAL(9, 9)) AS DECIMAL(18, 9)) AS rate, is_carried
FROM crossed
WHERE rate < 100000000000000000
UNION ALL
SELECT d.workspace, CAST(day AS DATE), d.currency, 1, false
FROM due AS d, unnest(generate_series(CAST(d.first_date AS TIMESTAMP), CAST(d.last_date AS TIMESTAMP), INTERVAL 1 DAY)) AS s(day)
