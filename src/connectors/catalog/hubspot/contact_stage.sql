-- Table: core.contact_stage
-- Grain: contact and lifecycle stage, with the instant it was entered
-- Inputs: page, answers of the contact search and lists of archived contacts; the stage itself may be null while its dates are set
-- Late data: all stages of a changed or deleted contact are replaced together
WITH list AS (
    SELECT
        page_no,
        from_json(body, '{"results": [{"id": "VARCHAR", "updatedAt": "VARCHAR", "archived": "VARCHAR", "archivedAt": "VARCHAR", "properties": {
            "hs_lifecyclestage_subscriber_date": "VARCHAR", "hs_lifecyclestage_lead_date": "VARCHAR",
            "hs_lifecyclestage_marketingqualifiedlead_date": "VARCHAR", "hs_lifecyclestage_salesqualifiedlead_date": "VARCHAR",
            "hs_lifecyclestage_opportunity_date": "VARCHAR", "hs_lifecyclestage_customer_date": "VARCHAR",
            "hs_lifecyclestage_evangelist_date": "VARCHAR", "hs_lifecyclestage_other_date": "VARCHAR"}}]}').results AS results
    FROM page
),

record AS (
    SELECT page_no, unnest(results) AS r, unnest(range(len(results))) AS record_no FROM list
),

stage AS (
    SELECT
        page_no,
        record_no,
        r.id AS contact_id,
        CASE WHEN r.archived = 'true' THEN replace(coalesce(r.archivedAt, r.updatedAt), 'Z', '') END AS archived,
        unnest([
            {'stage': 'subscriber', 'entered': r.properties.hs_lifecyclestage_subscriber_date},
            {'stage': 'lead', 'entered': r.properties.hs_lifecyclestage_lead_date},
            {'stage': 'marketingqualifiedlead', 'entered': r.properties.hs_lifecyclestage_marketingqualifiedlead_date},
            {'stage': 'salesqualifiedlead', 'entered': r.properties.hs_lifecyclestage_salesqualifiedlead_date},
            {'stage': 'opportunity', 'entered': r.properties.hs_lifecyclestage_opportunity_date},
            {'stage': 'customer', 'entered': r.properties.hs_lifecyclestage_customer_date},
            {'stage': 'evangelist', 'entered': r.properties.hs_lifecyclestage_evangelist_date},
            {'stage': 'other', 'entered': r.properties.hs_lifecyclestage_other_date}
        ]) AS s
    FROM record
)

SELECT
    contact_id,
    s.stage AS stage,
    TRY_CAST(replace(s.entered, 'Z', '') AS TIMESTAMP) AS entered_at,
    local_date(TRY_CAST(replace(s.entered, 'Z', '') AS TIMESTAMP), getvariable('time_zone')) AS entered_date,
    TRY_CAST(archived AS TIMESTAMP) AS archived_at,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('id', contact_id),
        bad_instant('hs_lifecyclestage_' || s.stage || '_date', replace(s.entered, 'Z', '')),
        bad_instant('archivedAt', archived)
    ]) AS problem
FROM stage
WHERE s.entered IS NOT NULL AND s.entered <> ''
