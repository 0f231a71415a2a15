-- Table: core.earlier_payer
-- Grain: captured charge before the connection's first day: who paid, not how much
-- Inputs: page, lists of charges
-- Late data: none; read once, so that only those who never paid before are new customers
WITH list AS (
    SELECT
        page_no,
        from_json(listed(body, 'data'), '[{"id": "VARCHAR", "created": "VARCHAR", "status": "VARCHAR", "captured": "VARCHAR",
            "customer": "JSON", "receipt_email": "VARCHAR", "billing_details": {"email": "VARCHAR"}}]') AS data
    FROM page
),

record AS (
    SELECT page_no, unnest(data) AS r, unnest(range(len(data))) AS record_no FROM list
)

SELECT
    r.id AS payment_id,
    coalesce(r.customer ->> '$.id', r.customer ->> '$') AS customer_id,
    -- Where the receipt goes is the payer only where nothing else names one.
    pseudonym(coalesce(nullif(r.billing_details.email, ''),
        CASE WHEN coalesce(r.customer ->> '$.id', r.customer ->> '$') IS NULL THEN r.receipt_email END)) AS person_key,
    local_date(from_unix(r.created), getvariable('time_zone')) AS date,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('id', r.id),
        required('created', r.created),
        bad_unix('created', r.created)
    ]) AS problem
FROM record
WHERE r.status = 'succeeded' AND r.captured = 'true'
