-- Table: ops.workspace, and due(workspace, time_zone, currency, today, is_new, first_date, last_date)
-- Grain: workspace
-- Inputs: asked(workspace, name, time_zone, currency, week_starts_on, today); rate_source_moved(workspace); ops.touched_day, ops.workspace,
--   mart.subscription_value, mart.mrr_daily
-- Late data: facts and own rates alike leave a touched day behind when they change; another currency is no load, nor is
--   a day that begins while subscriptions go on
CREATE OR REPLACE TEMP TABLE due AS
WITH other_currency AS (
    SELECT a.workspace FROM asked AS a JOIN ops.workspace AS w USING (workspace) WHERE w.currency <> a.currency
),

running AS (
    SELECT DISTINCT v.workspace
    FROM mart.subscription_value AS v
    JOIN asked AS a USING (workspace)
    WHERE v.from_date <= a.today AND (v.until_date IS NULL OR v.until_date > a.today)
),

known AS (
    SELECT r.workspace FROM mart.mrr_daily AS r JOIN asked AS a USING (workspace)
    GROUP BY r.workspace HAVING max(r.date) >= any_value(a.today)
)

SELECT a.workspace, a.time_zone, a.currency, a.today, o.workspace IS NOT NULL AS is_new,
    CAST(NULL AS DATE) AS first_date, CAST(NULL AS DATE) AS last_date
FROM asked AS a
LEFT JOIN other_currency AS o USING (workspace)
WHERE o.workspace IS NOT NULL
    OR a.workspace IN (SELECT workspace FROM ops.touched_day)
    OR a.workspace IN (FROM rate_source_moved)
    OR (a.workspace IN (FROM running) AND a.workspace NOT IN (FROM known));

UPDATE ops.workspace AS w
SET name = a.name, time_zone = a.time_zone, currency = a.currency, week_starts_on = a.week_starts_on
FROM asked AS a
WHERE a.workspace = w.workspace
    AND (a.name, a.time_zone, a.currency, a.week_starts_on) IS DISTINCT FROM (w.name, w.time_zone, w.currency, w.week_starts_on);
INSERT INTO ops.workspace BY NAME
SELECT workspace, name, time_zone, currency, week_starts_on FROM asked ANTI JOIN ops.workspace USING (workspace);

DROP TABLE asked
