-- Mails without figures by name, mails that are in no figure of a day, and halves of tests.
WITH listed AS (
    SELECT unnest(from_json(body, '{"results": [{"id": "VARCHAR", "name": "VARCHAR", "type": "VARCHAR", "isPublished": "VARCHAR",
        "stats": {"counters": {"sent": "VARCHAR"}}}]}').results) AS r
    FROM page
    WHERE part <> 'figures'
),

mail AS (
    SELECT
        r.id AS id,
        any_value(coalesce(r.name, r.id)) AS name,
        any_value(r.type) AS type,
        bool_or(r.stats.counters.sent IS NOT NULL) AS has_figures
    FROM listed
    WHERE r.isPublished = 'true'
    GROUP BY r.id
),

asked AS (
    SELECT parent AS id FROM page WHERE part = 'figures' AND (body ->> '$.aggregate.counters.sent') IS NOT NULL
)

SELECT 'HubSpot tells no figures of ' || count(*) || CASE WHEN count(*) = 1 THEN ' marketing e-mail: ' ELSE ' marketing e-mails: ' END || string_agg(left(without_addresses(name), 60), ', ' ORDER BY id) FILTER (number <= 5)
    || CASE WHEN count(*) > 5 THEN ', …' ELSE '' END AS note
FROM (SELECT *, row_number() OVER (ORDER BY id) AS number FROM mail WHERE NOT has_figures AND id NOT IN (SELECT id FROM asked))
HAVING count(*) > 0
UNION ALL
SELECT count(*) || CASE WHEN count(*) = 1 THEN ' marketing e-mail of an automation or feed: it is told as a total of all its life, and is in no figure of a day'
    ELSE ' marketing e-mails of automations and feeds: they are told as totals of all their life, and are in no figure of a day' END AS note
FROM mail
WHERE coalesce(type, '') NOT IN ('BATCH_EMAIL', 'AB_EMAIL', 'LOCALTIME_EMAIL', 'BLOG_EMAIL_CHILD', 'RSS_EMAIL_CHILD')
HAVING count(*) > 0
UNION ALL
SELECT count(*) || CASE WHEN count(*) = 1 THEN ' marketing e-mail is of an A/B test' ELSE ' marketing e-mails are of A/B tests' END || ': whether HubSpot counts one version within the other is not known' AS note
FROM mail
WHERE type = 'AB_EMAIL'
HAVING count(*) > 0
