-- Table: core.contact_stage
-- Grain: contact and lifecycle stage, with the instant it was entered
-- Inputs: page, answers of the contact search, lists of contacts and of archived ones; the stage itself may be null while its dates are set;
--   the variable settings: its list `stages` maps stages of the account's own
-- Late data: all stages of a listed, changed or deleted contact are replaced together, also by none: a date may be cleared
WITH list AS (
    SELECT
        page_no,
        from_json(body, '{"results": [{"id": "VARCHAR", "updatedAt": "VARCHAR", "archived": "VARCHAR", "archivedAt": "VARCHAR", "properties": {
            "hs_lifecyclestage_subscriber_date": "VARCHAR", "hs_lifecyclestage_lead_date": "VARCHAR",
            "hs_lifecyclestage_marketingqualifiedlead_date": "VARCHAR", "hs_lifecyclestage_salesqualifiedlead_date": "VARCHAR",
            "hs_lifecyclestage_opportunity_date": "VARCHAR", "hs_lifecyclestage_customer_date": "VARCHAR",
            "hs_lifecyclestage_evangelist_date": "VARCHAR", "hs_lifecyclestage_other_date": "VARCHAR"}}]}').results AS results,
        json_extract(body, '$.results[*]') AS raws
    FROM page
),

record AS (
    SELECT page_no, unnest(results) AS r, unnest(raws) AS raw, unnest(range(len(results))) AS record_no FROM list
),

stage AS (
    SELECT
        page_no,
        record_no,
        r.id AS contact_id,
        -- What was asked for is there, null or not; a record without it says nothing about stages.
        json_exists(raw, '$.properties.hs_lifecyclestage_lead_date') AS tells_stages,
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
),

mapping AS (
    SELECT trim(split_part(line, '=', 1)) AS id, lower(trim(split_part(line, '=', 2))) AS stage
    FROM (SELECT unnest(CAST(json_extract(CAST(getvariable('settings') AS JSON), '$.stages') AS VARCHAR[])) AS line)
),

entry AS (
    SELECT page_no, record_no, contact_id, archived, tells_stages, s.stage AS stage, nullif(replace(s.entered, 'Z', ''), '') AS entered
    FROM stage
    UNION ALL
    SELECT r.page_no, r.record_no, r.r.id, CASE WHEN r.r.archived = 'true' THEN replace(coalesce(r.r.archivedAt, r.r.updatedAt), 'Z', '') END,
        false, m.stage, nullif(replace((r.raw -> 'properties') ->> ('hs_v2_date_entered_' || m.id), 'Z', ''), '')
    FROM record AS r, mapping AS m
),

known AS (
    -- Where several of the account's stages stand for one, it was entered with the first of them.
    SELECT page_no, record_no, contact_id, any_value(archived) AS archived, stage,
        coalesce(arg_min(entered, TRY_CAST(entered AS TIMESTAMP)), any_value(entered)) AS entered, false AS is_absent
    FROM entry
    WHERE entered IS NOT NULL
    GROUP BY page_no, record_no, contact_id, stage
    UNION ALL
    -- Contacts that have entered no stage, or have none any more.
    SELECT page_no, record_no, contact_id, any_value(archived), '', NULL, true
    FROM entry
    GROUP BY page_no, record_no, contact_id
    HAVING count(entered) = 0 AND bool_or(tells_stages)
)

SELECT
    contact_id,
    stage,
    TRY_CAST(entered AS TIMESTAMP) AS entered_at,
    local_date(TRY_CAST(entered AS TIMESTAMP), getvariable('time_zone')) AS entered_date,
    TRY_CAST(archived AS TIMESTAMP) AS archived_at,
    is_absent,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('id', contact_id),
        bad_instant('hs_lifecyclestage_' || stage || '_date', entered),
        bad_instant('archivedAt', archived)
    ]) AS problem
FROM known
