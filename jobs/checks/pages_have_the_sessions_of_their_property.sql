-- Claim: the sessions by landing page and by source of a property are the same (2% and 5 sessions of tolerance)
-- Told in status and reports (column `says`); it holds no report.
WITH pages AS (
    SELECT workspace, connection, property_id, date, sum(sessions) AS sessions
    FROM core.page_daily
    GROUP BY ALL
),

sources AS (
    SELECT workspace, connection, property_id, date, sum(sessions) AS sessions
    FROM core.web_daily
    GROUP BY ALL
),

-- Days that both streams have as a whole.
whole AS (
    SELECT workspace, connection, partition AS property_id, date
    FROM ops.coverage
    WHERE stream IN ('web_daily', 'page_daily') AND is_whole_day
    GROUP BY ALL
    HAVING count(*) = 2
)

SELECT
    w.workspace,
    w.connection,
    w.date,
    'By landing page property ' || w.property_id || ' has ' || coalesce(p.sessions, 0) || ' sessions, by source '
        || coalesce(s.sessions, 0) || ' on ' || w.date || ': one of the two reports is not right.' AS says
FROM whole AS w
LEFT JOIN pages AS p USING (workspace, connection, property_id, date)
LEFT JOIN sources AS s USING (workspace, connection, property_id, date)
WHERE abs(coalesce(p.sessions, 0) - coalesce(s.sessions, 0))
    > greatest(coalesce(p.sessions, 0), coalesce(s.sessions, 0)) * 0.02 + 5
