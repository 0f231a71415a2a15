-- Purchases of shops that the setting does not name: told, so that no revenue is missing in silence.
SELECT count(*) || ' purchases of ' || string_agg(DISTINCT lower(coalesce(nullif(r.source, ''), 'kit')), ', ' ORDER BY lower(coalesce(nullif(r.source, ''), 'kit')))
    || ' are not counted: purchase_sources does not name them' AS note
FROM (SELECT unnest(from_json(body, '{"purchases": [{"source": "VARCHAR"}]}').purchases) AS r FROM page)
WHERE NOT list_contains(
    CAST(CAST(getvariable('settings') AS JSON) -> '$.purchase_sources' AS VARCHAR[]), lower(coalesce(nullif(r.source, ''), 'kit'))
)
HAVING count(*) > 0
