-- Orders whose parts, payments and refunds do not come to what the order itself says; and how orders without transactions
-- count.
WITH own AS (
    SELECT unnest(from_json(json_extract(body, '$.data.orders.nodes'), '[{"id": "VARCHAR"}]')) AS r
    FROM page WHERE part = ''
),

asked AS (
    SELECT o.*, o.paid IS NULL AND o.status NOT IN ('pending', 'authorized', 'partially_paid', 'voided', 'expired') AS is_bare,
        (SELECT coalesce(sum(coalesce(b.stated_money, b.money)), 0) FROM core.sales_return AS b
         WHERE b.workspace = o.workspace AND b.connection = o.connection AND b.order_id = o.order_id) AS returned,
        net_sales + coalesce(gift_cards, 0) + coalesce(shipping, 0) + coalesce(tax, 0) + coalesce(fees, 0) + coalesce(tips, 0) AS parts
    FROM own AS s
    JOIN core.sales_order AS o ON o.workspace = getvariable('workspace') AND o.connection = getvariable('connection') AND o.order_id = s.r.id
    WHERE NOT o.is_test
),

found AS (
    SELECT 1 AS no, count(*) AS n, ' whose refunds do not come to what the order says was refunded: some are missing' AS what,
        list(name ORDER BY name) AS names
    FROM asked WHERE returned <> refunded
    UNION ALL
    SELECT 2, count(*), ' whose transactions do not come to what the order says was received', list(name ORDER BY name)
    FROM asked WHERE paid + paid_with_gift_cards <> received
    UNION ALL
    SELECT 3, count(*), ' whose goods, shipping, tax and tips do not come to the total: net sales may be wrong', list(name ORDER BY name)
    FROM asked WHERE parts <> total
    UNION ALL
    SELECT 4, count(*), ' without transactions: the total counts as paid on the day of the order', list(name ORDER BY name)
    FROM asked WHERE is_bare
)

SELECT n || CASE WHEN n = 1 THEN ' order' ELSE ' orders' END || what || ' (' || array_to_string(names[:3], ', ')
    || CASE WHEN n > 3 THEN ' and ' || (n - 3) || ' more' ELSE '' END || ')' AS note
FROM found
WHERE n > 0
ORDER BY no
