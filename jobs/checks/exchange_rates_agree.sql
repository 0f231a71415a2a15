-- Claim: exchange rates of dropped files and of other sources are the same (0.5% of tolerance)
-- Told in status and reports (column `says`); it holds no report. The rate of the file counts.
WITH stated AS (
    SELECT r.workspace, r.date, r.currency, r.rate,
        (r.workspace, r.connection) IN (SELECT (workspace, connection) FROM ops.dropped_file) AS is_dropped
    FROM core.fx_rate AS r
),

both_sides AS (
    SELECT workspace, date, currency, max(rate) FILTER (is_dropped) AS dropped, max(rate) FILTER (NOT is_dropped) AS other
    FROM stated
    GROUP BY ALL
    HAVING dropped IS NOT NULL AND other IS NOT NULL
)

SELECT workspace, date, currency,
    'for ' || currency || ' of ' || date || ' a dropped file says ' || CAST(dropped AS VARCHAR) || ' and another source '
        || CAST(other AS VARCHAR) || ' for one euro: the rate of the file counts' AS says
FROM both_sides
WHERE abs(dropped - other) > other * 0.005
