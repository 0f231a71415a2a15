-- Claim: payments, refunds and disputes of a day come to what the provider's own ledger has, to 0.01 a currency
-- Columns: workspace, connection, date, currency, difference (ours less the ledger's), says (one sentence)
-- What cannot be compared is left out: days whose ledger may not have been read to their end, connections without a
-- ledger, and amounts converted at a rate that the ledger does not state.
WITH read AS (
    -- The last day that had ended when the ledger was read, wherever on earth.
    SELECT c.workspace, c.connection, CAST(c.read_until - INTERVAL 12 HOUR AS DATE) - 1 AS last_date
    FROM ops.cursor AS c
    SEMI JOIN core.ledger_entry AS l ON l.workspace = c.workspace AND l.connection = c.connection
    WHERE c.stream = 'balance_transactions'
),

entry AS (
    -- What moved for payments, refunds and disputes; fees, payouts and the like are another matter.
    SELECT l.workspace, l.connection, l.subject_id, l.date, l.currency, l.exchange_rate, l.amount
    FROM core.ledger_entry AS l
    WHERE l.category IN ('charge', 'charge_failure', 'partial_capture_reversal', 'refund', 'refund_failure',
        'dispute', 'dispute_reversal')
),

settled AS (
    -- In which currency, and at which rate, a payment or refund went into the ledger.
    SELECT workspace, connection, subject_id, arg_min(currency, date) AS settled_in, arg_min(exchange_rate, date) AS exchange_rate,
        count(DISTINCT currency) AS currencies, sum(amount) AS total
    FROM entry
    GROUP BY workspace, connection, subject_id
),

counted AS (
    SELECT workspace, connection, payment_id AS subject_id, date, currency, amount
    FROM core.payment WHERE is_captured AND status = 'succeeded'
    UNION ALL
    SELECT workspace, connection, refund_id, date, currency, -amount
    FROM core.refund
    WHERE status NOT IN ('failed', 'canceled')
        AND coalesce(balance_transaction_id <> '', coalesce(reason, '') <> 'expired_uncaptured_charge')
),

converted AS (
    -- As the ledger did. Its rate is between minor units, of which some currencies have none: where that
    -- reading does not meet the ledger and the one between whole units does, it was the latter.
    SELECT c.*, s.settled_in, s.exchange_rate, s.currencies, s.total,
        CAST(c.amount AS DECIMAL(38, 6)) * CAST(s.exchange_rate AS DECIMAL(38, 9)) AS by_units,
        CAST(c.amount * CAST(s.exchange_rate AS DOUBLE)
            * power(10, minor_unit_decimals(c.currency) - minor_unit_decimals(s.settled_in)) AS DECIMAL(38, 6)) AS by_minor_units
    FROM counted AS c
    LEFT JOIN settled AS s USING (workspace, connection, subject_id)
    WHERE c.amount <> 0
),

ours AS (
    -- What rounding leaves is no difference: the rate has six digits.
    SELECT workspace, connection, subject_id, date, coalesce(settled_in, currency) AS currency,
        CASE WHEN settled_in IS NULL OR settled_in = currency THEN amount
             WHEN least(abs(by_units - total), abs(by_minor_units - total)) <= 0.01 + abs(total) * 0.000001 THEN total
             ELSE round(by_minor_units, 2) END AS amount,
        settled_in <> currency AND exchange_rate IS NULL OR currencies > 1 AS is_beyond
    FROM converted
    UNION ALL
    SELECT workspace, connection, dispute_id, date, currency, amount, false
    FROM core.dispute_movement
),

-- What came and went again without ever counting, such as a refund that failed.
in_vain AS (
    SELECT workspace, connection, subject_id FROM settled WHERE total = 0
    EXCEPT SELECT workspace, connection, subject_id FROM ours
),

subject AS (
    SELECT workspace, connection, date, currency, subject_id,
        coalesce(sum(amount) FILTER (is_ours), 0) AS counted, coalesce(sum(amount) FILTER (NOT is_ours), 0) AS entered,
        coalesce(bool_or(is_beyond), false) AS is_beyond
    FROM (
        SELECT workspace, connection, date, currency, subject_id, amount, true AS is_ours, is_beyond FROM ours
        UNION ALL
        SELECT workspace, connection, date, currency, subject_id, amount, false, false
        FROM entry ANTI JOIN in_vain USING (workspace, connection, subject_id))
    GROUP BY workspace, connection, date, currency, subject_id
),

day AS (
    SELECT s.workspace, s.connection, s.date, s.currency, sum(s.counted) AS counted, sum(s.entered) AS entered,
        list(coalesce(s.subject_id, 'an entry that names nothing') ORDER BY abs(s.counted - s.entered) DESC, s.subject_id)
            FILTER (abs(s.counted - s.entered) > 0.01) AS subjects
    FROM subject AS s
    JOIN read AS r ON r.workspace = s.workspace AND r.connection = s.connection AND s.date <= r.last_date
    ANTI JOIN (SELECT workspace, connection, subject_id FROM subject WHERE is_beyond) AS b
        ON b.workspace = s.workspace AND b.connection = s.connection AND b.subject_id = s.subject_id
    GROUP BY s.workspace, s.connection, s.date, s.currency
)

SELECT workspace, connection, date, currency, CAST(counted - entered AS DECIMAL(38, 6)) AS difference,
    'payments, refunds and disputes of ' || date || ' come to ' || CAST(counted AS DECIMAL(38, 2)) || ' ' || currency
        || ' where the ledger of ' || connection || ' has ' || CAST(entered AS DECIMAL(38, 2)) || ': '
        || array_to_string(subjects[:5], ', ')
        || CASE WHEN len(subjects) > 5 THEN ' and ' || (len(subjects) - 5) || ' more' ELSE '' END AS says
FROM day
WHERE abs(counted - entered) > 0.01
