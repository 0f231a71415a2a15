-- What HubSpot refused or cut of the links.
WITH list AS (
    SELECT page_no, from_json(body, '{"results": [{"from": {"id": "VARCHAR"}, "paging": {"next": {"after": "VARCHAR"}}}],
        "errors": [{"category": "VARCHAR", "subCategory": "VARCHAR", "message": "VARCHAR"}]}') AS answer
    FROM page
),

error AS (
    SELECT unnest(answer.errors) AS e FROM list
),

-- A deal whose last page goes on was not read to its end.
cut AS (
    SELECT r."from".id AS deal_id
    FROM (SELECT page_no, unnest(answer.results) AS r FROM list)
    WHERE r."from" IS NOT NULL
    GROUP BY deal_id
    HAVING arg_max(coalesce(r.paging.next.after, ''), page_no) <> ''
)

SELECT note
FROM (
    SELECT 'HubSpot did not give the contacts of some deals: ' || left(e.message, 200) AS note, count(*) AS n
    FROM error
    WHERE coalesce(e.subCategory, '') <> 'crm.associations.NO_ASSOCIATIONS_FOUND'
    GROUP BY e.message
    UNION ALL
    SELECT CASE count(*) WHEN 1 THEN '1 deal is' ELSE count(*) || ' deals are' END || ' with more contacts than HubSpot lists: the rest is left out', count(*)
    FROM cut
)
WHERE n > 0 AND note IS NOT NULL
ORDER BY note
LIMIT 20
