-- That payments are made up, as Stripe says itself
SELECT count(*) || CASE WHEN count(*) = 1 THEN ' payment is' ELSE ' payments are' END
    || ' test data (Stripe says livemode false): no money moved' AS note
FROM core.payment
WHERE workspace = getvariable('workspace') AND connection = getvariable('connection') AND is_test
HAVING count(*) > 0
