-- What the app may not see, of which answers say nothing.
WITH scope AS (
    SELECT list(s.handle) AS handles
    FROM (SELECT unnest(from_json(json_extract(body, '$.data.currentAppInstallation.accessScopes'), '[{"handle": "VARCHAR"}]')) AS s FROM page)
)

SELECT unnest(list_filter([
    CASE WHEN NOT list_contains(handles, 'read_all_orders')
         THEN 'the app lacks the scope read_all_orders: Shopify leaves orders older than 60 days out, and says nothing' END,
    CASE WHEN NOT list_contains(handles, 'read_orders')
         THEN 'the app lacks the scope read_orders: orders cannot be read' END,
    CASE WHEN NOT list_contains(handles, 'read_customers')
         THEN 'the app lacks the scope read_customers: who ordered is not told' END
    ], lambda x: x IS NOT NULL)) AS note
FROM scope
WHERE len(handles) > 0
