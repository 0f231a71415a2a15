-- Table: core.ledger_entry
-- Grain: balance transaction, signed, in the settlement currency
-- Inputs: page, lists of balance transactions
-- Late data: only `status` moves from pending to available
WITH list AS (
    SELECT
        page_no,
        from_json(listed(body, 'data'), '[{"id": "VARCHAR", "source": "JSON", "reporting_category": "VARCHAR", "type": "VARCHAR",
            "status": "VARCHAR", "created": "VARCHAR", "amount": "VARCHAR", "fee": "VARCHAR", "net": "VARCHAR",
            "currency": "VARCHAR", "exchange_rate": "VARCHAR"}]') AS data
    FROM page
),

record AS (
    SELECT page_no, unnest(data) AS r, unnest(range(len(data))) AS record_no FROM list
)

SELECT
    r.id AS entry_id,
    coalesce(r.source ->> '$.id', r.source ->> '$') AS subject_id,
    coalesce(r.reporting_category, r.type, '') AS category,
    coalesce(r.status, '') AS status,
    from_unix(r.created) AS created_at,
    local_date(from_unix(r.created), getvariable('time_zone')) AS date,
    coalesce(from_minor_units(r.amount, r.currency), 0) AS amount,
    coalesce(from_minor_units(r.fee, r.currency), 0) AS fee,
    coalesce(from_minor_units(r.net, r.currency), 0) AS net,
    upper(r.currency) AS currency,
    TRY_CAST(r.exchange_rate AS DECIMAL(18, 9)) AS exchange_rate,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('id', r.id),
        required('created', r.created),
        bad_unix('created', r.created),
        required('currency', r.currency),
        required('amount', r.amount),
        bad_minor_units('amount', r.amount, r.currency),
        required('fee', r.fee),
        required('net', r.net),
        bad_minor_units('fee', r.fee, r.currency),
        bad_minor_units('net', r.net, r.currency)
    ]) AS problem
FROM record
