-- Claim: who has a running subscription pays for it through the provider's charges
-- Columns: workspace, connection, currency, says (one sentence)
-- Invoices that are marked as paid elsewhere, or that a customer's credit pays, make no charge: such money is in no
-- revenue. Told are customers without any captured payment in a whole interval and ten days more.
WITH read AS (
    -- Until when payments were read, and since when.
    SELECT c.workspace, c.connection, CAST(c.read_until AS DATE) AS last_date, min(v.date) AS first_date
    FROM ops.cursor AS c
    JOIN ops.coverage AS v ON v.workspace = c.workspace AND v.connection = c.connection AND v.stream = c.stream
    WHERE c.stream = 'charges'
    GROUP BY c.workspace, c.connection, c.read_until
),

running AS (
    SELECT s.workspace, s.connection, s.customer_id, s.currency, s.mrr, r.last_date - s.longest_interval_days - 10 AS since_date
    FROM core.subscription AS s
    JOIN read AS r ON r.workspace = s.workspace AND r.connection = s.connection
    WHERE s.status = 'active' AND NOT s.is_paused AND s.mrr > 0 AND s.customer_id IS NOT NULL AND s.longest_interval_days IS NOT NULL
        AND s.counts_from_date <= r.last_date - s.longest_interval_days - 10
        AND r.first_date <= r.last_date - s.longest_interval_days - 10
),

paid AS (
    SELECT workspace, connection, customer_id, max(date) AS date
    FROM core.payment
    WHERE is_captured AND status = 'succeeded' AND amount > 0
    GROUP BY workspace, connection, customer_id
),

unpaid AS (
    SELECT r.workspace, r.connection, r.currency, count(DISTINCT r.customer_id) AS customers, sum(r.mrr) AS mrr
    FROM running AS r
    LEFT JOIN paid AS p ON p.workspace = r.workspace AND p.connection = r.connection AND p.customer_id = r.customer_id
    WHERE coalesce(p.date < r.since_date, true)
    GROUP BY r.workspace, r.connection, r.currency
)

SELECT workspace, connection, currency,
    'the subscriptions of ' || customers || CASE WHEN customers = 1 THEN ' customer' ELSE ' customers' END || ' of ' || connection
        || ' (' || CAST(mrr AS DECIMAL(38, 2)) || ' ' || currency || ' a month) run without a payment in a whole interval:'
        || ' invoices paid outside Stripe, or from credit, are in no revenue' AS says
FROM unpaid
