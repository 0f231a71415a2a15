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
             THEN 'rate: "' || left(r.rate, 80) || '" is not a rate above zero' END,
        -- Held against what is known of the days about it, and against currencies of which a euro buys many.
        CASE WHEN tidy_rate(r.rate) > 0 AND (
                 EXISTS (
                     SELECT 1 FROM core.fx_rate AS k
                     WHERE k.workspace = getvariable('workspace') AND k.currency = tidy_currency(r.currency)
                         AND k.date BETWEEN tidy_date(r.date) - 7 AND tidy_date(r.date) + 7
                         AND abs(CAST(tidy_rate(r.rate) AS DOUBLE) * CAST(k.rate AS DOUBLE) - 1) < 0.05
                         AND abs(CAST(tidy_rate(r.rate) AS DOUBLE) / CAST(k.rate AS DOUBLE) - 1) > 0.05)
                 OR strpos(' JPY KRW SEK NOK DKK CZK HUF PLN INR CNY TRY MXN ZAR THB PHP ISK ', ' ' || tidy_currency(r.currency) || ' ') > 0
                     AND tidy_rate(r.rate) < 1)
             THEN 'rate: "' || left(r.rate, 80) || '" seems to be euros for one ' || tidy_currency(r.currency)
                 || ': a rate is what one euro buys; write 1 divided by it' END
    ]) AS problem
FROM record
