-- Question: How MRR came from the close of the day before a period to the close of its last day.
-- Measures: opening "At the start", exchange_rates "Exchange rates", new "New", reactivation "Came back",
--   expansion "Expansion", contraction "Contraction", churned "Churned", closing "At the end",
--   opening_customers "Paying customers at the start", paying_customers "Paying customers at the end",
--   lost_customers "Customers lost"
-- Facts: subscription
-- Moved by: subscription_event, fx_rate
-- Says: MRR: {label}
-- Inputs: mart.subscription_value, mart.fx_cross
-- Opening and closing equal mart.mrr_daily of their days; losses are negative, so that
--   opening + exchange_rates + new + reactivation + expansion + contraction + churned = closing. Who pauses or is
--   put on trial is worth nothing meanwhile: churned, and reactivated when it counts again. Exchange rates are what
--   the opening is worth more or less at the closing day's rates. No row where no subscription is known.
WITH worth AS (
    -- What each subscription was worth at a time, at both rates, and whether that was so on either day.
    SELECT
        s.customer_id AS customer,
        CAST(round(s.mrr * coalesce(f.rate, 0), 6) AS DECIMAL(38, 6)) AS at_opening_rate,
        CAST(round(s.mrr * coalesce(t.rate, 0), 6) AS DECIMAL(38, 6)) AS at_closing_rate,
        s.from_date <= (CAST($start AS DATE) - 1) AS was_known,
        s.from_date <= (CAST($start AS DATE) - 1) AND (s.until_date IS NULL OR s.until_date > (CAST($start AS DATE) - 1)) AS is_on_before,
        s.from_date <= (CAST($end AS DATE) - 1) AND (s.until_date IS NULL OR s.until_date > (CAST($end AS DATE) - 1)) AS is_on_after
    FROM mart.subscription_value AS s
    LEFT JOIN mart.fx_cross AS f ON f.workspace = s.workspace AND f.date = (CAST($start AS DATE) - 1) AND f.currency = s.currency
    LEFT JOIN mart.fx_cross AS t ON t.workspace = s.workspace AND t.date = (CAST($end AS DATE) - 1) AND t.currency = s.currency
    WHERE s.workspace = $workspace
),

customer AS (
    SELECT
        customer,
        bool_or(was_known) AS was_known,
        bool_or(is_on_before) AS is_on_before,
        bool_or(is_on_after) AS is_on_after,
        coalesce(sum(at_opening_rate) FILTER (is_on_before), 0) AS opened,
        coalesce(sum(at_closing_rate) FILTER (is_on_before), 0) AS opened_at_closing_rate,
        coalesce(sum(at_closing_rate) FILTER (is_on_after), 0) AS closed
    FROM worth
    GROUP BY customer
)

SELECT
    CAST(sum(opened) AS DECIMAL(38, 6)) AS opening,
    CAST(sum(opened_at_closing_rate - opened) AS DECIMAL(38, 6)) AS exchange_rates,
    CAST(coalesce(sum(closed) FILTER (is_on_after AND NOT was_known), 0) AS DECIMAL(38, 6)) AS new,
    CAST(coalesce(sum(closed) FILTER (is_on_after AND was_known AND NOT is_on_before), 0) AS DECIMAL(38, 6)) AS reactivation,
    CAST(coalesce(sum(closed - opened_at_closing_rate)
        FILTER (is_on_before AND is_on_after AND closed > opened_at_closing_rate), 0) AS DECIMAL(38, 6)) AS expansion,
    CAST(coalesce(sum(closed - opened_at_closing_rate)
        FILTER (is_on_before AND is_on_after AND closed < opened_at_closing_rate), 0) AS DECIMAL(38, 6)) AS contraction,
    CAST(-coalesce(sum(opened_at_closing_rate) FILTER (is_on_before AND NOT is_on_after), 0) AS DECIMAL(38, 6)) AS churned,
    CAST(sum(closed) AS DECIMAL(38, 6)) AS closing,
    CAST(count(*) FILTER (is_on_before) AS DECIMAL(38, 6)) AS opening_customers,
    CAST(count(*) FILTER (is_on_after) AS DECIMAL(38, 6)) AS paying_customers,
    CAST(count(*) FILTER (is_on_before AND NOT is_on_after) AS DECIMAL(38, 6)) AS lost_customers
FROM customer
HAVING count(*) > 0
