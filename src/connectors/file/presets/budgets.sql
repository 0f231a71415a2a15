-- Table: core.budget
-- Grain: calendar month, channel
-- Inputs: page, a dropped file with month (2026-11), channel, amount, currency
-- Late data: a re-dropped file replaces the months and channels it names
WITH record AS (
    SELECT page_no, record_no, from_json(body, '{"month": "VARCHAR", "channel": "VARCHAR", "amount": "VARCHAR", "currency": "VARCHAR"}') AS r FROM page
)

SELECT
    tidy_month(r.month) AS month_date,
    lower(trim(r.channel)) AS channel,
    tidy_number(r.amount) AS amount,
    coalesce(tidy_currency(r.currency), getvariable('currency')) AS currency,
    page_no,
    record_no,
    problems([
        needed('month', r.month),
        CASE WHEN NOT is_unknown(r.month) AND tidy_month(r.month) IS NULL THEN 'month: "' || left(r.month, 80) || '" is not a month such as 2026-11' END,
        required('channel', r.channel),
        needed('amount', r.amount),
        bad_number('amount', r.amount),
        bad_currency('currency', r.currency)
    ]) AS problem
FROM record
