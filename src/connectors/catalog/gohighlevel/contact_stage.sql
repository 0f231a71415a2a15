-- Table: core.contact_stage
-- Grain: contact, as the lead that it was when it was added; further stages come with its opportunities
-- Inputs: page, answers of the contact search
-- Late data: the day on which a contact was added does not change
WITH record AS (
    SELECT page_no, unnest(json_extract(body, '$.contacts[*]')) AS r, unnest(range(len(json_extract(body, '$.contacts[*]')))) AS record_no
    FROM page
),

named AS (
    SELECT page_no, record_no, r ->> '$.id' AS contact_id, replace(r ->> '$.dateAdded', 'Z', '') AS entered FROM record
)

SELECT
    contact_id,
    'lead' AS stage,
    TRY_CAST(entered AS TIMESTAMP) AS entered_at,
    local_date(TRY_CAST(entered AS TIMESTAMP), getvariable('time_zone')) AS entered_date,
    CAST(NULL AS TIMESTAMP) AS archived_at,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([required('id', contact_id), required('dateAdded', entered), bad_instant('dateAdded', entered)]) AS problem
FROM named
