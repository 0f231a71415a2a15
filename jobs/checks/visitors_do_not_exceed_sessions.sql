-- Claim: a property has no more visitors than sessions on a day (5% and 5 visitors of tolerance)
-- Told in status and reports (column `says`); it holds no report.
WITH sessions AS (
    SELECT workspace, connection, property_id, date, sum(sessions) AS sessions
    FROM core.web_daily
    GROUP BY ALL
),

-- Days that both streams have as a whole.
whole AS (
    SELECT workspace, connection, partition AS property_id, date
    FROM ops.coverage
    WHERE stream IN ('web_daily', 'web_visitors_daily') AND is_whole_day
    GROUP BY ALL
    HAVING count(*) = 2
)

SELECT
    v.workspace,
    v.connection,
    v.date,
    'Property ' || v.property_id || ' has ' || v.visitors || ' visitors, but only ' || coalesce(s.sessions, 0)
        || ' sessions on ' || v.date || ': one of the two reports is not complete.' AS says
FROM core.web_visitors_daily AS v
SEMI JOIN whole USING (workspace, connection, property_id, date)
LEFT JOIN sessions AS s USING (workspace, connection, property_id, date)
WHERE v.visitors > coalesce(s.sessions, 0) * 1.05 + 5
