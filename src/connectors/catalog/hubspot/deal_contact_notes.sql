-- What HubSpot refused or cut of the links.
WITH list AS (
    SELECT from_json(body, '{"results": [{"paging": {"next": {"after": "VARCHAR"}}}],
        "errors": [{"category": "VARCHAR", "subCategory": "VARCHAR", "message": "VARCHAR"}]}') AS answer
    FROM page
),

error AS (
    SELECT unnest(answer.errors) AS e FROM list
)

SELECT note
FROM (
    SELECT 'HubSpot did not give the contacts of some deals: ' || left(e.message, 200) AS note, count(*) AS n
    FROM error
    WHERE coalesce(e.subCategory, '') <> 'crm.associations.NO_ASSOCIATIONS_FOUND'
    GROUP BY e.message
    UNION ALL
    SELECT count(*) || ' deals are with more contacts than HubSpot lists at once: the rest is left out', count(*)
    FROM (SELECT unnest(answer.results) AS r FROM list)
    WHERE r.paging.next.after IS NOT NULL
)
WHERE n > 0 AND note IS NOT NULL
ORDER BY note
LIMIT 20
