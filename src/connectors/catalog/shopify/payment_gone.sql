-- Table: core.payment
-- Grain: payment of an order that was deleted
-- Inputs: page, the list of orders of the last 60 days; core.payment, core.sales_order
-- Late data: an order that is held and not listed any more was deleted, and counts no more
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
    SELECT o.*, l.page_no, x.r IS NULL AS is_gone
    FROM core.sales_order AS o
    JOIN listing AS l ON o.created_at BETWEEN l.first_at AND l.last_at
    LEFT JOIN listed AS x ON x.r.id = o.order_id
    WHERE o.workspace = getvariable('workspace') AND o.connection = getvariable('connection')
),

gone AS (
    -- Many at once are no deletions but a list that is cut.
    SELECT * FROM held
    WHERE is_gone AND (SELECT count(*) FILTER (is_gone) <= greatest(3, count(*) / 10) FROM held)
)

SELECT
    p.* EXCLUDE (workspace, connection, load_id),
    true AS is_absent,
    gone.page_no,
    CAST(0 AS INTEGER) AS record_no,
    CAST(NULL AS VARCHAR) AS problem
FROM gone
JOIN core.payment AS p ON p.workspace = gone.workspace AND p.connection = gone.connection AND list_contains(gone.payment_ids, p.payment_id)
