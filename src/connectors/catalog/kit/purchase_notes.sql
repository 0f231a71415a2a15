-- Purchases of shops that the setting does not name: told, so that no revenue is missing in silence.
SELECT count(*) || CASE WHEN count(*) = 1 THEN ' purchase of ' ELSE ' purchases of ' END || string_agg(DISTINCT lower(coalesce(nullif(r.source, ''), 'kit')), ', ' ORDER BY lower(coalesce(nullif(r.source, ''), 'kit')))
    || CASE WHEN count(*) = 1 THEN ' is' ELSE ' are' END || ' not counted: purchase_sources does not name the shop' AS note
FROM (SELECT unnest(from_json(body, '{"purchases": [{"source": "VARCHAR"}]}').purchases) AS r FROM page)
WHERE NOT list_contains(
    CAST(CAST(getvariable('settings') AS JSON) -> '$.purchase_sources' AS VARCHAR[]), lower(coalesce(nullif(r.source, ''), 'kit'))
)
HAVING count(*) > 0
