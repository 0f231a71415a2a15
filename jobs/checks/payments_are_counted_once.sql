-- Claim: no payment is read from a shop and from its payment provider, or from a file, as well
-- Columns: workspace, connection, currency, says (one sentence)
-- A shop that takes cards through a provider which is connected too has each payment twice. Told are payments of a shop
-- with a twin elsewhere: the same day or the next, amount and currency, and the same person where both tell one.
WITH shop AS (
    SELECT DISTINCT workspace, connection FROM core.sales_order
),

own AS (
    SELECT p.workspace, p.connection, p.payment_id, p.date, p.amount, p.currency, p.person_key
    FROM core.payment AS p
    SEMI JOIN shop ON shop.workspace = p.workspace AND shop.connection = p.connection
    WHERE p.is_captured AND p.status = 'succeeded' AND p.amount > 0
        AND coalesce(p.date >= getvariable('period_start') AND p.date < getvariable('period_end'), true)
),

pair AS (
    SELECT o.workspace, o.connection, o.currency, o.payment_id, o.amount, p.connection AS other,
        o.person_key IS NOT NULL AND o.person_key = p.person_key AS is_same_person
    FROM own AS o
    JOIN core.payment AS p ON p.workspace = o.workspace AND p.connection <> o.connection AND p.amount = o.amount
        AND p.currency = o.currency AND p.date BETWEEN o.date - 1 AND o.date + 1
    WHERE p.is_captured AND p.status = 'succeeded' AND coalesce(o.person_key = p.person_key, true)
),

twin AS (
    SELECT workspace, connection, currency, other, payment_id, any_value(amount) AS amount, bool_or(is_same_person) AS is_same_person
    FROM pair
    GROUP BY workspace, connection, currency, other, payment_id
),

-- Three of the same people are no chance; of payments without a person nearly all have to have a twin.
found AS (
    SELECT t.workspace, t.connection, t.currency, t.other, count(*) AS payments, sum(t.amount) AS amount,
        count(*) FILTER (t.is_same_person) AS people,
        (SELECT count(*) FROM own AS o WHERE o.workspace = t.workspace AND o.connection = t.connection AND o.currency = t.currency) AS all_payments
    FROM twin AS t
    GROUP BY t.workspace, t.connection, t.currency, t.other
),

-- Orders that somebody dropped as a file as well.
dropped AS (
    SELECT o.workspace, o.connection, o.currency, f.connection AS other, count(*) AS payments, sum(o.total) AS amount
    FROM core.sales_order AS o
    JOIN core.offline_conversion AS f ON f.workspace = o.workspace AND f.conversion_id = o.name AND f.connection <> o.connection
    WHERE NOT o.is_test AND o.name <> ''
        AND coalesce(o.date >= getvariable('period_start') AND o.date < getvariable('period_end'), true)
    GROUP BY o.workspace, o.connection, o.currency, f.connection
    HAVING count(*) >= 3
)

SELECT workspace, connection, currency,
    payments || ' payments of ' || connection || ' (' || CAST(amount AS DECIMAL(38, 2)) || ' ' || currency || ') seem to be in '
        || other || ' as well, and count twice: name the gateway in gateways_elsewhere of ' || connection AS says
FROM found
WHERE people >= 3 OR (payments >= 10 AND payments * 10 >= all_payments * 9)
UNION ALL
SELECT workspace, connection, currency,
    payments || ' orders of ' || connection || ' (' || CAST(amount AS DECIMAL(38, 2)) || ' ' || currency || ') are in the file ' || other
        || ' as well, and count twice: take the file away' AS says
FROM dropped
