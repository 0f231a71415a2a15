-- Table: core.dispute_movement
-- Grain: ledger entry of a dispute: what it took or gave back, in the settlement currency
-- Inputs: page, lists of disputes and single ones, each with its ledger entries
-- Late data: all movements of a changed dispute are replaced together
-- Rules: disputes of before the first day are listed for those that are decided later
WITH list AS (
    SELECT
        page_no,
        json_type(body, '$.data') = 'ARRAY' AS is_list,
        from_json(listed(body, 'data'), '[{"id": "VARCHAR", "charge": "JSON", "balance_transactions": [{"id": "VARCHAR",
            "created": "VARCHAR", "amount": "VARCHAR", "fee": "VARCHAR", "currency": "VARCHAR"}]}]') AS data
    FROM page
),

record AS (
    SELECT page_no, is_list, unnest(data) AS r, unnest(range(len(data))) AS record_no FROM list
),

movement AS (
    SELECT page_no, record_no, is_list, r.id AS dispute_id, r.charge AS charge, unnest(r.balance_transactions) AS m FROM record
)

SELECT
    dispute_id,
    m.id AS movement_id,
    coalesce(charge ->> '$.id', charge ->> '$') AS payment_id,
    from_unix(m.created) AS created_at,
    local_date(from_unix(m.created), getvariable('time_zone')) AS date,
    coalesce(from_minor_units(m.amount, m.currency), 0) AS amount,
    coalesce(from_minor_units(m.fee, m.currency), 0) AS fee,
    upper(m.currency) AS currency,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('id', dispute_id),
        required('balance_transactions.id', m.id),
        required('balance_transactions.created', m.created),
        bad_unix('balance_transactions.created', m.created),
        required('balance_transactions.currency', m.currency),
        required('balance_transactions.amount', m.amount),
        bad_minor_units('balance_transactions.amount', m.amount, m.currency),
        bad_minor_units('balance_transactions.fee', m.fee, m.currency)
    ]) AS problem
FROM movement
WHERE NOT coalesce(is_list, false)
    OR coalesce(local_date(from_unix(m.created), getvariable('time_zone')) >= TRY_CAST(getvariable('since') AS DATE), true)
