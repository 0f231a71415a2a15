-- Table: core.target
-- Grain: calendar month, metric
-- Inputs: page, with the fields of a dropped file as texts and what is wrong with a row
-- Late data: a newer file replaces the months and metrics it names
SELECT
    TRY_CAST(month AS DATE) AS month_date,
    lower(metric) AS metric,
    TRY_CAST(amount AS DECIMAL(18, 6)) AS amount,
    page_no,
    record_no,
    problems([problem, bad_date('month', month), bad_decimal('amount', amount)]) AS problem
FROM page
