-- Claim: recurring revenue and payments hold no tax
-- Columns: workspace, connection, says (one sentence)
-- Providers tell what a customer pays. How much of it is tax stands on invoices, which are not read.
WITH taxed AS (
    SELECT workspace, connection, count(*) FILTER (tax = 'inclusive') AS inclusive, count(*) FILTER (tax = 'automatic') AS added
    FROM core.subscription
    WHERE tax IS NOT NULL AND status IN ('active', 'past_due')
    GROUP BY workspace, connection
)

SELECT workspace, connection,
    CASE WHEN inclusive > 0 AND added > 0
         THEN 'tax is in MRR and payments of ' || connection || ': the prices of ' || inclusive
            || ' subscriptions include it; to those of ' || added || ' more it is added, so payments have it'
         WHEN inclusive > 0
         THEN 'tax is in MRR and payments of ' || connection || ': the prices of ' || inclusive
            || CASE WHEN inclusive = 1 THEN ' subscription include it' ELSE ' subscriptions include it' END
         ELSE 'tax is in payments of ' || connection || ': it is added to the prices of ' || added
            || CASE WHEN added = 1 THEN ' subscription' ELSE ' subscriptions' END END AS says
FROM taxed
