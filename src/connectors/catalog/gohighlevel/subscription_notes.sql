-- How many subscriptions run, of which nothing says for how long each payment is.
WITH record AS (
    SELECT unnest(json_extract(body, '$.data[*]')) AS r FROM page
)

SELECT count(*) || CASE count(*) WHEN 1 THEN ' subscription runs' ELSE ' subscriptions run' END
    || ': GoHighLevel does not say for how long each payment is, so that they have no monthly value here; connect the payment provider for it' AS note
FROM record
WHERE lower(r ->> '$.status') IN ('active', 'trialing', 'past_due') AND coalesce((r ->> '$.liveMode') <> 'false', true)
HAVING count(*) > 0
