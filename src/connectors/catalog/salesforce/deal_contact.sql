-- Table: core.deal_contact
-- Grain: opportunity and contact with a role in it, however many roles
-- Inputs: page, answers about roles, and the opportunities that were asked about
-- Late data: all contacts of an opportunity are replaced together, also by none
WITH record AS (
    SELECT page_no, unnest(json_extract(body, '$.records[*]')) AS r, unnest(range(len(json_extract(body, '$.records[*]')))) AS record_no
    FROM page
),

-- A contact may have several roles in one.
role AS (
    SELECT min(page_no) AS page_no, min(record_no) AS record_no, (r ->> '$.OpportunityId') AS deal_id, (r ->> '$.ContactId') AS contact_id
    FROM record
    WHERE (r ->> '$.attributes.type') = 'OpportunityContactRole' AND (r ->> '$.ContactId') IS NOT NULL
    GROUP BY ALL
),

known AS (
    SELECT page_no, record_no, deal_id, contact_id, false AS is_absent FROM role
    UNION ALL
    -- Opportunities that are with nobody, which is no fault.
    SELECT page_no, record_no, (r ->> '$.Id'), '', true
    FROM record
    WHERE (r ->> '$.attributes.type') = 'Opportunity' AND (r ->> '$.Id') NOT IN (SELECT deal_id FROM role WHERE deal_id IS NOT NULL)
)

SELECT
    deal_id,
    contact_id,
    is_absent,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([required('OpportunityId', deal_id), CASE WHEN NOT is_absent THEN required('ContactId', contact_id) END]) AS problem
FROM known
