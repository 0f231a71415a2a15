-- Claim: people who joined a mailing list on a day stay counted on it
-- Told in status and reports (column `says`); it holds no report.
-- Where somebody deletes people at the vendor, its past shrinks: nobody left, and the day did have them.
WITH first_told AS (
    SELECT workspace, connection, list_id, date, max(joined) AS joined
    FROM history.audience_daily
    GROUP BY ALL
)

SELECT
    a.workspace,
    a.connection,
    a.date,
    f.joined || ' people joined the list ' || a.list_id || ' of ' || a.connection || ' on ' || a.date
        || '; the vendor now shows ' || a.joined || ': people were deleted there since.' AS says
FROM core.audience_daily AS a
JOIN first_told AS f USING (workspace, connection, list_id, date)
WHERE a.joined < f.joined
ORDER BY a.date DESC
