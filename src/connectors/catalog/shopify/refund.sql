-- Table: core.refund
-- Grain: refund of an order that gave money back, in the shop's own currency
-- Inputs: page, lists of orders; refunds, of orders that have some; the variable settings: its list `gateways_elsewhere`
--   names those whose money another connection reads
-- Late data: a refund moves its order's modification time; what was pending comes again when it is done
-- Rules: money is what successful transactions gave back. An edit is a refund without any, what went to a gift card is
--   still with the shop, and what is pending may fail: these are no rows
WITH list AS (
    SELECT
        page_no,
        from_json(json_extract(body, '$.data.orders.nodes'), '[{"id": "VARCHAR", "test": "VARCHAR", "currencyCode": "VARCHAR", "taxesIncluded": "VARCHAR",
            "transactions": [{"id": "VARCHAR", "kind": "VARCHAR", "status": "VARCHAR", "gateway": "VARCHAR"}],
            "refunds": [{"id": "VARCHAR", "createdAt": "VARCHAR", "totalRefundedSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}},
            "refundLineItems": {"nodes": [{"quantity": "VARCHAR", "subtotalSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}}, "totalTaxSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}}}]},
            "refundShippingLines": {"nodes": [{"subtotalAmountSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}}, "taxAmountSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}}}]},
            "orderAdjustments": {"nodes": [{"amountSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}}, "taxAmountSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}}}]},
            "transactions": {"nodes": [{"id": "VARCHAR", "kind": "VARCHAR", "status": "VARCHAR", "gateway": "VARCHAR", "processedAt": "VARCHAR",
                "amountSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}}, "parentTransaction": {"id": "VARCHAR"}}]}}]}]') AS nodes
    FROM page
    WHERE part = ''
),

record AS (
    SELECT page_no, unnest(nodes) AS r, unnest(range(len(nodes))) AS record_no FROM list
),

more AS (
    -- All refunds of an order with what they are made of: those that come with the order are few and bare.
    SELECT json_extract_string(body, '$.data.order.id') AS order_id,
        from_json(json_extract(body, '$.data.order.refunds'), '[{"id": "VARCHAR", "createdAt": "VARCHAR", "totalRefundedSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}},
            "refundLineItems": {"nodes": [{"quantity": "VARCHAR", "subtotalSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}}, "totalTaxSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}}}]},
            "refundShippingLines": {"nodes": [{"subtotalAmountSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}}, "taxAmountSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}}}]},
            "orderAdjustments": {"nodes": [{"amountSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}}, "taxAmountSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}}}]},
            "transactions": {"nodes": [{"id": "VARCHAR", "kind": "VARCHAR", "status": "VARCHAR", "gateway": "VARCHAR", "processedAt": "VARCHAR",
                "amountSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}}, "parentTransaction": {"id": "VARCHAR"}}]}}]') AS refunds
    FROM page WHERE part = 'refunds'
),

elsewhere AS (
    SELECT list(lower(trim(name))) AS gateways
    FROM (SELECT unnest(CAST(json_extract(CAST(getvariable('settings') AS JSON), '$.gateways_elsewhere') AS VARCHAR[])) AS name)
),

given AS (
    SELECT page_no, record_no, r, e.gateways, unnest(coalesce(m.refunds, s.r.refunds)) AS f
    FROM record AS s
    CROSS JOIN elsewhere AS e
    LEFT JOIN more AS m ON m.order_id = s.r.id
    WHERE coalesce(s.r.test, 'false') <> 'true'
),

done AS (
    SELECT *, list_filter(f.transactions.nodes, lambda x: upper(x.status) = 'SUCCESS' AND x.kind = 'REFUND' AND coalesce(x.gateway, '') <> 'gift_card'
        AND NOT coalesce(list_contains(gateways, lower(trim(x.gateway))), false)) AS done
    FROM given
),

summed AS (
    -- A bare refund has only what it says of itself.
    SELECT *, f.transactions.nodes IS NULL AS is_bare,
        CASE WHEN f.transactions.nodes IS NULL THEN amount_or_zero(f.totalRefundedSet.shopMoney.amount)
             ELSE coalesce(list_sum(list_transform(done, lambda x: amount_or_zero(x.amountSet.shopMoney.amount))), 0) END AS money,
        coalesce(list_max(list_transform(done, lambda x: x.processedAt)), f.createdAt) AS moved,
        coalesce(done[1].amountSet.shopMoney.currencyCode, f.totalRefundedSet.shopMoney.currencyCode, r.currencyCode) AS currency
    FROM done
)

SELECT
    f.id AS refund_id,
    coalesce(done[1].parentTransaction.id, list_filter(r.transactions, lambda x: upper(x.status) = 'SUCCESS' AND x.kind IN ('SALE', 'CAPTURE')
        AND coalesce(x.gateway, '') <> 'gift_card')[1].id, r.id) AS payment_id,
    TRY_CAST(replace(f.createdAt, 'Z', '') AS TIMESTAMP) AS created_at,
    local_date(TRY_CAST(replace(moved, 'Z', '') AS TIMESTAMP), getvariable('time_zone')) AS date,
    'succeeded' AS status,
    CAST(NULL AS VARCHAR) AS reason,
    CAST(money AS DECIMAL(18, 6)) AS amount,
    upper(currency) AS currency,
    CAST(NULL AS VARCHAR) AS balance_transaction_id,
    money = 0 AS is_absent,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('refunds.id', f.id),
        required('refunds.createdAt', f.createdAt),
        bad_instant('refunds.createdAt', replace(f.createdAt, 'Z', '')),
        bad_instant('refunds.processedAt', replace(moved, 'Z', '')),
        bad_decimal('refunds.totalRefundedSet', f.totalRefundedSet.shopMoney.amount),
        CASE WHEN is_bare THEN required('refunds.totalRefundedSet', f.totalRefundedSet.shopMoney.amount) END,
        required('currencyCode', currency),
        CASE WHEN currency <> r.currencyCode THEN 'its amount is in ' || left(currency, 10) || ', the order is in ' || left(r.currencyCode, 10) END
    ]) AS problem
FROM summed
