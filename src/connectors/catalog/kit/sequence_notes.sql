-- Sequences are in no figure of a day; those of which Kit tells nothing are named by number.
WITH sequence AS (
    SELECT unnest(from_json(body, '{"sequences": [{"stats": {"sent": "VARCHAR", "recipients": "VARCHAR"}}]}').sequences) AS r FROM page
)

SELECT count(*) || ' sequences: their mails are told as totals of all their life, and are in no figure of a day' AS note
FROM sequence
HAVING count(*) > 0
UNION ALL
SELECT 'of ' || count(*) || ' sequences Kit tells no number of mails' AS note
FROM sequence
WHERE coalesce(r.stats.sent, r.stats.recipients) IS NULL
HAVING count(*) > 0
