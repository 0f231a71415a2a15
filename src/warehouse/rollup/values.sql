-- Table: mart.subscription_value
-- Grain: subscription, from a date on and until before another: what it was worth a month
-- Inputs: core.subscription, history.subscription, core.subscription_event; ops.load, for when a state was seen;
--   due(workspace, time_zone), the workspaces that are read
-- Owner: finance
-- Late data: computed as a whole for a workspace: each known state of a subscription holds from the day it changed
--   until the day of the next one, so what was worth 50 on 10 November stays so
WITH state AS (
    -- How a subscription was and is; states that ended come first, by when they did.
    SELECT h.workspace, h.subscription_id, h.customer_id, h.currency, h.counts_from_date, h.ended_date, h.mrr, h.course, h.course_unpaused, h.revision,
        h.superseded_at, h.connection, h.load_id
    FROM history.subscription AS h
    SEMI JOIN due USING (workspace)
    SEMI JOIN core.subscription AS s
        ON s.workspace = h.workspace AND s.connection = h.connection AND s.subscription_id = h.subscription_id
    UNION ALL
    SELECT workspace, subscription_id, customer_id, currency, counts_from_date, ended_date, mrr, course, course_unpaused, revision,
        NULL, connection, load_id
    FROM core.subscription
    SEMI JOIN due USING (workspace)
),

seen AS (
    SELECT
        s.*,
        row_number() OVER course_of AS number,
        coalesce(l.fetched_at, lag(s.superseded_at) OVER course_of) AS seen_at,
        lag(s.ended_date) OVER course_of AS ended_before,
        lag(s.revision) OVER course_of AS revision_before,
        last_value(s.ended_date) OVER (course_of ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS final_date
    FROM state AS s
    LEFT JOIN ops.load AS l USING (load_id)
    WINDOW course_of AS (PARTITION BY s.workspace, s.connection, s.subscription_id ORDER BY s.superseded_at NULLS LAST)
),

interval_of AS (
    SELECT *, coalesce(lag(seen_at) OVER (PARTITION BY workspace, connection, subscription_id ORDER BY number), TIMESTAMP '1970-01-01') AS seen_before
    FROM seen
),

told AS (
    -- The last event between the two sights of a subscription that may have changed its value.
    SELECT i.workspace, i.connection, i.subscription_id, i.number, arg_max(e.date, e.created_at) AS date
    FROM interval_of AS i
    JOIN core.subscription_event AS e ON e.workspace = i.workspace AND e.connection = i.connection
        AND e.subscription_id = i.subscription_id AND e.changes_value AND e.created_at > i.seen_before AND e.created_at <= i.seen_at
    WHERE i.number > 1
    GROUP BY ALL
),

stopped AS (
    -- Since when a subscription was paused or unpaid that was so when it was first seen: it counted until then.
    SELECT i.workspace, i.connection, i.subscription_id, i.number, max(e.date) AS stopped_date
    FROM interval_of AS i
    JOIN core.subscription_event AS e ON e.workspace = i.workspace AND e.connection = i.connection
        AND e.subscription_id = i.subscription_id AND e.changes_standing AND e.created_at <= i.seen_at
    WHERE i.number = 1 AND len(i.course) = 0 AND len(i.course_unpaused) > 0
    GROUP BY ALL
),

begun AS (
    -- From when each state holds; the first one since ever. Another reading of the same record is no change.
    SELECT
        i.*,
        max(CASE WHEN i.number = 1 THEN NULL
                 WHEN i.ended_date IS NOT NULL AND i.ended_before IS NULL THEN i.ended_date
                 WHEN t.date IS NOT NULL THEN t.date
                 -- A trial that ran out meanwhile did so on its own day.
                 WHEN i.counts_from_date > local_date(i.seen_before, z.time_zone)
                     AND i.counts_from_date <= local_date(i.seen_at, z.time_zone) THEN i.counts_from_date
                 WHEN i.revision IS DISTINCT FROM i.revision_before THEN NULL
                 ELSE local_date(i.seen_at, z.time_zone) END)
            OVER (PARTITION BY i.workspace, i.connection, i.subscription_id ORDER BY i.number) AS begins_date
    FROM interval_of AS i
    JOIN due AS z USING (workspace)
    LEFT JOIN told AS t USING (workspace, connection, subscription_id, number)
),

held AS (
    SELECT
        *,
        coalesce(begins_date, DATE '0001-01-01') AS holds_from,
        least(final_date, CASE WHEN lead(number) OVER course_of IS NULL THEN DATE '9999-12-31'
            ELSE coalesce(lead(begins_date) OVER course_of, DATE '0001-01-01') END) AS holds_until
    FROM begun
    WINDOW course_of AS (PARTITION BY workspace, connection, subscription_id ORDER BY number)
),

step AS (
    -- Within a state, what it is worth from each date on. Rows of before have one such date.
    SELECT workspace, subscription_id, customer_id, currency, connection, number, holds_from, least(holds_until, stopped_date) AS holds_until,
        p.from_date AS from_date, p.mrr AS mrr
    FROM held LEFT JOIN stopped USING (workspace, connection, subscription_id, number),
        unnest(CASE WHEN stopped_date IS NOT NULL THEN course_unpaused
                    ELSE coalesce(course, [{'from_date': counts_from_date, 'mrr': mrr}]) END) AS c(p)
),

cut AS (
    SELECT workspace, connection, subscription_id, customer_id, currency, mrr,
        greatest(from_date, holds_from) AS from_date,
        least(holds_until, coalesce(lead(from_date) OVER (PARTITION BY workspace, connection, subscription_id, number ORDER BY from_date), DATE '9999-12-31')) AS until_date
    FROM step
)

SELECT
    CAST(workspace AS VARCHAR) AS workspace,
    CAST(connection AS VARCHAR) AS connection,
    CAST(subscription_id AS VARCHAR) AS subscription_id,
    CAST(coalesce(customer_id, subscription_id) AS VARCHAR) AS customer_id,
    CAST(currency AS VARCHAR) AS currency,
    CAST(from_date AS DATE) AS from_date,
    CAST(nullif(until_date, DATE '9999-12-31') AS DATE) AS until_date,
    CAST(mrr AS DECIMAL(18, 6)) AS mrr
FROM cut
WHERE mrr > 0 AND until_date > from_date
