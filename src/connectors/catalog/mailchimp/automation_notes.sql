-- Automations whose mails are in no figure of a day.
SELECT count(*) || CASE WHEN count(*) = 1 THEN ' classic automation: its mails are' ELSE ' classic automations: their mails are' END
    || ' told as totals of all their life, and are in no figure of a day' AS note
FROM (SELECT unnest(CAST(coalesce(body -> '$.automations', '[]') AS JSON[])) FROM page WHERE part = '')
HAVING count(*) > 0
