-- Table: core.dispute
-- Grain: dispute as it stands, dated by its opening, in the currency of the payment
-- Inputs: page, lists of disputes and single ones
-- Late data: a dispute goes on for months: events tell, and it is asked for again
WITH list AS (
    SELECT
        page_no,
        from_json(listed(body, 'data'), '[{"id": "VARCHAR", "charge": "JSON", "created": "VARCHAR", "amount": "VARCHAR",
            "currency": "VARCHAR", "status": "VARCHAR", "reason": "VARCHAR"}]') AS data
    FROM page
),

record AS (
    SELECT page_no, unnest(data) AS r, unnest(range(len(data))) AS record_no FROM list
)

SELECT
    r.id AS dispute_id,
    coalesce(r.charge ->> '$.id', r.charge ->> '$') AS payment_id,
    from_unix(r.created) AS created_at,
    local_date(from_unix(r.created), getvariable('time_zone')) AS date,
    r.status AS status,
    r.reason AS reason,
    coalesce(from_minor_units(r.amount, r.currency), 0) AS amount,
    upper(r.currency) AS currency,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('id', r.id),
        required('created', r.created),
        bad_unix('created', r.created),
        required('status', r.status),
        required('currency', r.currency),
        required('amount', r.amount),
        bad_minor_units('amount', r.amount, r.currency)
    ]) AS problem
FROM record
