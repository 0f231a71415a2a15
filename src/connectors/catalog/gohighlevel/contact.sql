-- Table: core.contact
-- Grain: contact as it stands
-- Inputs: page, answers of the contact search; attribution is an empty object where nothing is known, addresses may be null;
--   the variable settings: its list `fields` names custom fields that hold tags
-- Late data: changed contacts come again by dateUpdated and all once a day; deleted and merged ones are listed no more
WITH record AS (
    SELECT page_no, unnest(json_extract(body, '$.contacts[*]')) AS r, unnest(range(len(json_extract(body, '$.contacts[*]')))) AS record_no
    FROM page
),

tag AS (
    SELECT trim(split_part(line, '=', 1)) AS tag, trim(split_part(line, '=', 2)) AS field_id
    FROM (SELECT unnest(CAST(json_extract(CAST(getvariable('settings') AS JSON), '$.fields') AS VARCHAR[])) AS line)
),

-- A value in one of the two shapes that custom fields have.
field AS (
    SELECT page_no, record_no, f ->> '$.id' AS field_id, coalesce(f ->> '$.value', f ->> '$.fieldValueString', f ->> '$.fieldValue') AS value
    FROM (SELECT page_no, record_no, unnest(json_extract(r, '$.customFields[*]')) AS f FROM record)
),

tagged AS (
    SELECT page_no, record_no, any_value(value) FILTER (tag = 'utm_source') AS source, any_value(value) FILTER (tag = 'utm_medium') AS medium,
        any_value(value) FILTER (tag = 'utm_campaign') AS campaign
    FROM field JOIN tag USING (field_id)
    WHERE trim(value) <> ''
    GROUP BY ALL
),

named AS (
    SELECT
        page_no,
        record_no,
        r,
        replace(r ->> '$.dateAdded', 'Z', '') AS created,
        replace(coalesce(r ->> '$.dateUpdated', r ->> '$.dateAdded'), 'Z', '') AS modified,
        lower(nullif(r ->> '$.attributionSource.sessionSource', '')) AS session_source
    FROM record
)

SELECT
    n.r ->> '$.id' AS contact_id,
    pseudonym(n.r ->> '$.email') AS person_key,
    TRY_CAST(n.created AS TIMESTAMP) AS created_at,
    local_date(TRY_CAST(n.created AS TIMESTAMP), getvariable('time_zone')) AS created_date,
    TRY_CAST(n.modified AS TIMESTAMP) AS modified_at,
    nullif(n.r ->> '$.type', '') AS lifecycle_stage,
    coalesce(t.source, nullif(n.r ->> '$.attributionSource.utmSource', ''), url_parameter(n.r ->> '$.attributionSource.url', 'utm_source'),
        CASE WHEN coalesce(n.r ->> '$.attributionSource.gclid', '') <> '' THEN 'google'
            WHEN coalesce(n.r ->> '$.attributionSource.fbclid', '') <> '' THEN 'facebook' END,
        lower(nullif(trim(n.r ->> '$.source'), '')),
        CASE n.session_source WHEN 'direct traffic' THEN '(direct)' END, '(unknown)') AS source,
    coalesce(t.medium, nullif(n.r ->> '$.attributionSource.utmMedium', ''), url_parameter(n.r ->> '$.attributionSource.url', 'utm_medium'),
        CASE n.session_source WHEN 'paid search' THEN 'cpc' WHEN 'organic search' THEN 'organic' WHEN 'paid social' THEN 'paid_social'
            WHEN 'social media' THEN 'social' WHEN 'referral' THEN 'referral' WHEN 'email' THEN 'email' WHEN 'direct traffic' THEN '(none)'
            WHEN 'crm ui' THEN 'offline' END,
        '(unknown)') AS medium,
    coalesce(t.campaign, nullif(n.r ->> '$.attributionSource.campaign', ''), url_parameter(n.r ->> '$.attributionSource.url', 'utm_campaign'), '') AS campaign,
    CAST([] AS VARCHAR[]) AS merged_contact_ids,
    CAST(NULL AS TIMESTAMP) AS archived_at,
    list_filter(list_transform(json_extract(n.r, '$.additionalEmails[*]'), lambda one: pseudonym(coalesce(one ->> '$.email', one ->> '$'))),
        lambda key: key IS NOT NULL) AS other_person_keys,
    CAST(NULL AS VARCHAR) AS absence,
    n.page_no,
    CAST(n.record_no AS INTEGER) AS record_no,
    problems([
        required('id', n.r ->> '$.id'),
        required('dateAdded', n.created),
        bad_instant('dateAdded', n.created),
        bad_instant('dateUpdated', n.modified)
    ]) AS problem
FROM named AS n
LEFT JOIN tagged AS t USING (page_no, record_no)
