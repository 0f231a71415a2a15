-- Custom fields that the connection names for tags and that no contact has.
WITH tag AS (
    SELECT trim(split_part(line, '=', 1)) AS tag, trim(split_part(line, '=', 2)) AS field_id
    FROM (SELECT unnest(CAST(json_extract(CAST(getvariable('settings') AS JSON), '$.fields') AS VARCHAR[])) AS line)
),

contact AS (
    SELECT unnest(json_extract(body, '$.contacts[*]')) AS r FROM page
),

held AS (
    SELECT DISTINCT f ->> '$.id' AS field_id FROM (SELECT unnest(json_extract(r, '$.customFields[*]')) AS f FROM contact)
)

SELECT 'no contact has a value in the custom field ' || field_id || ', which is set for ' || tag || ': look whether it is still there' AS note
FROM tag
WHERE EXISTS (FROM contact) AND field_id NOT IN (SELECT field_id FROM held WHERE field_id IS NOT NULL)
ORDER BY note
LIMIT 20
