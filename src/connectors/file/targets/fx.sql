-- Table: core.fx_rate
-- Grain: day, currency; units of the currency for one euro
-- Inputs: page, with the fields of a dropped file as texts and what is wrong with a row; core.fx_rate
-- Late data: a newer file replaces the days it names
SELECT
    TRY_CAST(date AS DATE) AS date,
    currency,
    TRY_CAST(rate AS DECIMAL(18, 9)) AS rate,
    page_no,
    record_no,
    problems([
        problem,
        bad_date('date', date),
        CASE WHEN rate IS NOT NULL AND coalesce(TRY_CAST(rate AS DECIMAL(18, 9)) <= 0, true)
             THEN 'rate: "' || left(rate, 80) || '" is not a rate above zero' END,
        -- Held against what is known of the days about it, and against currencies of which a euro buys many.
        CASE WHEN TRY_CAST(rate AS DECIMAL(18, 9)) > 0 AND (
                 EXISTS (
                     SELECT 1 FROM core.fx_rate AS k
                     WHERE k.workspace = getvariable('workspace') AND k.currency = page.currency
                         AND k.date BETWEEN TRY_CAST(page.date AS DATE) - 7 AND TRY_CAST(page.date AS DATE) + 7
                         AND abs(TRY_CAST(page.rate AS DOUBLE) * CAST(k.rate AS DOUBLE) - 1) < 0.05
                         AND abs(TRY_CAST(page.rate AS DOUBLE) / CAST(k.rate AS DOUBLE) - 1) > 0.05)
                 OR strpos(' JPY KRW SEK NOK DKK CZK HUF PLN INR CNY TRY MXN ZAR THB PHP ISK ', ' ' || currency || ' ') > 0
                     AND TRY_CAST(rate AS DOUBLE) < 1)
             THEN 'rate: "' || left(rate, 80) || '" seems to be euros for one ' || currency
                 || ', or what is held of these days is: a rate is what one euro buys; write 1 divided by it' END
    ]) AS problem
FROM page
