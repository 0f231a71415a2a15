-- Table: core.offline_conversion
-- Grain: conversion away from the web
-- Inputs: page, a dropped file with conversion_id, date, kind, utm_source, utm_medium, utm_campaign, amount, currency
-- Late data: a re-dropped file replaces the conversions it names
WITH record AS (
    SELECT
        page_no,
        record_no,
        from_json(body, '{"conversion_id": "VARCHAR", "date": "VARCHAR", "kind": "VARCHAR", "utm_source": "VARCHAR",
            "utm_medium": "VARCHAR", "utm_campaign": "VARCHAR", "amount": "VARCHAR", "currency": "VARCHAR"}') AS r
    FROM page
)

SELECT
    trim(r.conversion_id) AS conversion_id,
    tidy_date(r.date) AS date,
    coalesce(lower(trim(r.kind)), 'conversion') AS kind,
    -- In lower case, as web analytics shows the same tags.
    coalesce(lower(r.utm_source), 'offline') AS source,
    coalesce(lower(r.utm_medium), 'offline') AS medium,
    coalesce(r.utm_campaign, '') AS campaign,
    tidy_number(r.amount) AS amount,
    tidy_currency(r.currency) AS currency,
    page_no,
    record_no,
    problems([
        required('conversion_id', r.conversion_id),
        needed('date', r.date),
        bad_day('date', r.date),
        bad_number('amount', r.amount),
        bad_currency('currency', r.currency),
        CASE WHEN is_unknown(r.currency) AND NOT is_unknown(r.amount) THEN 'currency is missing beside an amount' END
    ]) AS problem
FROM record
