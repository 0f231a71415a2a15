-- Table: core.deal_contact
-- Grain: opportunity and contact it is with, the main one and others
-- Inputs: page, answers of the opportunity search
-- Late data: all contacts of an opportunity are replaced together, also by none
WITH record AS (
    SELECT page_no, unnest(json_extract(body, '$.opportunities[*]')) AS r,
        unnest(range(len(json_extract(body, '$.opportunities[*]')))) AS record_no
    FROM page
),

link AS (
    SELECT page_no, record_no, r ->> '$.id' AS deal_id, r ->> '$.contactId' AS contact_id FROM record
    UNION ALL
    SELECT page_no, record_no, deal_id, l ->> '$.recordId'
    FROM (SELECT page_no, record_no, r ->> '$.id' AS deal_id, unnest(json_extract(r, '$.relations[*]')) AS l FROM record)
    WHERE (l ->> '$.objectKey') = 'contact'
),

known AS (
    SELECT min(page_no) AS page_no, min(record_no) AS record_no, deal_id, contact_id, false AS is_absent
    FROM link
    WHERE contact_id <> ''
    GROUP BY deal_id, contact_id
    UNION ALL
    SELECT min(page_no), min(record_no), deal_id, '', true
    FROM link
    GROUP BY deal_id
    HAVING count(nullif(contact_id, '')) = 0
)

SELECT
    deal_id,
    contact_id,
    is_absent,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([required('id', deal_id)]) AS problem
FROM known
