-- Table: core.fx_rate
-- Grain: day, currency; units of the currency for one euro
-- Inputs: page, a dropped file with date, currency, rate
-- Late data: a re-dropped file replaces the days it names
WITH record AS (
    SELECT page_no, record_no, from_json(body, '{"date": "VARCHAR", "currency": "VARCHAR", "rate": "VARCHAR"}') AS r FROM page
)

SELECT
    tidy_date(r.date) AS date,
    upper(trim(r.currency)) AS currency,
    TRY_CAST(trim(r.rate) AS DECIMAL(18, 9)) AS rate,
    page_no,
    record_no,
    problems([
        required('date', r.date),
        bad_day('date', r.date),
        required('currency', r.currency),
        CASE WHEN NOT regexp_matches(trim(r.currency), '^[A-Za-z]{3}$') THEN 'currency: "' || left(r.currency, 80) || '" is not a code' END,
        required('rate', r.rate),
        CASE WHEN TRY_CAST(trim(r.rate) AS DECIMAL(18, 9)) IS NULL OR TRY_CAST(trim(r.rate) AS DECIMAL(18, 9)) <= 0
             THEN 'rate: "' || left(r.rate, 80) || '" is not a rate above zero' END
    ]) AS problem
FROM record
