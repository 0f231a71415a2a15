-- Table: core.target
-- Grain: calendar month, metric
-- Inputs: page, a dropped file with month (2026-11), metric, amount
-- Late data: a re-dropped file replaces the months and metrics it names
WITH record AS (
    SELECT page_no, record_no, from_json(body, '{"month": "VARCHAR", "metric": "VARCHAR", "amount": "VARCHAR"}') AS r FROM page
)

SELECT
    tidy_month(r.month) AS month_date,
    lower(trim(r.metric)) AS metric,
    tidy_number(r.amount) AS amount,
    page_no,
    record_no,
    problems([
        needed('month', r.month),
        CASE WHEN NOT is_unknown(r.month) AND tidy_month(r.month) IS NULL THEN 'month: "' || left(r.month, 80) || '" is not a month such as 2026-11' END,
        required('metric', r.metric),
        needed('amount', r.amount),
        bad_number('amount', r.amount)
    ]) AS problem
FROM record
