-- Table: core.customer
-- Grain: customer, by when it was made
-- Inputs: page, lists of customers and single ones
-- Late data: read from the beginning once, then what is new; the address reaches a table as a pseudonym only
WITH list AS (
    SELECT
        page_no,
        from_json(listed(body, 'data'), '[{"id": "VARCHAR", "created": "VARCHAR", "email": "VARCHAR", "deleted": "VARCHAR"}]') AS data
    FROM page
),

record AS (
    -- One that was asked for once more by its id is the latest word; of a deleted one nothing is left to tell.
    SELECT page_no, record_no, r
    FROM (SELECT page_no, unnest(data) AS r, unnest(range(len(data))) AS record_no FROM list)
    WHERE coalesce(r.deleted, 'false') <> 'true'
    QUALIFY row_number() OVER (PARTITION BY coalesce(r.id, page_no || ' ' || record_no) ORDER BY page_no DESC, record_no DESC) = 1
)

SELECT
    r.id AS customer_id,
    pseudonym(r.email) AS person_key,
    from_unix(r.created) AS created_at,
    local_date(from_unix(r.created), getvariable('time_zone')) AS created_date,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('id', r.id),
        required('created', r.created),
        bad_unix('created', r.created)
    ]) AS problem
FROM record
