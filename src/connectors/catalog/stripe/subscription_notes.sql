-- Why monthly values may be others than the subscriptions' own, as it stands now, and that subscriptions are made up
SELECT count(*) || CASE WHEN count(*) = 1 THEN ' subscription: ' ELSE ' subscriptions: ' END || doubt AS note
FROM core.subscription
WHERE workspace = getvariable('workspace') AND connection = getvariable('connection')
    AND doubt IS NOT NULL AND status IN ('active', 'past_due')
GROUP BY doubt
UNION ALL
SELECT count(*) || CASE WHEN count(*) = 1 THEN ' subscription is' ELSE ' subscriptions are' END
    || ' test data (Stripe says livemode false): nobody pays for them'
FROM core.subscription
WHERE workspace = getvariable('workspace') AND connection = getvariable('connection') AND is_test
HAVING count(*) > 0
ORDER BY note
