-- Properties that the user may see and that are neither read nor said to be left out.
WITH entry AS (
    SELECT unnest(from_json(body, '{"siteEntry": [{"siteUrl": "VARCHAR", "permissionLevel": "VARCHAR"}]}').siteEntry) AS e
    FROM page
),

named AS (
    SELECT unnest(list_concat(
        CAST(json_extract(CAST(getvariable('settings') AS JSON), '$.sites') AS VARCHAR[]),
        CAST(json_extract(CAST(getvariable('settings') AS JSON), '$.ignored_sites') AS VARCHAR[]))) AS site
),

other AS (
    SELECT DISTINCT left(e.siteUrl, 120) AS site
    FROM entry
    -- Owners who never proved it see nothing.
    WHERE e.permissionLevel <> 'siteUnverifiedUser'
        AND e.siteUrl NOT IN (SELECT site FROM named) AND 'all' NOT IN (SELECT site FROM named)
)

SELECT count(*) || CASE count(*) WHEN 1 THEN ' property' ELSE ' properties' END || ' of the user'
    || CASE count(*) WHEN 1 THEN ' is' ELSE ' are' END || ' not read: ' || array_to_string(list_sort(list(site))[:10], ', ')
    || CASE WHEN count(*) > 10 THEN ' and ' || (count(*) - 10) || ' more' ELSE '' END
    || '; add them to sites, or to ignored_sites' AS note
FROM other
HAVING count(*) > 0
