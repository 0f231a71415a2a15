-- Table: core.payment
-- Grain: transaction of real money, in its currency and major units; only those that succeeded count
-- Inputs: page, lists of transactions; core.contact for who paid
-- Late data: 90 days are read again each time, as a status or a refund moves no date
WITH record AS (
    SELECT page_no, unnest(json_extract(body, '$.data[*]')) AS r, unnest(range(len(json_extract(body, '$.data[*]')))) AS record_no FROM page
),

named AS (
    SELECT
        page_no,
        record_no,
        r,
        lower(r ->> '$.status') AS status,
        nullif(r ->> '$.amount', '') AS amount,
        coalesce((r ->> '$.liveMode') = 'false', false) AS is_test,
        replace(r ->> '$.createdAt', 'Z', '') AS created
    FROM record
)

SELECT
    n.r ->> '$._id' AS payment_id,
    nullif(n.r ->> '$.contactId', '') AS customer_id,
    coalesce(pseudonym(n.r ->> '$.contactEmail'), c.person_key) AS person_key,
    TRY_CAST(n.created AS TIMESTAMP) AS created_at,
    local_date(TRY_CAST(n.created AS TIMESTAMP), getvariable('time_zone')) AS date,
    coalesce(n.r ->> '$.status', '') AS status,
    coalesce(n.status IN ('succeeded', 'refunded', 'partially_refunded'), false) AND NOT n.is_test AS is_captured,
    false AS is_disputed,
    CASE WHEN n.status IN ('succeeded', 'refunded', 'partially_refunded') AND NOT n.is_test THEN TRY_CAST(n.amount AS DECIMAL(18, 6)) ELSE 0 END AS amount,
    upper(n.r ->> '$.currency') AS currency,
    CAST(NULL AS VARCHAR) AS source,
    CAST(NULL AS VARCHAR) AS medium,
    CAST(NULL AS VARCHAR) AS campaign,
    CAST(NULL AS VARCHAR) AS balance_transaction_id,
    CAST(NULL AS BOOLEAN) AS is_receipt_key,
    n.is_test AS is_test,
    n.page_no,
    CAST(n.record_no AS INTEGER) AS record_no,
    problems([
        required('_id', n.r ->> '$._id'),
        required('createdAt', n.created),
        bad_instant('createdAt', n.created),
        required('currency', n.r ->> '$.currency'),
        required('status', n.r ->> '$.status'),
        required('amount', n.amount),
        bad_decimal('amount', n.amount)
    ]) AS problem
FROM named AS n
LEFT JOIN core.contact AS c ON c.workspace = getvariable('workspace') AND c.connection = getvariable('connection')
    AND c.contact_id = (n.r ->> '$.contactId')
