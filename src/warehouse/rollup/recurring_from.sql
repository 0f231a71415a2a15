-- Relation: the days to compute recurring revenue for, (workspace, first_date, last_date)
-- Grain: workspace
-- Inputs: due(workspace, today, is_new, first_date, last_date), value_moved(workspace, date), rate_moved(workspace, date);
--   mart.mrr_daily, ops.touched_day, ops.load; the first day whose facts are kept, as the only parameter
-- Late data: from the first day on which a value or rate moved; facts may lie ahead of today, when what recurs then is
--   not known yet
WITH known AS (
    SELECT r.workspace, max(r.date) AS date FROM mart.mrr_daily AS r JOIN due AS d USING (workspace)
    WHERE r.date <= d.today GROUP BY r.workspace
),

-- Days that no load touched: they were asked for, or what they are computed by was edited.
forced AS (
    SELECT t.workspace, min(t.date) AS date FROM ops.touched_day AS t SEMI JOIN due USING (workspace)
    WHERE t.load_id <> 'fx' AND t.load_id NOT IN (SELECT load_id FROM ops.load)
    GROUP BY t.workspace
),

moved AS (
    SELECT workspace, min(date) AS date FROM (
        SELECT workspace, date FROM value_moved
        UNION ALL SELECT workspace, date FROM rate_moved
        UNION ALL SELECT workspace, date FROM forced)
    GROUP BY workspace
)

SELECT d.workspace,
    greatest(CAST(? AS DATE), CASE WHEN d.is_new OR k.date IS NULL THEN d.first_date
        ELSE greatest(d.first_date, least(k.date, coalesce(m.date, k.date))) END) AS first_date,
    least(d.last_date, d.today) AS last_date
FROM due AS d
LEFT JOIN known AS k USING (workspace)
LEFT JOIN moved AS m USING (workspace)
WHERE d.first_date IS NOT NULL
