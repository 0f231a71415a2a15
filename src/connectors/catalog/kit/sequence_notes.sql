-- Sequences are in no figure of a day; those of which Kit tells nothing are named by number.
WITH sequence AS (
    SELECT unnest(from_json(body, '{"sequences": [{"stats": {"sent": "VARCHAR", "recipients": "VARCHAR"}}]}').sequences) AS r FROM page
)

SELECT count(*) || CASE WHEN count(*) = 1 THEN ' sequence: its mails are' ELSE ' sequences: their mails are' END
    || ' told as totals of all their life, and are in no figure of a day' AS note
FROM sequence
HAVING count(*) > 0
UNION ALL
SELECT 'of ' || count(*) || CASE WHEN count(*) = 1 THEN ' sequence' ELSE ' sequences' END || ' Kit tells no number of mails' AS note
FROM sequence
WHERE coalesce(r.stats.sent, r.stats.recipients) IS NULL
HAVING count(*) > 0
