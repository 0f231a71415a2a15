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
        required('month', r.month),
        CASE WHEN tidy_month(r.month) IS NULL THEN 'month: "' || left(r.month, 80) || '" is not a month such as 2026-11' END,
        required('metric', r.metric),
        CASE WHEN is_unknown(r.amount) THEN 'amount is missing' END,
        bad_number('amount', r.amount)
    ]) AS problem
FROM record
