-- Table: core.fx_rate
-- Grain: day, currency; units of the currency for one euro
-- Inputs: page, a dropped file with date, currency, rate
-- Late data: a re-dropped file replaces the days it names
WITH record AS (
    SELECT page_no, record_no, from_json(body, '{"date": "VARCHAR", "currency": "VARCHAR", "rate": "VARCHAR"}') AS r FROM page
)

SELECT
    tidy_date(r.date) AS date,
    tidy_currency(r.currency) AS currency,
    tidy_rate(r.rate) AS rate,
    page_no,
    record_no,
    problems([
        needed('date', r.date),
        bad_day('date', r.date),
        needed('currency', r.currency),
        bad_currency('currency', r.currency),
        needed('rate', r.rate),
        CASE WHEN NOT is_unknown(r.rate) AND (tidy_rate(r.rate) IS NULL OR tidy_rate(r.rate) <= 0)
             THEN 'rate: "' || left(r.rate, 80) || '" is not a rate above zero' END
    ]) AS problem
FROM record
