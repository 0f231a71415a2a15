-- Where Google ended a list of parts at one of its limits although the day has more clicks.
WITH answer AS (
    SELECT
        part,
        from_json(body, '{"rows": [{"keys": ["VARCHAR"], "clicks": "VARCHAR"}]}').rows AS rows
    FROM page
),

record AS (
    SELECT part, r.keys[1] AS day, r.keys[2] AS value, max(whole_number(r.clicks)) AS clicks
    FROM (SELECT part, unnest(rows) AS r FROM answer)
    GROUP BY ALL
),

listed AS (
    SELECT part, day, count(*) AS rows, sum(clicks) AS clicks FROM record WHERE part <> '' AND value IS NOT NULL GROUP BY ALL
)

SELECT 'Google ended the list of ' || CASE l.part WHEN 'query' THEN 'queries' WHEN 'country' THEN 'countries' ELSE l.part || 's' END
    || ' of ' || l.day || ' at ' || CASE l.rows WHEN 5000 THEN '5,000' ELSE '50,000' END || ' rows: they hold '
    || coalesce(l.clicks, 0) || ' of ' || t.clicks || ' clicks' AS note
FROM listed AS l
JOIN record AS t ON t.part = '' AND t.day = l.day
WHERE l.rows IN (5000, 50000) AND coalesce(l.clicks, 0) < t.clicks
ORDER BY ALL
