-- Table: core.list_member
-- Grain: person in an audience
-- Inputs: page, members who changed; part `archived`, those who are archived
-- Late data: what changed is listed again; the address reaches a table as a pseudonym only
-- Rules: a person is known by contact_id, which stays when the address changes; one who was deleted for good is listed no more
WITH list AS (
    SELECT page_no, from_json(body, '{"members": [{"contact_id": "VARCHAR", "email_address": "VARCHAR", "status": "VARCHAR",
        "source": "VARCHAR", "timestamp_signup": "VARCHAR", "timestamp_opt": "VARCHAR", "last_changed": "VARCHAR"}]}').members AS members
    FROM page
),

record AS (
    -- Somebody may be archived while the two lists are read.
    SELECT page_no, record_no, r, coalesce(nullif(r.timestamp_opt, ''), nullif(r.timestamp_signup, '')) AS joined
    FROM (SELECT page_no, unnest(members) AS r, CAST(unnest(range(len(members))) AS INTEGER) AS record_no FROM list)
    QUALIFY row_number() OVER (
        PARTITION BY coalesce(nullif(r.contact_id, ''), page_no || ' ' || record_no)
        ORDER BY utc_instant(r.last_changed) DESC NULLS LAST, page_no DESC, record_no DESC
    ) = 1
)

SELECT
    getvariable('partition') AS list_id,
    r.contact_id AS member_id,
    pseudonym(r.email_address) AS person_key,
    CASE lower(r.status) WHEN 'cleaned' THEN 'bounced' WHEN 'pending' THEN 'unconfirmed' ELSE lower(coalesce(r.status, '')) END AS status,
    utc_instant(joined) AS joined_at,
    local_date(utc_instant(joined), getvariable('time_zone')) AS joined_date,
    utc_instant(nullif(r.last_changed, '')) AS changed_at,
    CAST(NULL AS TIMESTAMP) AS left_at,
    '' AS source,
    '' AS medium,
    '' AS campaign,
    without_addresses(coalesce(r.source, '')) AS way,
    page_no,
    record_no,
    problems([
        required('contact_id', r.contact_id),
        required('status', r.status),
        bad_instant('timestamp_opt', nullif(r.timestamp_opt, '')),
        bad_instant('timestamp_signup', nullif(r.timestamp_signup, '')),
        bad_instant('last_changed', nullif(r.last_changed, ''))
    ]) AS problem
FROM record
