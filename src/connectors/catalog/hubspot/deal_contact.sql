-- Table: core.deal_contact
-- Grain: deal and contact it is with, whatever the kinds of link between them
-- Inputs: page, answers of the batch reading of associations; the search pages among them only name deals
-- Late data: all links of a deal are replaced together, also by none
WITH list AS (
    SELECT
        page_no,
        from_json(body, '{"results": [{"from": {"id": "VARCHAR"}, "to": [{"toObjectId": "VARCHAR"}]}],
            "errors": [{"subCategory": "VARCHAR", "context": {"fromObjectId": ["VARCHAR"]}}]}') AS answer
    FROM page
),

record AS (
    SELECT page_no, unnest(answer.results) AS r, unnest(range(len(answer.results))) AS record_no FROM list
),

link AS (
    SELECT page_no, record_no, r."from".id AS deal_id, unnest(r."to").toObjectId AS contact_id, false AS is_absent
    FROM record
    WHERE r."from" IS NOT NULL
),

lone AS (
    -- Deals that HubSpot says are with nobody, which is no fault.
    SELECT page_no, record_no, r."from".id AS deal_id, '' AS contact_id, true AS is_absent
    FROM record
    WHERE r."from" IS NOT NULL AND len(r."to") = 0
    UNION ALL
    SELECT page_no, record_no, unnest(e.context.fromObjectId) AS deal_id, '' AS contact_id, true AS is_absent
    FROM (SELECT page_no, unnest(answer.errors) AS e, unnest(range(len(answer.errors))) AS record_no FROM list)
    WHERE e.subCategory = 'crm.associations.NO_ASSOCIATIONS_FOUND'
)

SELECT
    deal_id,
    contact_id,
    is_absent,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('from.id', deal_id),
        CASE WHEN NOT is_absent THEN required('to.toObjectId', contact_id) END
    ]) AS problem
FROM (SELECT * FROM link UNION ALL SELECT * FROM lone)
