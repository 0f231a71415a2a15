-- Table: core.payment
-- Grain: successful sale or capture of an order, in the shop's own currency
-- Inputs: page, lists of orders; transactions, of orders that have more than come with them; origin and address, who
--   ordered; the variable settings: its list `gateways_elsewhere` names those whose money another connection reads
-- Late data: changed orders come again by their modification time; a transaction never turns back
-- Rules: a gift card brought its money when it was sold, so what is paid with one is no payment; change given in cash is
--   taken off the sale it belongs to. What was imported from another shop is of the day it was placed there. Where an
--   order comes without its transactions, its total counts as one payment, unless it says that it is not paid
WITH list AS (
    SELECT
        page_no,
        from_json(json_extract(body, '$.data.orders.nodes'), '[{"id": "VARCHAR", "createdAt": "VARCHAR", "processedAt": "VARCHAR",
            "test": "VARCHAR", "displayFinancialStatus": "VARCHAR", "currencyCode": "VARCHAR",
            "totalPriceSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}},
            "transactions": [{"id": "VARCHAR", "kind": "VARCHAR", "status": "VARCHAR", "gateway": "VARCHAR", "test": "VARCHAR",
            "processedAt": "VARCHAR", "createdAt": "VARCHAR", "amountSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}}}]}]') AS nodes
    FROM page
    WHERE part = ''
),

record AS (
    SELECT page_no, unnest(nodes) AS r, unnest(range(len(nodes))) AS record_no FROM list
),

origin AS (
    -- The tags of the last visit before the order, else those of the first.
    SELECT o.id AS order_id, o.customer.id AS customer_id,
        coalesce(o.customerJourneySummary.lastVisit.utmParameters, o.customerJourneySummary.firstVisit.utmParameters) AS tags
    FROM (
        SELECT page_no, unnest(from_json(json_extract(body, '$.data.orders.nodes'), '[{"id": "VARCHAR", "customer": {"id": "VARCHAR"},
            "customerJourneySummary": {
                "firstVisit": {"utmParameters": {"source": "VARCHAR", "medium": "VARCHAR", "campaign": "VARCHAR"}},
                "lastVisit": {"utmParameters": {"source": "VARCHAR", "medium": "VARCHAR", "campaign": "VARCHAR"}}}}]')) AS o
        FROM page WHERE part = 'origin')
    QUALIFY row_number() OVER (PARTITION BY o.id ORDER BY page_no DESC) = 1
),

address AS (
    SELECT o.id AS order_id, o.email AS email
    FROM (
        SELECT page_no, unnest(from_json(json_extract(body, '$.data.orders.nodes'), '[{"id": "VARCHAR", "email": "VARCHAR"}]')) AS o
        FROM page WHERE part = 'address')
    QUALIFY row_number() OVER (PARTITION BY o.id ORDER BY page_no DESC) = 1
),

more AS (
    -- All transactions of orders that have more than come with the order.
    SELECT json_extract_string(body, '$.data.order.id') AS order_id,
        from_json(json_extract(body, '$.data.order.transactions'), '[{"id": "VARCHAR", "kind": "VARCHAR", "status": "VARCHAR", "gateway": "VARCHAR", "test": "VARCHAR",
            "processedAt": "VARCHAR", "createdAt": "VARCHAR", "amountSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}}}]') AS transactions
    FROM page WHERE part = 'transactions'
),

elsewhere AS (
    SELECT list(lower(trim(name))) AS gateways
    FROM (SELECT unnest(CAST(json_extract(CAST(getvariable('settings') AS JSON), '$.gateways_elsewhere') AS VARCHAR[])) AS name)
),

told AS (
    SELECT s.page_no, s.record_no, s.r, t.tags, t.customer_id, a.email, coalesce(m.transactions, s.r.transactions) AS transactions,
        coalesce(s.r.processedAt, s.r.createdAt) AS processed
    FROM record AS s
    LEFT JOIN origin AS t ON t.order_id = s.r.id
    LEFT JOIN address AS a ON a.order_id = s.r.id
    LEFT JOIN more AS m ON m.order_id = s.r.id
    WHERE coalesce(s.r.test, 'false') <> 'true'
),

taken AS (
    SELECT page_no, record_no, r, tags, customer_id, email, processed, unnest(list_filter(transactions, lambda x: upper(x.status) = 'SUCCESS'
            AND x.kind IN ('SALE', 'CAPTURE') AND coalesce(x.gateway, '') <> 'gift_card' AND coalesce(x.test, 'false') <> 'true')) AS x,
        coalesce(list_sum(list_transform(list_filter(transactions, lambda y: upper(y.status) = 'SUCCESS' AND y.kind = 'CHANGE'),
            lambda y: amount_or_zero(y.amountSet.shopMoney.amount))), 0) AS change
    FROM told
),

payment AS (
    -- Change is of the order's largest payment in cash, which is the only one there is in a shop.
    SELECT page_no, record_no, r, tags, customer_id, email, processed, x.id AS id, coalesce(x.processedAt, x.createdAt, processed) AS moved, x.gateway AS gateway,
        x.amountSet.shopMoney.amount AS amount, coalesce(x.amountSet.shopMoney.currencyCode, r.currencyCode) AS currency,
        CASE WHEN change > 0 AND row_number() OVER (PARTITION BY r.id ORDER BY coalesce(x.gateway, '') = 'cash' DESC,
            amount_or_zero(x.amountSet.shopMoney.amount) DESC, x.id) = 1 THEN change ELSE 0 END AS change
    FROM taken
    UNION ALL
    SELECT page_no, record_no, r, tags, customer_id, email, processed, r.id, processed, NULL, r.totalPriceSet.shopMoney.amount,
        coalesce(r.totalPriceSet.shopMoney.currencyCode, r.currencyCode), 0
    FROM told
    WHERE transactions IS NULL AND coalesce(r.displayFinancialStatus, '') NOT IN ('PENDING', 'AUTHORIZED', 'PARTIALLY_PAID', 'VOIDED', 'EXPIRED')
),

dated AS (
    -- An import is made later than the order was placed, and so are its transactions.
    SELECT *, CASE WHEN TRY_CAST(replace(processed, 'Z', '') AS TIMESTAMP) < TRY_CAST(replace(r.createdAt, 'Z', '') AS TIMESTAMP) - INTERVAL 1 DAY
            AND TRY_CAST(replace(moved, 'Z', '') AS TIMESTAMP) < TRY_CAST(replace(r.createdAt, 'Z', '') AS TIMESTAMP) + INTERVAL 1 DAY
        THEN processed ELSE moved END AS moved_at
    FROM payment
    WHERE NOT coalesce(list_contains((SELECT gateways FROM elsewhere), lower(trim(gateway))), false)
)

SELECT
    id AS payment_id,
    customer_id,
    pseudonym(email) AS person_key,
    TRY_CAST(replace(moved_at, 'Z', '') AS TIMESTAMP) AS created_at,
    local_date(TRY_CAST(replace(moved_at, 'Z', '') AS TIMESTAMP), getvariable('time_zone')) AS date,
    'succeeded' AS status,
    true AS is_captured,
    false AS is_disputed,
    CAST(greatest(amount_or_zero(amount) - change, 0) AS DECIMAL(18, 6)) AS amount,
    upper(currency) AS currency,
    nullif(tags.source, '') AS source,
    nullif(tags.medium, '') AS medium,
    nullif(tags.campaign, '') AS campaign,
    CAST(NULL AS VARCHAR) AS balance_transaction_id,
    false AS is_receipt_key,
    false AS is_test,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('id', id),
        required('processedAt', moved_at),
        bad_instant('processedAt', replace(moved_at, 'Z', '')),
        required('amount', amount),
        bad_decimal('amount', amount),
        required('currencyCode', currency),
        CASE WHEN currency <> r.currencyCode THEN 'its amount is in ' || left(currency, 10) || ', the order is in ' || left(r.currencyCode, 10) END
    ]) AS problem
FROM dated
