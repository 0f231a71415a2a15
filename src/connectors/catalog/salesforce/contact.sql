-- Table: core.contact
-- Grain: lead or contact as it stands; a converted lead stays, beside the contact that it became
-- Inputs: page, answers about leads and contacts, and about members of campaigns; objects are known by attributes.type.
--   A field that the user may not read is not there. The variable settings: lead_sources, stages, lead_fields, contact_fields
-- Late data: changed records come again by SystemModstamp and all once a day, deleted ones by the recycle bin
WITH record AS (
    SELECT page_no, unnest(json_extract(body, '$.records[*]')) AS r, unnest(range(len(json_extract(body, '$.records[*]')))) AS record_no
    FROM page
),

setting AS (
    SELECT
        CAST(json_extract(CAST(getvariable('settings') AS JSON), '$.lead_sources') AS VARCHAR[]) AS lead_sources,
        CAST(json_extract(CAST(getvariable('settings') AS JSON), '$.stages') AS VARCHAR[]) AS stages,
        CAST(json_extract(CAST(getvariable('settings') AS JSON), '$.lead_fields') AS VARCHAR[]) AS lead_fields,
        CAST(json_extract(CAST(getvariable('settings') AS JSON), '$.contact_fields') AS VARCHAR[]) AS contact_fields
),

medium AS (
    SELECT lower(trim(regexp_extract(line, '^(.*)=', 1))) AS lead_source, any_value(trim(regexp_extract(line, '=([^=]*)$', 1))) AS medium
    FROM (SELECT unnest(lead_sources) AS line FROM setting)
    GROUP BY ALL
),

-- The own field that holds a tag, of each kind of object.
tag AS (
    SELECT kind, trim(split_part(line, '=', 1)) AS tag, any_value(trim(split_part(line, '=', 2))) AS field
    FROM (SELECT 'Lead' AS kind, unnest(lead_fields) AS line FROM setting UNION ALL SELECT 'Contact', unnest(contact_fields) FROM setting)
    GROUP BY ALL
),

tags AS (
    SELECT kind, any_value(field) FILTER (tag = 'utm_source') AS source_field, any_value(field) FILTER (tag = 'utm_medium') AS medium_field,
        any_value(field) FILTER (tag = 'utm_campaign') AS campaign_field
    FROM tag
    GROUP BY kind
),

stage AS (
    SELECT lower(trim(regexp_extract(line, '^(.*)=', 1))) AS status, any_value(lower(trim(regexp_extract(line, '=([^=]*)$', 1)))) AS stage
    FROM (SELECT unnest(stages) AS line FROM setting)
    GROUP BY ALL
),

-- The campaign that somebody became a member of first.
member AS (
    SELECT unnest([(r ->> '$.LeadId'), (r ->> '$.ContactId')]) AS contact_id, (r ->> '$.Campaign.Name') AS campaign, (r ->> '$.CreatedDate') AS created
    FROM record
    WHERE (r ->> '$.attributes.type') = 'CampaignMember'
),

origin AS (
    SELECT contact_id, arg_min(campaign, created) AS campaign FROM member WHERE contact_id IS NOT NULL AND campaign IS NOT NULL GROUP BY contact_id
),

-- How far a contact came, by its roles in opportunities.
reached AS (
    SELECT (r ->> '$.ContactId') AS contact_id, bool_or(coalesce((r ->> '$.Opportunity.IsWon') = 'true', false)) AS has_won
    FROM record
    WHERE (r ->> '$.attributes.type') = 'OpportunityContactRole'
    GROUP BY ALL
),

named AS (
    SELECT
        r.page_no,
        r.record_no,
        (r.r ->> '$.attributes.type') AS kind,
        (r.r ->> '$.Id') AS id,
        nullif(trim(r.r ->> '$.Email'), '') AS email,
        nullif(trim(r.r ->> '$.LeadSource'), '') AS lead_source,
        (r.r ->> '$.Status') AS status,
        coalesce((r.r ->> '$.IsConverted') = 'true', false) AS is_converted,
        coalesce((r.r ->> '$.IsDeleted') = 'true', false) AS is_deleted,
        nullif((r.r ->> '$.MasterRecordId'), '') AS master_id,
        regexp_replace((r.r ->> '$.CreatedDate'), '(Z|[+]0000)$', '') AS created,
        regexp_replace((r.r ->> '$.SystemModstamp'), '(Z|[+]0000)$', '') AS modified,
        nullif(trim(r.r ->> t.source_field), '') AS tag_source,
        nullif(trim(r.r ->> t.medium_field), '') AS tag_medium,
        nullif(trim(r.r ->> t.campaign_field), '') AS tag_campaign
    FROM record AS r
    LEFT JOIN tags AS t ON t.kind = (r.r ->> '$.attributes.type')
    WHERE (r.r ->> '$.attributes.type') IN ('Lead', 'Contact')
)

SELECT
    n.id AS contact_id,
    pseudonym(n.email) AS person_key,
    TRY_CAST(n.created AS TIMESTAMP) AS created_at,
    local_date(TRY_CAST(n.created AS TIMESTAMP), getvariable('time_zone')) AS created_date,
    TRY_CAST(n.modified AS TIMESTAMP) AS modified_at,
    CASE WHEN n.kind = 'Contact' THEN CASE WHEN w.has_won THEN 'customer' WHEN w.contact_id IS NOT NULL THEN 'opportunity' END
        WHEN n.is_converted THEN 'salesqualifiedlead'
        ELSE coalesce(nullif(s.stage, 'other'), 'lead') END AS lifecycle_stage,
    coalesce(n.tag_source, lower(n.lead_source), '(unknown)') AS source,
    coalesce(n.tag_medium, m.medium, '(unknown)') AS medium,
    coalesce(n.tag_campaign, o.campaign, '') AS campaign,
    CAST([] AS VARCHAR[]) AS merged_contact_ids,
    CASE WHEN n.is_deleted THEN TRY_CAST(n.modified AS TIMESTAMP) END AS archived_at,
    CAST([] AS VARCHAR[]) AS other_person_keys,
    CASE WHEN n.is_deleted AND n.master_id IS NOT NULL THEN 'merged' END AS absence,
    n.page_no,
    CAST(n.record_no AS INTEGER) AS record_no,
    problems([
        required('Id', n.id),
        required('CreatedDate', n.created),
        bad_instant('CreatedDate', n.created),
        required('SystemModstamp', n.modified),
        bad_instant('SystemModstamp', n.modified)
    ]) AS problem
FROM named AS n
LEFT JOIN medium AS m ON m.lead_source = lower(n.lead_source)
LEFT JOIN stage AS s ON s.status = lower(n.status)
LEFT JOIN origin AS o ON o.contact_id = n.id
LEFT JOIN reached AS w ON w.contact_id = n.id
