-- Automations whose mails are in no figure of a day.
SELECT count(*) || ' classic automations: their mails are told as totals of all their life, and are in no figure of a day' AS note
FROM (SELECT unnest(CAST(coalesce(body -> '$.automations', '[]') AS JSON[])) FROM page WHERE part = '')
HAVING count(*) > 0
