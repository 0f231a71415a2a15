-- Table: core.payment
-- Grain: purchase of a shop that the setting names
-- Inputs: page, all purchases
-- Late data: read whole each time
-- Rules: the total is what was paid, whatever lines (products, tips, subscriptions) there are; a purchase that names no
--   shop is Kit's own
WITH list AS (
    SELECT page_no, from_json(body, '{"purchases": [{"id": "VARCHAR", "source": "VARCHAR", "status": "VARCHAR",
        "email_address": "VARCHAR", "currency": "VARCHAR", "transaction_time": "VARCHAR", "total": "VARCHAR"}]}').purchases AS purchases
    FROM page
),

record AS (
    SELECT page_no, unnest(purchases) AS r, CAST(unnest(range(len(purchases))) AS INTEGER) AS record_no FROM list
)

SELECT
    r.id AS payment_id,
    CAST(NULL AS VARCHAR) AS customer_id,
    pseudonym(r.email_address) AS person_key,
    utc_instant(r.transaction_time) AS created_at,
    local_date(utc_instant(r.transaction_time), getvariable('time_zone')) AS date,
    lower(coalesce(r.status, '')) AS status,
    lower(r.status) = 'paid' AS is_captured,
    false AS is_disputed,
    CASE WHEN lower(r.status) = 'paid' THEN TRY_CAST(r.total AS DECIMAL(18, 6)) ELSE 0 END AS amount,
    upper(r.currency) AS currency,
    CAST(NULL AS VARCHAR) AS source,
    CAST(NULL AS VARCHAR) AS medium,
    CAST(NULL AS VARCHAR) AS campaign,
    '' AS balance_transaction_id,
    false AS is_receipt_key,
    false AS is_test,
    page_no,
    record_no,
    problems([
        required('id', r.id),
        required('transaction_time', r.transaction_time),
        bad_instant('transaction_time', r.transaction_time),
        required('status', r.status),
        required('currency', r.currency),
        required('total', r.total),
        bad_decimal('total', r.total)
    ]) AS problem
FROM record
WHERE list_contains(
    CAST(CAST(getvariable('settings') AS JSON) -> '$.purchase_sources' AS VARCHAR[]), lower(coalesce(nullif(r.source, ''), 'kit'))
)
