-- Accounts under the manager that are neither read nor said to be left out.
WITH client AS (
    SELECT unnest(from_json(body, '{"results": [{"customerClient": {
        "id": "VARCHAR", "descriptiveName": "VARCHAR", "manager": "VARCHAR", "status": "VARCHAR"}}]}').results).customerClient AS c
    FROM page
),

named AS (
    SELECT unnest(list_concat(
        CAST(json_extract(CAST(getvariable('settings') AS JSON), '$.customer_ids') AS VARCHAR[]),
        CAST(json_extract(CAST(getvariable('settings') AS JSON), '$.ignored_customer_ids') AS VARCHAR[]))) AS id
),

other AS (
    SELECT DISTINCT c.id AS id, coalesce(' (' || nullif(left(c.descriptiveName, 60), '') || ')', '') AS name
    FROM client
    WHERE coalesce(c.manager, 'false') <> 'true' AND coalesce(c.status, 'ENABLED') = 'ENABLED'
        AND c.id NOT IN (SELECT id FROM named) AND 'all' NOT IN (SELECT id FROM named)
)

SELECT count(*) || CASE count(*) WHEN 1 THEN ' account' ELSE ' accounts' END || ' under the manager ' || getvariable('partition')
    || CASE count(*) WHEN 1 THEN ' is' ELSE ' are' END || ' not read: ' || array_to_string(list_sort(list(id || name))[:10], ', ')
    || CASE WHEN count(*) > 10 THEN ' and ' || (count(*) - 10) || ' more' ELSE '' END
    || '; add them to customer_ids, or to ignored_customer_ids' AS note
FROM other
HAVING count(*) > 0
