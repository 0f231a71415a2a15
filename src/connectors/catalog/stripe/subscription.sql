-- Table: core.subscription
-- Grain: subscription as it stands, with what it is worth a month from each date on
-- Inputs: page, lists of subscriptions and single ones, single coupons and prices; core.customer_discount
-- Late data: events tell of changes, and once a day all are read; a change of plan moves the earlier
--   row to history
-- Rules: docs.stripe.com/billing/subscriptions/analytics and /coupons. Discounts on items come before those on the
--   subscription; each is taken from what the one before left; a subscription without any has its customer's. Those
--   for one invoice only say nothing about a month. What a longer interval pays for was invoiced at its beginning, with
--   the discounts of that day. `mrr` is the value while it counts, so a subscription that ended keeps what it had.
--   `course_unpaused` is what it would be worth if it were not paused or unpaid: so it was until it was.
WITH opened AS (
    -- Single objects are asked for with all that lists leave out.
    SELECT page_no, body, coalesce(body ->> '$.object', '') AS kind, json_type(body, '$.data') = 'ARRAY' AS is_list FROM page
),

list AS (
    SELECT
        page_no,
        from_json(listed(body, 'data'), '[{"id": "VARCHAR", "customer": "JSON", "status": "VARCHAR", "created": "VARCHAR",
            "livemode": "VARCHAR", "billing_cycle_anchor": "VARCHAR", "automatic_tax": {"enabled": "VARCHAR"},
            "start_date": "VARCHAR", "trial_start": "VARCHAR", "trial_end": "VARCHAR", "ended_at": "VARCHAR", "currency": "VARCHAR",
            "pause_collection": "JSON",
            "discounts": "JSON",
            "items": {"has_more": "VARCHAR", "data": [{"quantity": "VARCHAR", "discounts": "JSON", "price": {"id": "VARCHAR",
                "product": "JSON", "unit_amount": "VARCHAR",
                "unit_amount_decimal": "VARCHAR", "currency": "VARCHAR", "billing_scheme": "VARCHAR",
                "tax_behavior": "VARCHAR", "currency_options": "JSON",
                "tiers_mode": "VARCHAR", "tiers": [{"up_to": "BIGINT", "unit_amount": "VARCHAR", "unit_amount_decimal": "VARCHAR",
                    "flat_amount": "VARCHAR", "flat_amount_decimal": "VARCHAR"}],
                "transform_quantity": {"divide_by": "VARCHAR", "round": "VARCHAR"},
                "recurring": {"interval": "VARCHAR", "interval_count": "VARCHAR", "usage_type": "VARCHAR"}}}]}}]') AS data
    FROM opened
    WHERE is_list OR kind NOT IN ('coupon', 'price')
),

record AS (
    -- One that was asked for once more by its id is the latest word.
    SELECT page_no, record_no, r
    FROM (SELECT page_no, unnest(data) AS r, unnest(range(len(data))) AS record_no FROM list)
    QUALIFY row_number() OVER (PARTITION BY coalesce(r.id, page_no || ' ' || record_no) ORDER BY page_no DESC, record_no DESC) = 1
),

offered AS (
    -- What a price is in other currencies comes with single objects only; one of them tells it for all.
    SELECT price_id, any_value(options) AS options
    FROM (
        SELECT i.price.id AS price_id, i.price.currency_options AS options FROM record, unnest(r.items.data) AS u(i)
        UNION ALL SELECT body ->> '$.id', body -> '$.currency_options' FROM opened WHERE NOT coalesce(is_list, false) AND kind = 'price')
    WHERE json_type(options) = 'OBJECT'
    GROUP BY price_id
),

item AS (
    -- One row an item, its unit price in the major unit of the subscription's currency, and how often its interval fits
    -- into a month. The price itself shows its own currency, which may be another.
    SELECT
        page_no,
        record_no,
        item_no,
        i.price.id AS price_id,
        coalesce(i.price.product ->> '$.id', i.price.product ->> '$') AS product,
        i.price.billing_scheme AS scheme,
        i.price.recurring.usage_type AS usage_type,
        CASE i.price.recurring.interval
            WHEN 'day' THEN 365.0 / 12 WHEN 'week' THEN 52.0 / 12 WHEN 'month' THEN 1.0 WHEN 'year' THEN 1.0 / 12
        END / nullif(coalesce(TRY_CAST(i.price.recurring.interval_count AS BIGINT), 1), 0) AS factor,
        CASE i.price.recurring.interval WHEN 'month' THEN 1 WHEN 'year' THEN 12 ELSE 0 END
            * least(greatest(coalesce(TRY_CAST(i.price.recurring.interval_count AS BIGINT), 1), 0), 10000) AS months,
        CASE i.price.recurring.interval WHEN 'day' THEN 1 WHEN 'week' THEN 7 ELSE 0 END
            * least(greatest(coalesce(TRY_CAST(i.price.recurring.interval_count AS BIGINT), 1), 0), 10000) AS days,
        lower(i.price.currency) <> lower(r.currency) AS is_foreign,
        TRY_CAST(CASE WHEN is_foreign THEN coalesce(offer ->> '$.unit_amount_decimal', offer ->> '$.unit_amount')
                      ELSE coalesce(i.price.unit_amount_decimal, i.price.unit_amount) END AS DOUBLE)
            / power(10, minor_unit_decimals(r.currency)) AS unit,
        coalesce(TRY_CAST(i.quantity AS BIGINT), 1) AS quantity,
        power(10, minor_unit_decimals(r.currency)) AS minor,
        i.price.tiers_mode AS tiers_mode,
        CASE WHEN is_foreign THEN from_json(offer -> '$.tiers', '[{"up_to": "BIGINT", "unit_amount": "VARCHAR", "unit_amount_decimal": "VARCHAR",
            "flat_amount": "VARCHAR", "flat_amount_decimal": "VARCHAR"}]') ELSE i.price.tiers END AS tiers,
        coalesce(offer ->> '$.tax_behavior', i.price.tax_behavior) = 'inclusive' AS is_taxed,
        i.discounts AS discounts,
        TRY_CAST(i.price.transform_quantity.divide_by AS BIGINT) AS divide_by,
        i.price.transform_quantity.round AS round_to
    FROM (
        SELECT a.*, CASE WHEN lower(a.i.price.currency) <> lower(a.r.currency) THEN json_extract(o.options, '$.' || lower(a.r.currency)) END AS offer
        FROM (SELECT page_no, record_no, r, unnest(r.items.data) AS i, unnest(range(len(r.items.data))) AS item_no FROM record) AS a
        LEFT JOIN offered AS o ON o.price_id = a.i.price.id)
),

price AS (
    -- Tiers come only with the price itself, and in its own currency.
    SELECT body ->> '$.id' AS price_id,
        from_json(body -> '$.tiers', '[{"up_to": "BIGINT", "unit_amount": "VARCHAR", "unit_amount_decimal": "VARCHAR",
            "flat_amount": "VARCHAR", "flat_amount_decimal": "VARCHAR"}]') AS tiers
    FROM opened WHERE NOT coalesce(is_list, false) AND kind = 'price'
    QUALIFY row_number() OVER (PARTITION BY body ->> '$.id' ORDER BY page_no DESC) = 1
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
    FROM (SELECT item.* EXCLUDE (tiers), coalesce(item.tiers, CASE WHEN NOT coalesce(is_foreign, false) THEN price.tiers END) AS tiers
          FROM item LEFT JOIN price USING (price_id)),
        unnest(tiers) AS u(t)
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

priced AS (
    -- What an item puts on each of its invoices.
    SELECT
        page_no,
        record_no,
        item_no,
        product,
        factor,
        months,
        days,
        is_foreign,
        is_taxed,
        CASE WHEN coalesce(usage_type, '') = 'metered' THEN 0
             WHEN scheme = 'tiered' THEN tiered.amount
             ELSE unit * CASE WHEN divide_by IS NULL THEN quantity
                              WHEN round_to = 'down' THEN floor(quantity / divide_by)
                              ELSE ceil(quantity / divide_by) END END AS amount
    FROM item
    LEFT JOIN tiered USING (page_no, record_no, item_no)
),

subscription AS (
    SELECT
        page_no,
        record_no,
        bool_or(amount IS NULL) AS is_unpriced,
        bool_or(amount IS NULL AND is_foreign) AS is_unoffered,
        coalesce(bool_or(is_taxed), false) AS is_taxed,
        max(months * 31 + days) AS longest,
        bool_or(factor IS NULL) AS is_unspanned,
        count(DISTINCT product) AS products,
        list({'item_no': CAST(item_no AS BIGINT), 'product': product, 'factor': CAST(factor AS DOUBLE), 'amount': CAST(amount AS DOUBLE)} ORDER BY item_no) AS items
    FROM priced
    GROUP BY page_no, record_no
),

span_of AS (
    -- How long the intervals are that do not fit into a month once at least, by how often they do.
    SELECT page_no, record_no, factor, any_value(months) AS months, any_value(days) AS days
    FROM priced WHERE factor < 1
    GROUP BY page_no, record_no, factor
),

-- Coupons, with the products they are for where a single object has told them. A coupon that was deleted may be made
-- again under its id with other terms: those that a discount itself carries hold for it.
told AS (
    SELECT unnest(list_concat(
        CASE WHEN kind = 'coupon' THEN [body] ELSE [] END,
        coalesce(CAST(json_extract(body, '$.discounts[*].source.coupon') AS JSON[]), []))) AS coupon
    FROM opened WHERE NOT coalesce(is_list, false)
),

coupon AS (
    SELECT coupon ->> '$.id' AS coupon_id, coupon_terms(coupon) AS terms, from_unix(coupon ->> '$.created') AS made_at, any_value(coupon) AS coupon
    FROM told WHERE json_type(coupon) = 'OBJECT'
    GROUP BY ALL
),

newest_coupon AS (
    SELECT coupon_id, arg_max(coupon, coalesce(made_at, TIMESTAMP '1970-01-01')) AS coupon, arg_max(made_at, made_at) AS made_at
    FROM coupon
    GROUP BY coupon_id
),

given AS (
    -- Each discount with its place in the order they are taken off.
    SELECT page_no, record_no, CAST(item_no AS BIGINT) AS item_no, unnest(CAST(discounts AS JSON[])) AS d, unnest(range(CAST(json_array_length(discounts) AS BIGINT))) AS place
    FROM item WHERE json_type(discounts) = 'ARRAY'
    UNION ALL
    SELECT page_no, record_no, NULL, unnest(CAST(r.discounts AS JSON[])), unnest(range(CAST(json_array_length(r.discounts) AS BIGINT)))
    FROM record WHERE json_type(r.discounts) = 'ARRAY'
),

named AS (
    SELECT page_no, record_no, item_no, place, d,
        coalesce(d -> '$.source.coupon', d -> '$.coupon') AS inline,
        coalesce(d ->> '$.source.coupon.id', d ->> '$.coupon.id', d ->> '$.source.coupon', d ->> '$.coupon') AS coupon_id
    FROM given
),

discount AS (
    SELECT
        page_no,
        record_no,
        item_no,
        place,
        -- One that was made after the discount began is another one under the same id.
        coalesce(json_type(n.inline), '') <> 'OBJECT' AND (o.coupon IS NULL OR coalesce(o.made_at > from_unix(d ->> '$.start'), false)) AS is_unopened,
        coalesce(json_type(n.inline), '') = 'OBJECT' AND c.coupon IS NULL AND (n.inline -> '$.applies_to') IS NULL AS is_vague,
        from_unix(d ->> '$.start') AS starts_at,
        from_unix(d ->> '$.end') AS ends_at,
        CASE WHEN coalesce(json_type(n.inline), '') = 'OBJECT' THEN coalesce(c.coupon, n.inline) ELSE o.coupon END AS coupon
    FROM named AS n
    LEFT JOIN coupon AS c ON c.coupon_id = n.coupon_id AND json_type(n.inline) = 'OBJECT' AND c.terms = coupon_terms(n.inline)
        AND c.made_at IS NOT DISTINCT FROM from_unix(n.inline ->> '$.created')
    LEFT JOIN newest_coupon AS o ON o.coupon_id = n.coupon_id
),

own AS (
    SELECT
        x.page_no,
        x.record_no,
        x.item_no,
        x.place,
        is_unopened,
        is_vague,
        (coupon ->> '$.amount_off') IS NOT NULL AS is_amount,
        false AS is_customers,
        local_date(starts_at, getvariable('time_zone')) AS from_date,
        local_date(ends_at, getvariable('time_zone')) AS until_date,
        TRY_CAST((coupon ->> '$.percent_off') AS DOUBLE) AS percent_off,
        TRY_CAST(CASE WHEN lower(coalesce(coupon ->> '$.currency', s.r.currency)) = lower(s.r.currency) THEN (coupon ->> '$.amount_off')
            ELSE json_extract_string(coupon, '$.currency_options.' || lower(s.r.currency) || '.amount_off') END AS DOUBLE)
            / power(10, minor_unit_decimals(s.r.currency)) AS amount_off,
        TRY_CAST((coupon -> '$.applies_to.products') AS VARCHAR[]) AS products
    FROM discount AS x JOIN record AS s ON s.page_no = x.page_no AND s.record_no = x.record_no
    WHERE coalesce(coupon ->> '$.duration', '') <> 'once'
    UNION ALL
    SELECT s.page_no, s.record_no, NULL, 1000, false, false, len(c.amounts) > 0, true,
        local_date(c.started_at, getvariable('time_zone')), local_date(c.ends_at, getvariable('time_zone')),
        CAST(c.percent_off AS DOUBLE),
        CAST(list_filter(c.amounts, lambda a: a.currency = upper(s.r.currency))[1].amount AS DOUBLE),
        c.products
    FROM record AS s
    JOIN core.customer_discount AS c ON c.workspace = getvariable('workspace') AND c.connection = getvariable('connection')
        AND c.customer_id = coalesce(s.r.customer ->> '$.id', s.r.customer ->> '$')
),

discounted AS (
    SELECT
        page_no,
        record_no,
        bool_or(is_unopened) AS is_unopened,
        bool_or(is_vague) AS is_vague,
        bool_or(is_amount AND amount_off IS NULL) AS is_foreign,
        list({'items': NULL::STRUCT(item_no BIGINT, product VARCHAR, factor DOUBLE, amount DOUBLE)[], 'item_no': item_no,
            'is_customers': is_customers, 'from_date': from_date, 'until_date': until_date,
            'percent_off': percent_off, 'amount_off': coalesce(amount_off, 0), 'products': products}
            ORDER BY item_no NULLS LAST, place) FILTER (NOT is_unopened) AS discounts
    FROM own
    GROUP BY page_no, record_no
),

known AS (
    SELECT
        record.page_no,
        record.record_no,
        r,
        is_unpriced,
        is_unoffered,
        is_taxed,
        longest,
        is_unspanned,
        items,
        coalesce(discounts, []) AS discounts,
        json_type(r.pause_collection) IS NOT NULL AND json_type(r.pause_collection) <> 'NULL' AS is_paused,
        CASE WHEN is_unopened THEN 'their discounts could not be opened: the monthly value is too high'
             WHEN is_foreign THEN 'their coupon takes off an amount of another currency: the monthly value may be too high'
             WHEN is_vague AND products > 1 THEN 'the products of their coupon could not be told: the monthly value may be too low'
        END AS doubt,
        local_date(from_unix(coalesce(r.start_date, r.created)), getvariable('time_zone')) AS start_date,
        local_date(from_unix(r.trial_start), getvariable('time_zone')) AS trial_start_date,
        local_date(from_unix(r.trial_end), getvariable('time_zone')) AS trial_end_date,
        local_date(from_unix(r.ended_at), getvariable('time_zone')) AS ended_date,
        coalesce(local_date(from_unix(r.billing_cycle_anchor), getvariable('time_zone')), trial_end_date, start_date) AS anchor_date
    FROM record
    LEFT JOIN subscription USING (page_no, record_no)
    LEFT JOIN discounted USING (page_no, record_no)
),

span AS (
    -- The days in which it counts as far as this state tells: not before its trial has ended, but until a
    -- trial that was given later.
    SELECT page_no, record_no, s.from_date AS from_date, s.until_date AS until_date
    FROM (
        SELECT page_no, record_no, unnest(CASE
            WHEN r.status NOT IN ('active', 'past_due', 'canceled', 'trialing', 'unpaid') OR (r.status = 'canceled' AND r.ended_at IS NULL) THEN []
            WHEN r.trial_end IS NULL THEN [{'from_date': start_date, 'until_date': NULL::DATE}]
            ELSE CASE WHEN trial_start_date > start_date THEN [{'from_date': start_date, 'until_date': trial_start_date}] ELSE [] END
                || CASE WHEN r.status <> 'trialing' THEN [{'from_date': trial_end_date, 'until_date': NULL::DATE}] ELSE [] END
            END) AS s
        FROM known)
),

moved AS (
    -- The dates on which a discount begins or ends: those of the discount, and where an interval is longer those on
    -- which the next one is invoiced.
    SELECT k.page_no, k.record_no, t.date AS date
    FROM known AS k,
        unnest(list_transform(k.discounts, lambda d: d.from_date) || list_transform(k.discounts, lambda d: d.until_date)) AS t(date)
    WHERE t.date IS NOT NULL
    UNION
    SELECT k.page_no, k.record_no, period_after(k.anchor_date, o.months, o.days, t.date)
    FROM known AS k
    JOIN span_of AS o ON o.page_no = k.page_no AND o.record_no = k.record_no,
        unnest(list_transform(k.discounts, lambda d: d.from_date) || list_transform(k.discounts, lambda d: d.until_date)) AS t(date)
    WHERE t.date IS NOT NULL
),

step AS (
    -- The dates from which the value may be another.
    SELECT s.page_no, s.record_no, s.from_date AS date FROM span AS s
    UNION
    SELECT s.page_no, s.record_no, t.date
    FROM span AS s
    JOIN moved AS t ON t.page_no = s.page_no AND t.record_no = s.record_no
    WHERE t.date > s.from_date AND (s.until_date IS NULL OR t.date < s.until_date)
),

invoice AS (
    -- Items of different intervals share some invoices: one with the yearly item has the monthly ones too. Each
    -- kind of invoice with how many there are in a month, its items, and the discounts that hold on the date; those
    -- of the customer where no other holds for the whole.
    SELECT
        page_no,
        record_no,
        date,
        factor - coalesce(lead(factor) OVER (PARTITION BY page_no, record_no, date ORDER BY factor DESC), 0) AS times,
        list_filter(items, lambda i: i.factor >= factor) AS items,
        CASE WHEN len(list_filter(holding, lambda d: d.item_no IS NULL AND NOT d.is_customers)) > 0
             THEN list_filter(holding, lambda d: NOT d.is_customers) ELSE holding END AS discounts
    FROM (
        SELECT f.*, list_filter(discounts, lambda d: coalesce(d.from_date <= invoiced_date, true) AND coalesce(d.until_date > invoiced_date, true)) AS holding
        FROM (
            SELECT i.*, greatest(coalesce(period_start(anchor_date, o.months, o.days, date), date), least(start_date, date)) AS invoiced_date
            FROM (
                SELECT page_no, record_no, date, items, discounts, anchor_date, start_date,
                    unnest(list_distinct(list_transform(items, lambda i: i.factor))) AS factor
                FROM step JOIN known USING (page_no, record_no)
                WHERE NOT coalesce(is_unpriced OR is_unspanned, true)) AS i
            LEFT JOIN span_of AS o ON o.page_no = i.page_no AND o.record_no = i.record_no AND o.factor = i.factor) AS f)
),

billed AS (
    SELECT page_no, record_no, date, times,
        list_reduce(discounts, lambda so_far, d: {
            'items': list_transform(so_far.items, lambda i: {'item_no': i.item_no, 'product': i.product, 'factor': i.factor,
                'amount': CASE
                    WHEN d.item_no <> i.item_no OR NOT list_contains(d.products, i.product) THEN i.amount
                    WHEN d.percent_off IS NOT NULL THEN i.amount * (1 - least(d.percent_off, 100) / 100)
                    -- An amount is shared out over the items it is for.
                    ELSE i.amount - i.amount * coalesce(least(1, d.amount_off / nullif(list_sum(list_transform(list_filter(so_far.items,
                        lambda o: NOT coalesce(d.item_no <> o.item_no OR NOT list_contains(d.products, o.product), false)),
                        lambda o: o.amount)), 0)), 0) END}),
            'item_no': NULL, 'is_customers': NULL, 'from_date': NULL, 'until_date': NULL, 'percent_off': NULL, 'amount_off': NULL, 'products': NULL},
            {'items': items, 'item_no': NULL, 'is_customers': NULL, 'from_date': NULL, 'until_date': NULL, 'percent_off': NULL, 'amount_off': NULL, 'products': NULL}
        ).items AS items
    FROM invoice
),

worth AS (
    SELECT page_no, record_no, date, greatest(0, sum(times * list_sum(list_transform(items, lambda i: i.amount)))) AS monthly
    FROM billed
    GROUP BY page_no, record_no, date
),

point AS (
    SELECT page_no, record_no, date, TRY_CAST(round(monthly, 6) AS DECIMAL(18, 6)) AS mrr FROM worth
    UNION ALL
    SELECT page_no, record_no, until_date, 0 FROM span WHERE until_date IS NOT NULL
),

course AS (
    SELECT page_no, record_no,
        bool_or(mrr IS NULL) AS is_too_large,
        list({'from_date': date, 'mrr': mrr} ORDER BY date) AS course
    FROM (SELECT page_no, record_no, date, max(mrr) AS mrr FROM point GROUP BY page_no, record_no, date)
    GROUP BY page_no, record_no
)

SELECT
    r.id AS subscription_id,
    coalesce(r.customer ->> '$.id', r.customer ->> '$') AS customer_id,
    coalesce(r.status, '') AS status,
    from_unix(coalesce(r.start_date, r.created)) AS started_at,
    coalesce(trial_end_date, start_date) AS counts_from_date,
    from_unix(r.ended_at) AS ended_at,
    ended_date,
    is_paused,
    CAST(CASE WHEN r.status = 'trialing' OR is_paused OR r.status = 'unpaid' THEN 0 ELSE coalesce(list_last(list_filter(course, lambda c: c.from_date
        <= local_date(least(coalesce(from_unix(r.ended_at), from_unix(getvariable('fetched_unix'))), from_unix(getvariable('fetched_unix'))),
            getvariable('time_zone')))).mrr, 0) END AS DECIMAL(18, 6)) AS mrr,
    upper(r.currency) AS currency,
    CAST(CASE WHEN is_paused OR r.status = 'unpaid' THEN [] ELSE coalesce(course, []) END
        AS STRUCT(from_date DATE, mrr DECIMAL(18, 6))[]) AS course,
    3 AS revision,
    doubt,
    CAST(coalesce(course, []) AS STRUCT(from_date DATE, mrr DECIMAL(18, 6))[]) AS course_unpaused,
    CAST(coalesce(r.livemode = 'false', false) AS BOOLEAN) AS is_test,
    CAST(CASE WHEN is_taxed THEN 'inclusive' WHEN r.automatic_tax.enabled = 'true' THEN 'automatic' END AS VARCHAR) AS tax,
    CAST(longest AS INTEGER) AS longest_interval_days,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('id', r.id),
        required('start_date', coalesce(r.start_date, r.created)),
        bad_unix('start_date', coalesce(r.start_date, r.created)),
        bad_unix('ended_at', r.ended_at),
        bad_unix('trial_end', r.trial_end),
        required('currency', r.currency),
        required('status', r.status),
        CASE WHEN r.items.data IS NULL THEN 'items is missing' END,
        CASE WHEN is_unoffered THEN 'an item is priced in another currency, and its price in ' || upper(r.currency) || ' could not be read'
             WHEN is_unpriced THEN 'an item has no price that can be told' END,
        CASE WHEN is_unspanned THEN 'an item has no billing interval' END,
        CASE WHEN r.items.has_more = 'true' THEN 'more than 20 items: its monthly value cannot be told' END,
        CASE WHEN is_too_large THEN 'the monthly value does not fit an amount' END
    ]) AS problem
FROM known
LEFT JOIN course USING (page_no, record_no)
