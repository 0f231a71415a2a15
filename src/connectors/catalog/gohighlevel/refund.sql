-- Table: core.refund
-- Grain: what a transaction gave back since it was seen last; the record has a sum without a day
-- Inputs: page, lists of transactions; core.refund, what was seen before
-- Late data: a refund is of the day on which an answer shows it first
WITH record AS (
    SELECT page_no, unnest(json_extract(body, '$.data[*]')) AS r, unnest(range(len(json_extract(body, '$.data[*]')))) AS record_no FROM page
),

named AS (
    SELECT page_no, record_no, r ->> '$._id' AS payment_id, upper(r ->> '$.currency') AS currency, nullif(r ->> '$.amountRefunded', '') AS refunded
    FROM record
    WHERE coalesce((r ->> '$.liveMode') <> 'false', true)
),

held AS (
    SELECT payment_id, sum(amount) AS amount
    FROM core.refund
    WHERE workspace = getvariable('workspace') AND connection = getvariable('connection')
    GROUP BY payment_id
),

news AS (
    SELECT n.*, TRY_CAST(n.refunded AS DECIMAL(18, 6)) - coalesce(h.amount, 0) AS amount FROM named AS n LEFT JOIN held AS h USING (payment_id)
)

SELECT
    payment_id || '/' || refunded AS refund_id,
    payment_id,
    from_unix(getvariable('fetched_unix')) AS created_at,
    local_date(from_unix(getvariable('fetched_unix')), getvariable('time_zone')) AS date,
    'succeeded' AS status,
    CAST(NULL AS VARCHAR) AS reason,
    amount,
    currency,
    CAST(NULL AS VARCHAR) AS balance_transaction_id,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([required('_id', payment_id), required('currency', currency), bad_decimal('amountRefunded', refunded)]) AS problem
FROM news
WHERE amount > 0 OR (refunded IS NOT NULL AND amount IS NULL)
