-- What the monthly values leave out.
WITH list AS (
    SELECT from_json(listed(body, 'data'), '[{"status": "VARCHAR", "discounts": "JSON", "items": {"data": [{"discounts": "JSON"}]}}]') AS data
    FROM page
),

record AS (
    SELECT unnest(data) AS r FROM list
)

SELECT note
FROM (
    SELECT count(*) FILTER (coalesce(json_array_length(r.discounts), 0) > 0 AND json_type(r.discounts, '$[0]') = 'VARCHAR')
            || ' subscriptions came with discounts unopened: their monthly value is too high' AS note,
        count(*) FILTER (coalesce(json_array_length(r.discounts), 0) > 0 AND json_type(r.discounts, '$[0]') = 'VARCHAR') AS n
    FROM record
    UNION ALL
    SELECT count(*) FILTER (len(list_filter(r.items.data, lambda i: coalesce(json_array_length(i.discounts), 0) > 0)) > 0)
            || ' subscriptions have discounts on single items, which Stripe does not open in lists: their monthly value is too high',
        count(*) FILTER (len(list_filter(r.items.data, lambda i: coalesce(json_array_length(i.discounts), 0) > 0)) > 0)
    FROM record
)
WHERE n > 0
