-- Claim: what was paid stays with the account
-- Columns: workspace, connection, currency, says (one sentence)
-- A platform takes payments for connected accounts and transfers most of them on: what is its own is its earnings.
WITH passed AS (
    SELECT workspace, connection, currency,
        -coalesce(sum(amount) FILTER (category IN ('transfer', 'transfer_reversal')), 0) AS transferred,
        coalesce(sum(amount) FILTER (category IN ('platform_earning', 'platform_earning_refund')), 0) AS earned
    FROM core.ledger_entry
    WHERE category IN ('transfer', 'transfer_reversal', 'platform_earning', 'platform_earning_refund')
        AND coalesce(date >= getvariable('period_start') AND date < getvariable('period_end'), true)
    GROUP BY workspace, connection, currency
)

SELECT workspace, connection, currency,
    CAST(transferred AS DECIMAL(38, 2)) || ' ' || currency || ' of the payments of ' || connection
        || ' were transferred on to connected accounts, and are in revenue all the same'
        || CASE WHEN earned <> 0 THEN '; ' || CAST(earned AS DECIMAL(38, 2)) || ' ' || currency
            || ' of platform earnings are not in it' ELSE '' END AS says
FROM passed
WHERE transferred <> 0 OR earned <> 0
