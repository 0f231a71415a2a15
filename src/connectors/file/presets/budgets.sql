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
    upper(coalesce(trim(r.currency), getvariable('currency'))) AS currency,
    page_no,
    record_no,
    problems([
        required('month', r.month),
        CASE WHEN tidy_month(r.month) IS NULL THEN 'month: "' || left(r.month, 80) || '" is not a month such as 2026-11' END,
        required('channel', r.channel),
        CASE WHEN is_unknown(r.amount) THEN 'amount is missing' END,
        bad_number('amount', r.amount)
    ]) AS problem
FROM record
