-- Relation: what a unit of each currency was worth in a workspace's own, by day
-- Grain: workspace, date, currency
-- Inputs: due(workspace, currency, first_date, last_date); used_currency(workspace, currency); core.fx_rate
-- Late data: computed as a whole for a workspace; a day without a rate has the last earlier one, and is_carried
WITH stated AS (
    SELECT f.workspace, f.currency, f.date, arg_max(f.rate, f.connection) AS rate
    FROM core.fx_rate AS f SEMI JOIN due USING (workspace)
    GROUP BY ALL
),

wanted AS (
    SELECT d.workspace, u.currency, d.currency AS own, CAST(day AS DATE) AS date
    FROM due AS d
    JOIN used_currency AS u USING (workspace),
        unnest(generate_series(CAST(d.first_date AS TIMESTAMP), CAST(d.last_date AS TIMESTAMP), INTERVAL 1 DAY)) AS s(day)
),

-- One euro is the base of all stated rates.
valued AS (
    SELECT w.workspace, w.date, w.currency, w.own,
        CASE WHEN w.currency = 'EUR' THEN 1 ELSE f.rate END AS from_rate,
        CASE WHEN w.own = 'EUR' THEN 1 ELSE t.rate END AS to_rate,
        (w.currency <> 'EUR' AND f.date <> w.date) OR (w.own <> 'EUR' AND t.date <> w.date) AS is_carried
    FROM wanted AS w
    ASOF LEFT JOIN stated AS f ON f.workspace = w.workspace AND f.currency = w.currency AND f.date <= w.date
    ASOF LEFT JOIN stated AS t ON t.workspace = w.workspace AND t.currency = w.own AND t.date <= w.date
),

-- In whole billionths, to the nearest, half away from zero: a division of decimals would be one of doubles.
billionths AS (
    SELECT workspace, date, currency, is_carried, currency = own AS is_own,
        CAST(CAST(from_rate AS DECIMAL(38, 9)) * 1000000000 AS HUGEINT) AS from_rate,
        CAST(CAST(to_rate AS DECIMAL(38, 9)) * 1000000000 AS HUGEINT) AS to_rate
    FROM valued
),

crossed AS (
    SELECT workspace, date, currency, NOT is_own AND is_carried AS is_carried,
        CASE WHEN is_own THEN CAST(1000000000 AS HUGEINT)
             WHEN from_rate > 0 THEN (to_rate * 2000000000 + from_rate) // (2 * from_rate) END AS rate
    FROM billionths
)

-- No two currencies are a hundred million apart: such a rate is a slip, and told as missing.
SELECT workspace, date, currency, CAST(CAST(rate AS DECIMAL(38, 0)) * CAST(0.000000001 AS DECIMAL(9, 9)) AS DECIMAL(18, 9)) AS rate, is_carried
FROM crossed
WHERE rate < 100000000000000000
