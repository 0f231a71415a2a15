-- Table: core.customer_discount
-- Grain: customer with a discount on all subscriptions that have none of their own
-- Inputs: page, lists of customers and single ones
-- Late data: events name customers whose discount came, changed or went
-- Rules: a discount for one invoice only says nothing about a month
WITH list AS (
    SELECT
        page_no,
        json_type(body, '$.data') = 'ARRAY' AS is_list,
        from_json(listed(body, 'data'), '[{"id": "VARCHAR", "deleted": "VARCHAR", "discount": "JSON"}]') AS data
    FROM page
),

record AS (
    SELECT page_no, record_no, is_list, r, coalesce(r.discount -> '$.source.coupon', r.discount -> '$.coupon') AS coupon
    FROM (SELECT page_no, is_list, unnest(data) AS r, unnest(range(len(data))) AS record_no FROM list)
    QUALIFY row_number() OVER (PARTITION BY coalesce(r.id, page_no || ' ' || record_no) ORDER BY page_no DESC, record_no DESC) = 1
),

told AS (
    -- The products a coupon is for come only with a single customer. Made again with other terms it is another coupon.
    SELECT coupon ->> '$.id' AS coupon_id, coupon_terms(coupon) AS terms, coupon ->> '$.created' AS made, any_value(TRY_CAST((coupon -> '$.applies_to.products') AS VARCHAR[])) AS products,
        any_value(coupon -> '$.currency_options') AS options
    FROM record WHERE NOT coalesce(is_list, false)
    GROUP BY ALL
),

priced AS (
    SELECT
        record.*,
        coalesce(TRY_CAST((coupon -> '$.applies_to.products') AS VARCHAR[]), told.products) AS products,
        coalesce((coupon -> '$.currency_options'), told.options) AS options,
        json_type(r.discount) = 'OBJECT' AND json_type(coupon) = 'OBJECT' AND coalesce(coupon ->> '$.duration', '') <> 'once' AS is_there
    FROM record LEFT JOIN told ON told.coupon_id = (coupon ->> '$.id') AND told.terms = coupon_terms(coupon)
        AND told.made IS NOT DISTINCT FROM (coupon ->> '$.created')
)

SELECT
    r.id AS customer_id,
    r.discount ->> '$.id' AS discount_id,
    from_unix(r.discount ->> '$.start') AS started_at,
    from_unix(r.discount ->> '$.end') AS ends_at,
    TRY_CAST((coupon ->> '$.percent_off') AS DECIMAL(9, 6)) AS percent_off,
    list_concat(
        CASE WHEN (coupon ->> '$.amount_off') IS NULL THEN []
             ELSE [{'currency': upper(coupon ->> '$.currency'), 'amount': from_minor_units(coupon ->> '$.amount_off', coupon ->> '$.currency')}] END,
        list_transform(list_filter(coalesce(json_keys(options), []), lambda k: lower(k) <> lower(coalesce(coupon ->> '$.currency', ''))),
            lambda k: {'currency': upper(k), 'amount': from_minor_units(json_extract_string(options, '$.' || k || '.amount_off'), k)})
    ) AS amounts,
    products,
    NOT coalesce(is_there, false) AS is_absent,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('id', r.id),
        CASE WHEN is_there AND (coupon ->> '$.percent_off') IS NULL AND (coupon ->> '$.amount_off') IS NULL
             THEN 'discount: its coupon takes nothing off' END
    ]) AS problem
FROM priced
