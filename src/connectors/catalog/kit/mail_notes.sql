-- How much of what the account sent is broadcasts, where all of its days are held; and mails that Kit has no figures of.
WITH told AS (
    SELECT
        TRY_CAST(body ->> '$.stats.sent' AS BIGINT) AS sent,
        TRY_CAST(left(body ->> '$.stats.starting', 10) AS DATE) AS first_date,
        TRY_CAST(left(body ->> '$.stats.ending', 10) AS DATE) AS last_date
    FROM page
    WHERE part = 'totals'
),

held AS (
    SELECT t.sent, t.first_date, t.last_date, coalesce(sum(m.sent), 0) AS broadcasts
    FROM told AS t
    LEFT JOIN core.mail AS m ON m.workspace = getvariable('workspace') AND m.connection = getvariable('connection')
        AND m.sent_date BETWEEN t.first_date AND t.last_date
    WHERE (
        SELECT count(DISTINCT c.date) FROM ops.coverage AS c
        WHERE c.workspace = getvariable('workspace') AND c.connection = getvariable('connection') AND c.stream = 'mails'
            AND c.date BETWEEN t.first_date AND t.last_date
    ) >= date_diff('day', t.first_date, t.last_date)
    GROUP BY ALL
)

SELECT 'Kit sent ' || sent || ' mails from ' || first_date || ' to ' || last_date || ', of which ' || broadcasts
    || ' are broadcasts: ' || (sent - broadcasts) || ' (' || CAST(round(100.0 * (sent - broadcasts) / sent, 1) AS DECIMAL(9, 1))
    || ' %) went out otherwise, as by sequences, and are in no figure of a day' AS note
FROM held
WHERE sent > broadcasts
UNION ALL
SELECT count(*) || CASE WHEN count(*) = 1 THEN ' broadcast' ELSE ' broadcasts' END || ' without figures: Kit keeps them five years' AS note
FROM (SELECT unnest(from_json(body, '{"broadcasts": [{"send_at": "VARCHAR", "stats": {"recipients": "VARCHAR", "status": "VARCHAR"}}]}').broadcasts) AS r
    FROM page WHERE part = '')
WHERE r.send_at IS NOT NULL AND r.stats.recipients IS NULL AND coalesce(r.stats.status, '') NOT IN ('draft', 'scheduled')
HAVING count(*) > 0
