-- Why monthly values may be others than the subscriptions' own, as it stands now
SELECT count(*) || CASE WHEN count(*) = 1 THEN ' subscription: ' ELSE ' subscriptions: ' END || doubt AS note
FROM core.subscription
WHERE workspace = getvariable('workspace') AND connection = getvariable('connection')
    AND doubt IS NOT NULL AND status IN ('active', 'past_due')
GROUP BY doubt
ORDER BY doubt
