-- Table: core.offline_conversion
-- Grain: conversion away from the web
-- Inputs: page, with the fields of a dropped file as texts and what is wrong with a row
-- Late data: a newer file replaces the conversions it names
SELECT
    conversion_id,
    TRY_CAST(date AS DATE) AS date,
    coalesce(lower(kind), 'conversion') AS kind,
    -- In lower case, as web analytics shows the same tags.
    coalesce(lower(utm_source), 'offline') AS source,
    coalesce(lower(utm_medium), 'offline') AS medium,
    coalesce(utm_campaign, '') AS campaign,
    -- What was given back is no revenue.
    TRY_CAST(amount AS DECIMAL(18, 6)) - coalesce(abs(TRY_CAST(refunded AS DECIMAL(18, 6))), 0) AS amount,
    currency,
    page_no,
    record_no,
    problems([
        problem,
        bad_date('date', date),
        bad_decimal('amount', amount),
        bad_decimal('refunded', refunded),
        CASE WHEN currency IS NULL AND amount IS NOT NULL
             THEN 'currency is missing beside an amount: write constants = { currency = "' || getvariable('currency') || '" } if all are in that' END
    ]) AS problem
FROM page
