-- Claim: opens and clicks of a mail only grow
-- Told in status and reports (column `says`); it holds no report.
-- Where they fall the vendor counts anew, as after a change of the account's filters for machines: the figures of the
-- mail are restated, and rates of before and after do not compare.
WITH fallen AS (
    SELECT
        m.workspace, m.connection, m.mail_id, m.sent_date, CAST(h.superseded_at AS DATE) AS changed_date,
        coalesce(m.unique_opens < h.unique_opens, false) AS opens_fell,
        coalesce(m.unique_clicks < h.unique_clicks, false) AS clicks_fell
    FROM core.mail AS m
    JOIN history.mail AS h USING (workspace, connection, mail_id)
    -- Clicks by one may be taken back; a filter takes more.
    WHERE m.unique_opens < h.unique_opens * 0.98 - 1 OR m.unique_clicks < h.unique_clicks * 0.98 - 1
    QUALIFY row_number() OVER (PARTITION BY m.workspace, m.connection, m.mail_id ORDER BY h.superseded_at DESC) = 1
)

SELECT
    workspace,
    connection,
    sent_date AS date,
    CASE WHEN bool_or(opens_fell) AND bool_or(clicks_fell) THEN 'Opens and clicks'
         WHEN bool_or(opens_fell) THEN 'Opens' ELSE 'Clicks' END
        || ' of ' || count(*) || CASE WHEN count(*) = 1 THEN ' mail' ELSE ' mails' END || ' of ' || connection || ' that went out on '
        || sent_date || ' fell on ' || max(changed_date)
        || ': the vendor counts anew, and rates of mails from before and after that do not compare.' AS says
FROM fallen
GROUP BY workspace, connection, sent_date
ORDER BY date DESC
