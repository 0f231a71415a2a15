-- Refunds have no day of their own, and test payments are no money.
WITH record AS (
    SELECT unnest(json_extract(body, '$.data[*]')) AS r FROM page
),

counted AS (
    SELECT count(*) FILTER (TRY_CAST(r ->> '$.amountRefunded' AS DOUBLE) > 0 AND coalesce((r ->> '$.liveMode') <> 'false', true)) AS refunded,
        count(*) FILTER ((r ->> '$.liveMode') = 'false') AS tests,
        count(*) FILTER (lower(r ->> '$.status') NOT IN ('succeeded', 'failed', 'pending', 'refunded', 'partially_refunded')) AS others
    FROM record
)

SELECT note
FROM (
    SELECT 1 AS place, refunded || CASE refunded WHEN 1 THEN ' payment was' ELSE ' payments were' END
        || ' given back in part or whole: GoHighLevel does not say when, so that a refund is of the day on which it was first seen' AS note
    FROM counted WHERE refunded > 0
    UNION ALL
    SELECT 2, tests || CASE tests WHEN 1 THEN ' payment is a test' ELSE ' payments are tests' END || ' and no money' FROM counted WHERE tests > 0
    UNION ALL
    SELECT 3, others || ' payments have a status that is not known and count as not taken' FROM counted WHERE others > 0
)
ORDER BY place
