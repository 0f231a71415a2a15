-- Table: core.refund
-- Grain: refund, dated by its entry in the ledger or else by itself
-- Inputs: page, lists of refunds and single ones; core.ledger_entry
-- Late data: a pending refund may fail: events tell, and it is asked for again
-- Rules: one without an entry in the ledger gave nothing back: a hold expired, or the rest of one was let go
WITH list AS (
    SELECT
        page_no,
        from_json(listed(body, 'data'), '[{"id": "VARCHAR", "charge": "JSON", "created": "VARCHAR", "amount": "VARCHAR",
            "currency": "VARCHAR", "status": "VARCHAR", "reason": "VARCHAR", "balance_transaction": "JSON"}]') AS data
    FROM page
),

record AS (
    SELECT page_no, unnest(data) AS r, unnest(range(len(data))) AS record_no FROM list
)

SELECT
    r.id AS refund_id,
    coalesce(r.charge ->> '$.id', r.charge ->> '$') AS payment_id,
    from_unix(r.created) AS created_at,
    local_date(coalesce(l.created_at, from_unix(r.created)), getvariable('time_zone')) AS date,
    coalesce(r.status, '') AS status,
    r.reason AS reason,
    coalesce(from_minor_units(r.amount, r.currency), 0) AS amount,
    upper(r.currency) AS currency,
    coalesce(r.balance_transaction ->> '$.id', r.balance_transaction ->> '$', '') AS balance_transaction_id,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('id', r.id),
        required('created', r.created),
        bad_unix('created', r.created),
        required('currency', r.currency),
        required('amount', r.amount),
        bad_minor_units('amount', r.amount, r.currency)
    ]) AS problem
FROM record
LEFT JOIN core.ledger_entry AS l ON l.workspace = getvariable('workspace') AND l.connection = getvariable('connection')
    AND l.entry_id = coalesce(r.balance_transaction ->> '$.id', r.balance_transaction ->> '$')
