-- Table: core.sales_return
-- Grain: return of goods, or an edit that took some out of an order, in the shop's own currency
-- Inputs: page, lists of orders; refunds, of orders that have some; origin, from where they came
-- Late data: a return moves its order's modification time
-- Rules: lines say what the goods were sold for; where the shop gave back less or more, the rest is `kept`. Prices that
--   hold the tax are taken without it, as net sales are
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

origin AS (
    SELECT o.id AS order_id, coalesce(o.customerJourneySummary.lastVisit.utmParameters, o.customerJourneySummary.firstVisit.utmParameters) AS tags
    FROM (
        SELECT page_no, unnest(from_json(json_extract(body, '$.data.orders.nodes'), '[{"id": "VARCHAR", "customerJourneySummary": {
            "firstVisit": {"utmParameters": {"source": "VARCHAR", "medium": "VARCHAR", "campaign": "VARCHAR"}},
            "lastVisit": {"utmParameters": {"source": "VARCHAR", "medium": "VARCHAR", "campaign": "VARCHAR"}}}}]')) AS o
        FROM page WHERE part = 'origin')
    QUALIFY row_number() OVER (PARTITION BY o.id ORDER BY page_no DESC) = 1
),

given AS (
    SELECT page_no, record_no, s.r, t.tags, unnest(coalesce(m.refunds, s.r.refunds)) AS f
    FROM record AS s
    LEFT JOIN more AS m ON m.order_id = s.r.id
    LEFT JOIN origin AS t ON t.order_id = s.r.id
),

summed AS (
    SELECT *, f.refundLineItems.nodes AS lines,
        coalesce(list_sum(list_transform(f.refundLineItems.nodes, lambda x: amount_or_zero(x.subtotalSet.shopMoney.amount))), 0) AS goods,
        coalesce(list_sum(list_transform(f.refundLineItems.nodes, lambda x: amount_or_zero(x.totalTaxSet.shopMoney.amount))), 0) AS tax,
        coalesce(list_sum(list_transform(f.refundShippingLines.nodes, lambda x: amount_or_zero(x.subtotalAmountSet.shopMoney.amount))), 0) AS shipping,
        coalesce(list_sum(list_transform(f.refundShippingLines.nodes, lambda x: amount_or_zero(x.taxAmountSet.shopMoney.amount))), 0) AS shipping_tax,
        coalesce(list_sum(list_transform(f.orderAdjustments.nodes, lambda x: amount_or_zero(x.amountSet.shopMoney.amount)
            + amount_or_zero(x.taxAmountSet.shopMoney.amount))), 0) AS adjusted,
        CASE WHEN f.transactions.nodes IS NULL THEN amount_or_zero(f.totalRefundedSet.shopMoney.amount)
             ELSE coalesce(list_sum(list_transform(list_filter(f.transactions.nodes, lambda x: upper(x.status) = 'SUCCESS' AND x.kind = 'REFUND'),
                lambda x: amount_or_zero(x.amountSet.shopMoney.amount))), 0) END AS money,
        coalesce(r.taxesIncluded = 'true', false) AS holds_tax,
        coalesce(f.totalRefundedSet.shopMoney.currencyCode, r.currencyCode) AS currency
    FROM given
)

SELECT
    f.id AS return_id,
    r.id AS order_id,
    TRY_CAST(replace(f.createdAt, 'Z', '') AS TIMESTAMP) AS created_at,
    local_date(TRY_CAST(replace(f.createdAt, 'Z', '') AS TIMESTAMP), getvariable('time_zone')) AS date,
    CAST(CASE WHEN lines IS NOT NULL THEN coalesce(list_sum(list_transform(lines, lambda x: whole_or_zero(x.quantity))), 0) END AS BIGINT) AS pieces,
    CAST(CASE WHEN lines IS NOT NULL THEN goods - CASE WHEN holds_tax THEN tax ELSE 0 END END AS DECIMAL(18, 6)) AS goods,
    CAST(CASE WHEN lines IS NOT NULL THEN tax + shipping_tax END AS DECIMAL(18, 6)) AS tax,
    CAST(CASE WHEN lines IS NOT NULL THEN shipping - CASE WHEN holds_tax THEN shipping_tax ELSE 0 END END AS DECIMAL(18, 6)) AS shipping,
    -- The adjustment says how much; whether it was kept or given on top tells the money, for its sign has changed over the years.
    CAST(CASE WHEN lines IS NOT NULL THEN abs(adjusted) * sign(goods + shipping + CASE WHEN holds_tax THEN 0 ELSE tax + shipping_tax END - money) END
        AS DECIMAL(18, 6)) AS kept,
    CAST(money AS DECIMAL(18, 6)) AS money,
    TRY_CAST(f.totalRefundedSet.shopMoney.amount AS DECIMAL(18, 6)) AS stated_money,
    upper(currency) AS currency,
    nullif(tags.source, '') AS source,
    nullif(tags.medium, '') AS medium,
    nullif(tags.campaign, '') AS campaign,
    coalesce(r.test = 'true', false) AS is_test,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('refunds.id', f.id),
        required('id', r.id),
        required('refunds.createdAt', f.createdAt),
        bad_instant('refunds.createdAt', replace(f.createdAt, 'Z', '')),
        bad_decimal('refunds.totalRefundedSet', f.totalRefundedSet.shopMoney.amount),
        required('currencyCode', currency),
        CASE WHEN currency <> r.currencyCode THEN 'its amount is in ' || left(currency, 10) || ', the order is in ' || left(r.currencyCode, 10) END
    ]) AS problem
FROM summed
