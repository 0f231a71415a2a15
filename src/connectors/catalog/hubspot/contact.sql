-- Table: core.contact
-- Grain: contact as it stands; those merged into it are listed
-- Inputs: page, answers of the contact search, lists of contacts and of archived ones; values are texts or null
-- Late data: changed contacts come again by their modification time and all once a day, deleted ones by the recycle bin
WITH list AS (
    SELECT
        page_no,
        from_json(body, '{"results": [{"id": "VARCHAR", "createdAt": "VARCHAR", "updatedAt": "VARCHAR",
            "archived": "VARCHAR", "archivedAt": "VARCHAR", "properties": {
            "email": "VARCHAR", "hs_additional_emails": "VARCHAR", "createdate": "VARCHAR", "lastmodifieddate": "VARCHAR", "lifecyclestage": "VARCHAR",
            "hs_analytics_source": "VARCHAR", "hs_analytics_source_data_1": "VARCHAR", "hs_analytics_source_data_2": "VARCHAR",
            "hs_analytics_first_url": "VARCHAR", "hs_merged_object_ids": "VARCHAR"}}]}').results AS results
    FROM page
),

record AS (
    SELECT page_no, unnest(results) AS r, unnest(range(len(results))) AS record_no FROM list
),

named AS (
    SELECT
        *,
        coalesce(r.properties.createdate, r.createdAt) AS created,
        coalesce(r.properties.lastmodifieddate, r.updatedAt) AS modified,
        CASE WHEN r.archived = 'true' THEN coalesce(r.archivedAt, r.updatedAt) END AS archived,
        r.properties.hs_analytics_source AS origin,
        r.properties.hs_analytics_source_data_1 AS detail_1,
        r.properties.hs_analytics_source_data_2 AS detail_2,
        r.properties.hs_analytics_first_url AS first_url
    FROM record
)

SELECT
    r.id AS contact_id,
    pseudonym(r.properties.email) AS person_key,
    TRY_CAST(replace(created, 'Z', '') AS TIMESTAMP) AS created_at,
    local_date(TRY_CAST(replace(created, 'Z', '') AS TIMESTAMP), getvariable('time_zone')) AS created_date,
    TRY_CAST(replace(modified, 'Z', '') AS TIMESTAMP) AS modified_at,
    r.properties.lifecyclestage AS lifecycle_stage,
    -- The first page's own tags say more than HubSpot's classes.
    coalesce(url_parameter(first_url, 'utm_source'), CASE origin
        WHEN 'PAID_SEARCH' THEN 'google' WHEN 'ORGANIC_SEARCH' THEN coalesce(lower(detail_1), 'google')
        WHEN 'EMAIL_MARKETING' THEN 'email' WHEN 'SOCIAL_MEDIA' THEN coalesce(lower(detail_1), '(unknown)')
        WHEN 'PAID_SOCIAL' THEN coalesce(lower(detail_1), '(unknown)') WHEN 'REFERRALS' THEN coalesce(detail_1, '(unknown)')
        WHEN 'DIRECT_TRAFFIC' THEN '(direct)' WHEN 'OFFLINE' THEN 'offline' ELSE '(unknown)' END) AS source,
    coalesce(url_parameter(first_url, 'utm_medium'), CASE origin
        WHEN 'PAID_SEARCH' THEN 'cpc' WHEN 'ORGANIC_SEARCH' THEN 'organic' WHEN 'EMAIL_MARKETING' THEN 'email'
        WHEN 'SOCIAL_MEDIA' THEN 'social' WHEN 'PAID_SOCIAL' THEN 'paid_social' WHEN 'REFERRALS' THEN 'referral'
        WHEN 'DIRECT_TRAFFIC' THEN '(none)' WHEN 'OFFLINE' THEN 'offline' ELSE '(unknown)' END) AS medium,
    coalesce(url_parameter(first_url, 'utm_campaign'), CASE origin
        WHEN 'PAID_SEARCH' THEN detail_1 WHEN 'EMAIL_MARKETING' THEN detail_1 WHEN 'PAID_SOCIAL' THEN detail_2 END, '') AS campaign,
    list_filter(list_transform(string_split(coalesce(r.properties.hs_merged_object_ids, ''), ';'), lambda id: trim(id)),
        lambda id: id <> '') AS merged_contact_ids,
    TRY_CAST(replace(archived, 'Z', '') AS TIMESTAMP) AS archived_at,
    list_filter(
        list_transform(string_split(coalesce(r.properties.hs_additional_emails, ''), ';'), lambda address: pseudonym(address)),
        lambda key: key IS NOT NULL) AS other_person_keys,
    CAST(NULL AS VARCHAR) AS absence,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('id', r.id),
        required('createdate', created),
        bad_instant('createdate', replace(created, 'Z', '')),
        required('lastmodifieddate', modified),
        bad_instant('lastmodifieddate', replace(modified, 'Z', '')),
        CASE WHEN r.archived = 'true' THEN required('archivedAt', archived) END,
        bad_instant('archivedAt', replace(archived, 'Z', ''))
    ]) AS problem
FROM named
