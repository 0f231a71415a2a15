-- Table: core.subscription
-- Grain: subscription as it stands, with its monthly recurring value
-- Inputs: page, lists of subscriptions and single ones
-- Late data: events tell of changes, and once a day all are read; a change of plan moves the earlier
--   row to history
-- Rules: docs.stripe.com/billing/subscriptions/analytics; `mrr` is the value while it counts, so a
--   subscription that ended keeps what it had and days before its end can still be told.
WITH list AS (
    SELECT
        page_no,
        from_json(listed(body, 'data'), '[{"id": "VARCHAR", "customer": "JSON", "status": "VARCHAR", "created": "VARCHAR",
            "start_date": "VARCHAR", "trial_end": "VARCHAR", "ended_at": "VARCHAR", "currency": "VARCHAR",
            "pause_collection": "JSON",
            "discounts": "JSON",
            "items": {"has_more": "VARCHAR", "data": [{"quantity": "VARCHAR", "price": {"unit_amount": "VARCHAR",
                "unit_amount_decimal": "VARCHAR", "currency": "VARCHAR", "billing_scheme": "VARCHAR",
                "tiers_mode": "VARCHAR", "tiers": [{"up_to": "BIGINT", "unit_amount": "VARCHAR", "unit_amount_decimal": "VARCHAR",
                    "flat_amount": "VARCHAR", "flat_amount_decimal": "VARCHAR"}],
                "transform_quantity": {"divide_by": "VARCHAR", "round": "VARCHAR"},
                "recurring": {"interval": "VARCHAR", "interval_count": "VARCHAR", "usage_type": "VARCHAR"}}}]}}]') AS data
    FROM page
),

record AS (
    SELECT page_no, unnest(data) AS r, unnest(range(len(data))) AS record_no FROM list
),

item AS (
    -- One row an item, its unit price in the major unit and the months its interval spans.
    SELECT
        page_no,
        record_no,
        item_no,
        i.price.billing_scheme AS scheme,
        i.price.recurring.usage_type AS usage_type,
        CASE i.price.recurring.interval
            WHEN 'day' THEN 365.0 / 12 WHEN 'week' THEN 52.0 / 12 WHEN 'month' THEN 1.0 WHEN 'year' THEN 1.0 / 12
        END / nullif(coalesce(TRY_CAST(i.price.recurring.interval_count AS BIGINT), 1), 0) AS factor,
        TRY_CAST(coalesce(i.price.unit_amount_decimal, i.price.unit_amount) AS DOUBLE)
            / power(10, minor_unit_decimals(coalesce(i.price.currency, r.currency))) AS unit,
        coalesce(TRY_CAST(i.quantity AS BIGINT), 1) AS quantity,
        power(10, minor_unit_decimals(coalesce(i.price.currency, r.currency))) AS minor,
        i.price.tiers_mode AS tiers_mode,
        i.price.tiers AS tiers,
        TRY_CAST(i.price.transform_quantity.divide_by AS BIGINT) AS divide_by,
        i.price.transform_quantity.round AS round_to
    FROM (SELECT page_no, record_no, r, unnest(r.items.data) AS i, unnest(range(len(r.items.data))) AS item_no FROM record)
),

tier AS (
    -- One row a tier, with where it begins and how much of the quantity falls into it: graduated tiers
    -- share the quantity out, of volume tiers the one that holds it prices it all.
    SELECT
        page_no,
        record_no,
        item_no,
        tiers_mode,
        quantity,
        TRY_CAST(coalesce(t.unit_amount_decimal, t.unit_amount, '0') AS DOUBLE) / minor AS unit,
        TRY_CAST(coalesce(t.flat_amount_decimal, t.flat_amount, '0') AS DOUBLE) / minor AS flat,
        coalesce(lag(t.up_to) OVER (PARTITION BY page_no, record_no, item_no ORDER BY t.up_to NULLS LAST), 0) AS above,
        t.up_to AS up_to
    FROM item, unnest(tiers) AS u(t)
    WHERE scheme = 'tiered'
),

tiered AS (
    SELECT
        page_no,
        record_no,
        item_no,
        sum(CASE tiers_mode
            WHEN 'graduated' THEN CASE WHEN quantity > above
                THEN flat + unit * (least(quantity, coalesce(up_to, quantity)) - above) ELSE 0 END
            WHEN 'volume' THEN CASE WHEN (quantity > above OR above = 0) AND (up_to IS NULL OR quantity <= up_to)
                THEN flat + unit * quantity ELSE 0 END END) AS amount
    FROM tier
    GROUP BY page_no, record_no, item_no
),

valued AS (
    SELECT
        page_no,
        record_no,
        sum(CASE WHEN coalesce(usage_type, '') = 'metered' THEN 0
                 WHEN scheme = 'tiered' THEN tiered.amount * factor
                 ELSE unit * factor * CASE WHEN divide_by IS NULL THEN quantity
                                           WHEN round_to = 'down' THEN floor(quantity / divide_by)
                                           ELSE ceil(quantity / divide_by) END END) AS gross,
        max(factor) AS factor,
        bool_or(coalesce(usage_type, '') <> 'metered'
            AND CASE WHEN scheme = 'tiered' THEN tiered.amount IS NULL ELSE unit IS NULL END) AS is_unpriced,
        bool_or(factor IS NULL) AS is_unspanned
    FROM item
    LEFT JOIN tiered USING (page_no, record_no, item_no)
    GROUP BY page_no, record_no
),

discount AS (
    -- Discounts that go on: those for one invoice only say nothing about a month.
    SELECT
        page_no,
        record_no,
        sum(TRY_CAST(coalesce(d ->> '$.source.coupon.percent_off', d ->> '$.coupon.percent_off') AS DOUBLE)) AS percent_off,
        sum(TRY_CAST(coalesce(d ->> '$.source.coupon.amount_off', d ->> '$.coupon.amount_off') AS DOUBLE)
            / power(10, minor_unit_decimals(r.currency))) AS amount_off
    FROM record, unnest(CASE WHEN json_type(r.discounts) = 'ARRAY' THEN CAST(r.discounts AS JSON[]) ELSE [] END) AS t(d)
    WHERE coalesce(d ->> '$.source.coupon.duration', d ->> '$.coupon.duration', '') <> 'once'
      AND (d ->> '$.end' IS NULL OR TRY_CAST(d ->> '$.end' AS BIGINT) > CAST(getvariable('fetched_unix') AS BIGINT))
    GROUP BY page_no, record_no
),

counted AS (
    SELECT
        record.page_no,
        record.record_no,
        r,
        is_unpriced,
        is_unspanned,
        json_type(r.pause_collection) IS NOT NULL AND json_type(r.pause_collection) <> 'NULL' AS is_paused,
        greatest(0, coalesce(gross, 0) * (1 - least(coalesce(percent_off, 0), 100) / 100)
            - coalesce(amount_off, 0) * coalesce(factor, 1)) AS monthly
    FROM record
    LEFT JOIN valued USING (page_no, record_no)
    LEFT JOIN discount USING (page_no, record_no)
)

SELECT
    r.id AS subscription_id,
    coalesce(r.customer ->> '$.id', r.customer ->> '$') AS customer_id,
    coalesce(r.status, '') AS status,
    from_unix(coalesce(r.start_date, r.created)) AS started_at,
    local_date(from_unix(coalesce(r.trial_end, r.start_date, r.created)), getvariable('time_zone')) AS counts_from_date,
    from_unix(r.ended_at) AS ended_at,
    local_date(from_unix(r.ended_at), getvariable('time_zone')) AS ended_date,
    is_paused,
    CASE WHEN is_paused OR r.status NOT IN ('active', 'past_due', 'canceled') OR (r.status = 'canceled' AND r.ended_at IS NULL)
         THEN 0 ELSE coalesce(TRY_CAST(round(monthly, 6) AS DECIMAL(18, 6)), 0) END AS mrr,
    upper(r.currency) AS currency,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('id', r.id),
        required('start_date', coalesce(r.start_date, r.created)),
        bad_unix('start_date', coalesce(r.start_date, r.created)),
        bad_unix('ended_at', r.ended_at),
        required('currency', r.currency),
        required('status', r.status),
        CASE WHEN r.items.data IS NULL THEN 'items is missing' END,
        CASE WHEN is_unpriced THEN 'an item has no price that can be told' END,
        CASE WHEN is_unspanned THEN 'an item has no billing interval' END,
        CASE WHEN r.items.has_more = 'true' THEN 'more than 20 items: its monthly value cannot be told' END,
        CASE WHEN TRY_CAST(round(monthly, 6) AS DECIMAL(18, 6)) IS NULL THEN 'the monthly value does not fit an amount' END
    ]) AS problem
FROM counted
