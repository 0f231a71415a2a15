-- Table: core.sales_order
-- Grain: order, in the shop's own currency
-- Inputs: page, lists of orders; origin, who ordered and from where; lines and transactions, of orders that have more
--   than come with them
-- Late data: changed orders come again by their modification time; deleted ones are told by the list of the last 60 days
-- Rules: an order is of the day it was placed (`processedAt`), imported ones of the day in the shop they come from. All
--   amounts are of shopMoney: what the customer saw is kept beside the total. The subtotal is after discounts; gift cards
--   in it are money for later, and tax is taken out where prices hold it
WITH list AS (
    SELECT
        page_no,
        from_json(json_extract(body, '$.data.orders.nodes'), '[{"id": "VARCHAR", "name": "VARCHAR", "createdAt": "VARCHAR", "processedAt": "VARCHAR",
            "updatedAt": "VARCHAR", "cancelledAt": "VARCHAR", "test": "VARCHAR", "displayFinancialStatus": "VARCHAR", "sourceName": "VARCHAR",
            "currencyCode": "VARCHAR", "presentmentCurrencyCode": "VARCHAR", "taxesIncluded": "VARCHAR",
            "subtotalPriceSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}},
            "totalDiscountsSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}},
            "totalShippingPriceSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}},
            "totalTaxSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}},
            "totalTipReceivedSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}},
            "originalTotalDutiesSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}},
            "originalTotalAdditionalFeesSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}},
            "totalPriceSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}, "presentmentMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}},
            "currentTotalPriceSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}},
            "totalRefundedSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}},
            "totalReceivedSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}},
            "lineItems": {"nodes": [{"isGiftCard": "VARCHAR", "discountedTotalSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}}}]},
            "shippingLines": {"nodes": [{"originalPriceSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}}, "discountedPriceSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}},
                "taxLines": [{"priceSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}}}]}]},
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

more AS (
    -- All transactions of orders that have more than come with the order.
    SELECT json_extract_string(body, '$.data.order.id') AS order_id,
        from_json(json_extract(body, '$.data.order.transactions'), '[{"id": "VARCHAR", "kind": "VARCHAR", "status": "VARCHAR", "gateway": "VARCHAR", "test": "VARCHAR",
            "processedAt": "VARCHAR", "createdAt": "VARCHAR", "amountSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}}}]') AS transactions
    FROM page WHERE part = 'transactions'
),

line AS (
    -- All lines of orders that have more than come with the order.
    SELECT json_extract_string(body, '$.data.order.id') AS order_id,
        flatten(list(from_json(json_extract(body, '$.data.order.lineItems.nodes'), '[{"isGiftCard": "VARCHAR", "discountedTotalSet": {"shopMoney": {"amount": "VARCHAR", "currencyCode": "VARCHAR"}}}]'))) AS lines
    FROM page WHERE part = 'lines'
    GROUP BY ALL
),

told AS (
    SELECT s.page_no, s.record_no, s.r, t.tags, coalesce(l.lines, s.r.lineItems.nodes) AS lines, s.r.shippingLines.nodes AS shipping,
        list_filter(coalesce(m.transactions, s.r.transactions), lambda x: upper(x.status) = 'SUCCESS' AND coalesce(x.test, 'false') <> 'true') AS done
    FROM record AS s
    LEFT JOIN origin AS t ON t.order_id = s.r.id
    LEFT JOIN more AS m ON m.order_id = s.r.id
    LEFT JOIN line AS l ON l.order_id = s.r.id
),

summed AS (
    SELECT *,
        coalesce(r.taxesIncluded = 'true', false) AS holds_tax,
        TRY_CAST(r.subtotalPriceSet.shopMoney.amount AS DECIMAL(18, 6)) AS subtotal,
        coalesce(list_sum(list_transform(list_filter(lines, lambda x: x.isGiftCard = 'true'),
            lambda x: amount_or_zero(x.discountedTotalSet.shopMoney.amount))), 0) AS gift_cards,
        amount_or_zero(r.totalTaxSet.shopMoney.amount) AS tax,
        coalesce(list_sum(list_transform(shipping, lambda x: list_sum(list_transform(x.taxLines,
            lambda y: amount_or_zero(y.priceSet.shopMoney.amount))))), 0) AS shipping_tax,
        coalesce(list_sum(list_transform(shipping, lambda x: TRY_CAST(x.discountedPriceSet.shopMoney.amount AS DECIMAL(18, 6)))),
            amount_or_zero(r.totalShippingPriceSet.shopMoney.amount)) AS shipped,
        coalesce(list_sum(list_transform(shipping, lambda x: amount_or_zero(x.originalPriceSet.shopMoney.amount)
            - amount_or_zero(x.discountedPriceSet.shopMoney.amount))), 0) AS shipping_discounts,
        coalesce(r.processedAt, r.createdAt) AS processed
    FROM told
)

SELECT
    r.id AS order_id,
    coalesce(r.name, '') AS name,
    TRY_CAST(replace(r.createdAt, 'Z', '') AS TIMESTAMP) AS created_at,
    TRY_CAST(replace(processed, 'Z', '') AS TIMESTAMP) AS processed_at,
    local_date(TRY_CAST(replace(processed, 'Z', '') AS TIMESTAMP), getvariable('time_zone')) AS date,
    TRY_CAST(replace(coalesce(r.updatedAt, r.createdAt), 'Z', '') AS TIMESTAMP) AS updated_at,
    TRY_CAST(replace(r.cancelledAt, 'Z', '') AS TIMESTAMP) AS cancelled_at,
    lower(coalesce(r.displayFinancialStatus, '')) AS status,
    coalesce(r.test = 'true', false) AS is_test,
    CAST(subtotal - gift_cards - CASE WHEN holds_tax THEN tax - shipping_tax ELSE 0 END AS DECIMAL(18, 6)) AS net_sales,
    CAST(TRY_CAST(r.totalDiscountsSet.shopMoney.amount AS DECIMAL(18, 6)) - shipping_discounts AS DECIMAL(18, 6)) AS discounts,
    CAST(CASE WHEN lines IS NOT NULL THEN gift_cards END AS DECIMAL(18, 6)) AS gift_cards,
    CAST(CASE WHEN r.totalShippingPriceSet IS NOT NULL OR shipping IS NOT NULL
        THEN shipped - CASE WHEN holds_tax THEN shipping_tax ELSE 0 END END AS DECIMAL(18, 6)) AS shipping,
    TRY_CAST(r.totalTaxSet.shopMoney.amount AS DECIMAL(18, 6)) AS tax,
    CAST(CASE WHEN subtotal IS NOT NULL THEN amount_or_zero(r.originalTotalDutiesSet.shopMoney.amount)
        + amount_or_zero(r.originalTotalAdditionalFeesSet.shopMoney.amount) END AS DECIMAL(18, 6)) AS fees,
    TRY_CAST(r.totalTipReceivedSet.shopMoney.amount AS DECIMAL(18, 6)) AS tips,
    TRY_CAST(r.totalPriceSet.shopMoney.amount AS DECIMAL(18, 6)) AS total,
    TRY_CAST(r.currentTotalPriceSet.shopMoney.amount AS DECIMAL(18, 6)) AS current_total,
    TRY_CAST(r.totalRefundedSet.shopMoney.amount AS DECIMAL(18, 6)) AS refunded,
    TRY_CAST(r.totalReceivedSet.shopMoney.amount AS DECIMAL(18, 6)) AS received,
    CAST(CASE WHEN done IS NOT NULL THEN coalesce(list_sum(list_transform(
        list_filter(done, lambda x: x.kind IN ('SALE', 'CAPTURE', 'CHANGE') AND coalesce(x.gateway, '') <> 'gift_card'),
        lambda x: amount_or_zero(x.amountSet.shopMoney.amount) * CASE WHEN x.kind = 'CHANGE' THEN -1 ELSE 1 END)), 0) END
        AS DECIMAL(18, 6)) AS paid,
    CAST(CASE WHEN done IS NOT NULL THEN coalesce(list_sum(list_transform(
        list_filter(done, lambda x: x.kind IN ('SALE', 'CAPTURE') AND x.gateway = 'gift_card'),
        lambda x: amount_or_zero(x.amountSet.shopMoney.amount))), 0) END AS DECIMAL(18, 6)) AS paid_with_gift_cards,
    upper(coalesce(r.totalPriceSet.shopMoney.currencyCode, r.currencyCode)) AS currency,
    TRY_CAST(r.totalPriceSet.presentmentMoney.amount AS DECIMAL(18, 6)) AS presented_total,
    upper(coalesce(r.totalPriceSet.presentmentMoney.currencyCode, r.presentmentCurrencyCode)) AS presented_currency,
    TRY_CAST(r.taxesIncluded AS BOOLEAN) AS is_tax_included,
    r.sourceName AS sold_through,
    nullif(tags.source, '') AS source,
    nullif(tags.medium, '') AS medium,
    nullif(tags.campaign, '') AS campaign,
    coalesce(list_transform(list_filter(done, lambda x: x.kind IN ('SALE', 'CAPTURE') AND coalesce(x.gateway, '') <> 'gift_card'),
        lambda x: x.id), [r.id]) AS payment_ids,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('id', r.id),
        required('createdAt', r.createdAt),
        bad_instant('createdAt', replace(r.createdAt, 'Z', '')),
        bad_instant('processedAt', replace(r.processedAt, 'Z', '')),
        bad_instant('updatedAt', replace(r.updatedAt, 'Z', '')),
        bad_instant('cancelledAt', replace(r.cancelledAt, 'Z', '')),
        required('totalPriceSet', r.totalPriceSet.shopMoney.amount),
        bad_decimal('totalPriceSet', r.totalPriceSet.shopMoney.amount),
        bad_decimal('subtotalPriceSet', r.subtotalPriceSet.shopMoney.amount),
        bad_decimal('totalTaxSet', r.totalTaxSet.shopMoney.amount),
        bad_decimal('totalDiscountsSet', r.totalDiscountsSet.shopMoney.amount),
        bad_decimal('totalShippingPriceSet', r.totalShippingPriceSet.shopMoney.amount),
        required('currencyCode', coalesce(r.totalPriceSet.shopMoney.currencyCode, r.currencyCode)),
        CASE WHEN r.currencyCode <> r.totalPriceSet.shopMoney.currencyCode
             THEN 'its amounts are in ' || left(r.totalPriceSet.shopMoney.currencyCode, 10) || ', the order is in ' || left(r.currencyCode, 10) END
    ]) AS problem
FROM summed
