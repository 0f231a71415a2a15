-- Claim: clicks on ads arrive as visits of the ads' channel: over 28 days a twentieth at least, where there are 100
-- Columns: workspace, says (one sentence)
-- Links without tags: visits and revenue of the ads count elsewhere, and what is earned for their cost looks like nothing.
WITH last AS (
    -- The newest day that has visits: a tag that fails on every page is another fault.
    SELECT workspace, max(date) AS date
    FROM mart.metric_daily
    WHERE sessions > 0 AND coalesce(date < getvariable('period_end'), true)
    GROUP BY workspace
),

seen AS (
    SELECT d.workspace, d.channel, d.source, any_value(l.date) AS until_date,
        coalesce(sum(d.clicks), 0) AS clicks, coalesce(sum(d.sessions), 0) AS sessions
    FROM mart.metric_daily AS d
    JOIN last AS l ON l.workspace = d.workspace AND d.date <= l.date AND d.date > l.date - 28
    GROUP BY ALL
),

-- Visits of a network may come under another name than its ads: instagram beside facebook.
others AS (
    SELECT workspace, channel, sum(sessions) AS sessions FROM seen WHERE clicks = 0 GROUP BY ALL
)

SELECT s.workspace,
    s.clicks || ' clicks on ads of ' || s.source || ' in the 28 days up to ' || s.until_date || ' came with '
        || s.sessions || ' visits of ' || s.source || ' in the channel ' || s.channel
        || ': these ads lead elsewhere, as to a form of the network, or their links are not tagged so, and their visits '
        || 'and revenue count in other channels' AS says
FROM seen AS s
LEFT JOIN others AS o USING (workspace, channel)
WHERE s.clicks >= 100 AND s.sessions * 20 < s.clicks AND coalesce(o.sessions, 0) * 20 < s.clicks
ORDER BY s.workspace, s.source
