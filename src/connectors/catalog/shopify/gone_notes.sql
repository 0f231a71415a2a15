-- Which orders were deleted in the shop, or seem to be.
WITH listed AS (
    SELECT page_no, unnest(from_json(json_extract(body, '$.data.orders.nodes'), '[{"id": "VARCHAR", "createdAt": "VARCHAR"}]')) AS r FROM page
),

listing AS (
    SELECT min(page_no) AS page_no, min(TRY_CAST(replace(r.createdAt, 'Z', '') AS TIMESTAMP)) AS first_at,
        max(TRY_CAST(replace(r.createdAt, 'Z', '') AS TIMESTAMP)) AS last_at
    FROM listed
),

held AS (
    -- Between the first and the last that is listed: beyond them the list may not reach.
    SELECT o.*, x.r IS NULL AS is_gone
    FROM core.sales_order AS o
    JOIN listing AS l ON o.created_at BETWEEN l.first_at AND l.last_at
    LEFT JOIN listed AS x ON x.r.id = o.order_id
    WHERE o.workspace = getvariable('workspace') AND o.connection = getvariable('connection')
)

SELECT CASE WHEN count(*) FILTER (is_gone) <= greatest(3, count(*) / 10)
    THEN count(*) FILTER (is_gone) || CASE WHEN count(*) FILTER (is_gone) = 1 THEN ' order was' ELSE ' orders were' END
        || ' deleted in the shop and count no more: ' || array_to_string(list(name ORDER BY name) FILTER (is_gone)[:5], ', ')
    ELSE count(*) FILTER (is_gone) || ' of ' || count(*) || ' orders are not in the shop''s list any more: so many are not believed to be deleted,'
        || ' and count on' END AS note
FROM held
HAVING count(*) FILTER (is_gone) > 0
