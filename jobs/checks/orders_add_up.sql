-- Claim: the parts of an order come to its total, its payments to what it received, and its refunds to what it gave back
-- Columns: workspace, connection, currency, says (one sentence)
WITH returned AS (
    SELECT workspace, connection, order_id, sum(coalesce(stated_money, money)) AS money
    FROM core.sales_return
    GROUP BY ALL
),

compared AS (
    SELECT o.workspace, o.connection, o.currency, o.name,
        o.total - (o.net_sales + coalesce(o.gift_cards, 0) + coalesce(o.shipping, 0) + coalesce(o.tax, 0) + coalesce(o.fees, 0)
            + coalesce(o.tips, 0)) AS parts,
        o.received - (o.paid + o.paid_with_gift_cards) AS payments,
        o.refunded - coalesce(b.money, 0) AS refunds
    FROM core.sales_order AS o
    LEFT JOIN returned AS b ON b.workspace = o.workspace AND b.connection = o.connection AND b.order_id = o.order_id
    WHERE NOT o.is_test AND coalesce(o.date >= getvariable('period_start') AND o.date < getvariable('period_end'), true)
),

apart AS (
    SELECT workspace, connection, currency, name, 'goods, shipping, tax and tips' AS what, 'total' AS own, parts AS difference FROM compared
    UNION ALL SELECT workspace, connection, currency, name, 'payments', 'own word on what was received', payments FROM compared
    UNION ALL SELECT workspace, connection, currency, name, 'refunds', 'own word on what was given back', refunds FROM compared
)

SELECT workspace, connection, currency,
    'the ' || what || ' of ' || count(*) || CASE WHEN count(*) = 1 THEN ' order' ELSE ' orders' END || ' of ' || connection
        || ' do not come to the ' || CASE WHEN count(*) = 1 THEN 'order''s ' ELSE 'orders'' ' END || own || ', by '
        || CAST(sum(abs(difference)) AS DECIMAL(38, 2)) || ' ' || currency || ': '
        || array_to_string(list(name ORDER BY abs(difference) DESC, name)[:5], ', ') AS says
FROM apart
WHERE abs(difference) >= 0.01
GROUP BY workspace, connection, currency, what, own
