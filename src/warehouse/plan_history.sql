-- The day from which on changes of plan of a connection are known ($2 of workspace $1), how many of its subscriptions are
-- older and count before it, and how many were paused or unpaid when they were first read, nobody knows since when.
-- Inputs: the streams of subscriptions ($3) and of their events ($4), which the vendor keeps for $5 days
WITH zone AS (
    SELECT coalesce(any_value(time_zone), 'UTC') AS name FROM ops.workspace WHERE workspace = $1
),

seen AS (
    SELECT min(fetched_at) AS at FROM ops.load WHERE workspace = $1 AND connection = $2 AND stream = $3
),

kept AS (
    -- Events are asked from the first day of the connection on, and were kept up to the first sight.
    SELECT greatest(local_date(seen.at, zone.name) - CAST($5 AS INTEGER),
        (SELECT min(date) FROM ops.coverage WHERE workspace = $1 AND connection = $2 AND stream = $4)) AS date
    FROM seen, zone
    WHERE EXISTS (SELECT 1 FROM ops.coverage WHERE workspace = $1 AND connection = $2 AND stream = $4)
),

first_state AS (
    -- Each subscription as it was first read, of those that were in the first list.
    SELECT s.*, l.fetched_at
    FROM (
        SELECT subscription_id, status, is_paused, counts_from_date, ended_date, course, course_unpaused, load_id, superseded_at
        FROM history.subscription WHERE workspace = $1 AND connection = $2
        UNION ALL
        SELECT subscription_id, status, is_paused, counts_from_date, ended_date, course, course_unpaused, load_id, NULL
        FROM core.subscription WHERE workspace = $1 AND connection = $2
    ) AS s
    LEFT JOIN ops.load AS l USING (load_id)
    QUALIFY row_number() OVER (PARTITION BY subscription_id ORDER BY superseded_at NULLS LAST) = 1
),

told AS (
    -- The last change before a first sight: it says that something was otherwise, and not what. Since when one is
    -- paused or unpaid it does say.
    SELECT max(e.date) FILTER (e.kind <> 'customer.subscription.created' AND NOT coalesce(e.changes_standing AND len(f.course) = 0, false)) AS date,
        list(DISTINCT e.subscription_id) FILTER (e.changes_standing) AS stopped_ids
    FROM core.subscription_event AS e
    JOIN first_state AS f ON f.subscription_id = e.subscription_id AND e.created_at <= f.fetched_at AND f.ended_date IS NULL
    WHERE e.workspace = $1 AND e.connection = $2 AND e.changes_value
),

since AS (
    SELECT greatest(coalesce((SELECT date FROM kept), local_date(seen.at, zone.name)), told.date) AS date, told.stopped_ids
    FROM seen, zone, told
)

SELECT
    any_value(since.date),
    (count(f.subscription_id) FILTER (f.counts_from_date < since.date AND coalesce(len(f.course_unpaused) > 0, len(f.course) > 0, true)
        AND coalesce(f.ended_date > f.counts_from_date, true)))::UBIGINT,
    (count(f.subscription_id) FILTER (f.counts_from_date < local_date(f.fetched_at, zone.name) AND len(f.course) = 0
        AND len(f.course_unpaused) > 0 AND NOT list_contains(coalesce(since.stopped_ids, []), f.subscription_id)))::UBIGINT
FROM since CROSS JOIN zone LEFT JOIN first_state AS f ON true
