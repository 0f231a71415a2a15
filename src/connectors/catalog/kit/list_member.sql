-- Table: core.list_member
-- Grain: subscriber
-- Inputs: page, all subscribers; part `cancelled`, when those who unsubscribed did
-- Late data: read whole each day; the address reaches a table as a pseudonym only
WITH list AS (
    SELECT page_no, part, from_json(body, '{"subscribers": [{"id": "VARCHAR", "state": "VARCHAR", "email_address": "VARCHAR",
        "created_at": "VARCHAR", "canceled_at": "VARCHAR", "attribution": {"utm_source": "VARCHAR", "utm_medium": "VARCHAR",
        "utm_campaign": "VARCHAR", "source_type": "VARCHAR", "source_name": "VARCHAR"}}]}').subscribers AS subscribers
    FROM page
),

record AS (
    SELECT page_no, part, unnest(subscribers) AS r, CAST(unnest(range(len(subscribers))) AS INTEGER) AS record_no FROM list
),

cancelled AS (
    SELECT r.id AS id, max(utc_instant(r.canceled_at)) AS left_at FROM record WHERE part = 'cancelled' GROUP BY r.id
)

SELECT
    '' AS list_id,
    m.r.id AS member_id,
    pseudonym(m.r.email_address) AS person_key,
    CASE m.r.state WHEN 'active' THEN 'subscribed' WHEN 'cancelled' THEN 'unsubscribed' WHEN 'inactive' THEN 'unconfirmed'
        ELSE lower(coalesce(m.r.state, '')) END AS status,
    utc_instant(m.r.created_at) AS joined_at,
    local_date(utc_instant(m.r.created_at), getvariable('time_zone')) AS joined_date,
    CAST(NULL AS TIMESTAMP) AS changed_at,
    -- Somebody who came back is no longer among those who left.
    CASE WHEN m.r.state = 'cancelled' THEN c.left_at END AS left_at,
    coalesce(m.r.attribution.utm_source, '') AS source,
    coalesce(m.r.attribution.utm_medium, '') AS medium,
    coalesce(m.r.attribution.utm_campaign, '') AS campaign,
    without_addresses(coalesce(nullif(m.r.attribution.source_name, ''), m.r.attribution.source_type, '')) AS way,
    m.page_no,
    m.record_no,
    problems([
        required('id', m.r.id),
        required('state', m.r.state),
        required('created_at', m.r.created_at),
        bad_instant('created_at', m.r.created_at)
    ]) AS problem
FROM record AS m
LEFT JOIN cancelled AS c ON c.id = m.r.id
WHERE m.part = ''
