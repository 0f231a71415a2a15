-- Table: core.payment
-- Grain: charge, in the currency the customer paid; `amount` is what was captured
-- Inputs: page, lists of charges and single ones; core.ledger_entry
-- Late data: what events say has changed is asked for again, however old
-- Rules: a payment is of the day its money moved, as the ledger has it: a hold may be captured days later, and the
--   charge itself does not say when. Charges of before the first day are listed for those that are captured later
WITH list AS (
    SELECT
        page_no,
        json_type(body, '$.data') = 'ARRAY' AS is_list,
        from_json(listed(body, 'data'), '[{"id": "VARCHAR", "created": "VARCHAR", "livemode": "VARCHAR", "amount_captured": "VARCHAR", "currency": "VARCHAR",
            "status": "VARCHAR", "captured": "VARCHAR", "disputed": "VARCHAR", "customer": "JSON", "receipt_email": "VARCHAR",
            "balance_transaction": "JSON", "billing_details": {"email": "VARCHAR"},
            "metadata": {"utm_source": "VARCHAR", "utm_medium": "VARCHAR", "utm_campaign": "VARCHAR"}}]') AS data
    FROM page
),

record AS (
    SELECT page_no, is_list, unnest(data) AS r, unnest(range(len(data))) AS record_no FROM list
),

entered AS (
    -- The ledger's entry: an id, or the entry itself when expanded.
    SELECT page_no, record_no, is_list, r, coalesce(r.balance_transaction ->> '$.id', r.balance_transaction ->> '$', '') AS entry_id,
        coalesce(from_unix(r.balance_transaction ->> '$.created'), l.created_at, from_unix(r.created)) AS moved_at
    FROM record
    LEFT JOIN core.ledger_entry AS l ON l.workspace = getvariable('workspace') AND l.connection = getvariable('connection')
        AND l.entry_id = coalesce(r.balance_transaction ->> '$.id', r.balance_transaction ->> '$')
)

SELECT
    r.id AS payment_id,
    -- An id, or the customer itself when expanded.
    coalesce(r.customer ->> '$.id', r.customer ->> '$') AS customer_id,
    pseudonym(coalesce(nullif(r.billing_details.email, ''), r.receipt_email)) AS person_key,
    from_unix(r.created) AS created_at,
    local_date(moved_at, getvariable('time_zone')) AS date,
    coalesce(r.status, '') AS status,
    coalesce(TRY_CAST(r.captured AS BOOLEAN), false) AS is_captured,
    coalesce(TRY_CAST(r.disputed AS BOOLEAN), false) AS is_disputed,
    coalesce(from_minor_units(r.amount_captured, r.currency), 0) AS amount,
    upper(r.currency) AS currency,
    r.metadata.utm_source AS source,
    r.metadata.utm_medium AS medium,
    r.metadata.utm_campaign AS campaign,
    entry_id AS balance_transaction_id,
    coalesce(r.billing_details.email, '') = '' AND coalesce(r.receipt_email, '') <> '' AS is_receipt_key,
    coalesce(r.livemode = 'false', false) AS is_test,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('id', r.id),
        required('created', r.created),
        bad_unix('created', r.created),
        required('currency', r.currency),
        required('amount_captured', r.amount_captured),
        required('status', r.status),
        required('captured', r.captured),
        CASE WHEN r.captured IS NOT NULL AND TRY_CAST(r.captured AS BOOLEAN) IS NULL
             THEN 'captured: "' || left(r.captured, 80) || '" is neither true nor false' END,
        bad_minor_units('amount_captured', r.amount_captured, r.currency)
    ]) AS problem
FROM entered
WHERE NOT coalesce(is_list, false)
    OR coalesce(local_date(moved_at, getvariable('time_zone')) >= TRY_CAST(getvariable('since') AS DATE), true)
