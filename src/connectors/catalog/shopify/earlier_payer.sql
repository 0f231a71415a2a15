-- Table: core.earlier_payer
-- Grain: order before the connection's first day with a successful payment: who paid, not how much
-- Inputs: page, lists of orders
-- Late data: none; read once, so that only those who never paid before are new customers
WITH list AS (
    SELECT
        page_no,
        from_json(json_extract(body, '$.data.orders.nodes'), '[{"id": "VARCHAR", "createdAt": "VARCHAR", "processedAt": "VARCHAR", "test": "VARCHAR",
            "customer": {"id": "VARCHAR"},
            "transactions": [{"id": "VARCHAR", "kind": "VARCHAR", "status": "VARCHAR", "gateway": "VARCHAR", "test": "VARCHAR"}]}]') AS nodes
    FROM page
),

record AS (
    SELECT page_no, unnest(nodes) AS r, unnest(range(len(nodes))) AS record_no FROM list
),

paid AS (
    SELECT *, list_filter(r.transactions, lambda x: upper(x.status) = 'SUCCESS' AND x.kind IN ('SALE', 'CAPTURE')
        AND coalesce(x.test, 'false') <> 'true')[1].id AS payment_id
    FROM record
)

SELECT
    payment_id,
    r.customer.id AS customer_id,
    CAST(NULL AS VARCHAR) AS person_key,
    local_date(TRY_CAST(replace(coalesce(r.processedAt, r.createdAt), 'Z', '') AS TIMESTAMP), getvariable('time_zone')) AS date,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('createdAt', r.createdAt),
        bad_instant('createdAt', replace(r.createdAt, 'Z', '')),
        bad_instant('processedAt', replace(r.processedAt, 'Z', ''))
    ]) AS problem
FROM paid
WHERE payment_id IS NOT NULL AND coalesce(r.test, 'false') <> 'true'
