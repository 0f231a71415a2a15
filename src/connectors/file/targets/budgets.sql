-- Table: core.budget
-- Grain: calendar month, channel, campaign; '' where the plan names no campaign
-- Inputs: page, with the fields of a dropped file as texts (a month as 2026-11-01, a quarter as 2026-Q4) and what is
--   wrong with a row
-- Late data: a newer file replaces the months, channels and campaigns it names
WITH planned AS (
    SELECT
        *,
        month LIKE '____-Q_' AND problem IS NULL AS is_quarter,
        CASE WHEN month LIKE '____-Q_'
             THEN make_date(TRY_CAST(left(month, 4) AS INTEGER), TRY_CAST(right(month, 1) AS INTEGER) * 3 - 2, 1)
             ELSE TRY_CAST(month AS DATE) END AS first_date,
        TRY_CAST(amount AS DECIMAL(18, 6)) AS money
    FROM page
),

-- A quarter is three months of a third each; what rounding leaves over is the last one's.
part AS (
    SELECT *, unnest(range(CASE WHEN is_quarter THEN 3 ELSE 1 END)) AS part FROM planned
)

SELECT
    CAST(first_date + to_months(CAST(part AS INTEGER)) AS DATE) AS month_date,
    lower(channel) AS channel,
    coalesce(campaign, '') AS campaign,
    CAST(CASE WHEN NOT is_quarter THEN money
              WHEN part < 2 THEN round(money / 3, 2)
              ELSE money - 2 * CAST(round(money / 3, 2) AS DECIMAL(18, 6)) END AS DECIMAL(18, 6)) AS amount,
    coalesce(currency, getvariable('currency')) AS currency,
    page_no,
    record_no,
    problems([
        problem,
        CASE WHEN month IS NOT NULL AND first_date IS NULL THEN 'month: "' || left(month, 80) || '" is not a month such as 2026-11' END,
        bad_decimal('amount', amount)
    ]) AS problem
FROM part
