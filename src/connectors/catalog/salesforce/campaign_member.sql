-- Table: core.campaign_member
-- Grain: member of a campaign as it stands
-- Inputs: page, rows of a bulk query as texts; an empty text is null, the text NA is a text
-- Late data: the whole list once a day; a member that is taken out leaves no trace, and is gone when the list no longer names it
WITH record AS (
    SELECT page_no, unnest(json_extract(body, '$.rows[*]')) AS r, unnest(range(len(json_extract(body, '$.rows[*]')))) AS record_no FROM page
),

named AS (
    SELECT
        page_no,
        record_no,
        r,
        regexp_replace(nullif(r ->> '$.CreatedDate', ''), '(Z|[+]0000)$', '') AS created,
        regexp_replace(nullif(r ->> '$.SystemModstamp', ''), '(Z|[+]0000)$', '') AS modified,
        nullif(r ->> '$.FirstRespondedDate', '') AS responded
    FROM record
)

SELECT
    (r ->> '$.Id') AS member_id,
    (r ->> '$.CampaignId') AS campaign_id,
    coalesce(r ->> '$."Campaign.Name"', '') AS campaign,
    coalesce(nullif(r ->> '$.ContactId', ''), nullif(r ->> '$.LeadId', '')) AS contact_id,
    coalesce(r ->> '$.Status', '') AS status,
    lower(r ->> '$.HasResponded') = 'true' AS has_responded,
    TRY_CAST(responded AS DATE) AS responded_date,
    TRY_CAST(created AS TIMESTAMP) AS created_at,
    local_date(TRY_CAST(created AS TIMESTAMP), getvariable('time_zone')) AS created_date,
    TRY_CAST(modified AS TIMESTAMP) AS modified_at,
    CAST([] AS VARCHAR[]) AS merged_member_ids,
    CAST(NULL AS TIMESTAMP) AS archived_at,
    CAST(NULL AS VARCHAR) AS absence,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('Id', r ->> '$.Id'),
        required('CampaignId', r ->> '$.CampaignId'),
        required('CreatedDate', created),
        bad_instant('CreatedDate', created),
        required('SystemModstamp', modified),
        bad_instant('SystemModstamp', modified),
        bad_date('FirstRespondedDate', responded)
    ]) AS problem
FROM named
