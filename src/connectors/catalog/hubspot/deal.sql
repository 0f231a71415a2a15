-- Table: core.deal
-- Grain: deal as it stands; amounts are texts in mixed formats, absent stays absent
-- Inputs: page, answers of the deal search, lists of deals and of archived ones
-- Late data: changed deals come again by their modification time and all once a day, deleted ones by the recycle bin
WITH list AS (
    SELECT
        page_no,
        from_json(body, '{"results": [{"id": "VARCHAR", "createdAt": "VARCHAR", "updatedAt": "VARCHAR",
            "archived": "VARCHAR", "archivedAt": "VARCHAR", "properties": {
            "dealname": "VARCHAR", "amount": "VARCHAR", "deal_currency_code": "VARCHAR", "dealstage": "VARCHAR",
            "pipeline": "VARCHAR", "closedate": "VARCHAR", "createdate": "VARCHAR", "hs_lastmodifieddate": "VARCHAR",
            "hs_is_closed": "VARCHAR", "hs_is_closed_won": "VARCHAR", "hs_analytics_source": "VARCHAR",
            "hs_merged_object_ids": "VARCHAR"}}]}').results AS results
    FROM page
),

record AS (
    SELECT page_no, unnest(results) AS r, unnest(range(len(results))) AS record_no FROM list
),

named AS (
    SELECT
        *,
        r.properties AS p,
        replace(coalesce(r.properties.createdate, r.createdAt), 'Z', '') AS created,
        replace(coalesce(r.properties.hs_lastmodifieddate, r.updatedAt), 'Z', '') AS modified,
        replace(nullif(r.properties.closedate, ''), 'Z', '') AS closed,
        CASE WHEN r.archived = 'true' THEN replace(coalesce(r.archivedAt, r.updatedAt), 'Z', '') END AS archived
    FROM record
)

SELECT
    r.id AS deal_id,
    coalesce(p.dealname, '') AS name,
    p.pipeline AS pipeline,
    p.dealstage AS stage,
    TRY_CAST(nullif(p.amount, '') AS DECIMAL(18, 6)) AS amount,
    upper(p.deal_currency_code) AS currency,
    coalesce(p.hs_analytics_source, '') AS source,
    TRY_CAST(created AS TIMESTAMP) AS created_at,
    local_date(TRY_CAST(created AS TIMESTAMP), getvariable('time_zone')) AS created_date,
    TRY_CAST(modified AS TIMESTAMP) AS modified_at,
    TRY_CAST(closed AS TIMESTAMP) AS closed_at,
    local_date(TRY_CAST(closed AS TIMESTAMP), getvariable('time_zone')) AS closed_date,
    coalesce(TRY_CAST(p.hs_is_closed AS BOOLEAN), false) AS is_closed,
    coalesce(TRY_CAST(p.hs_is_closed_won AS BOOLEAN), false) AS is_won,
    TRY_CAST(archived AS TIMESTAMP) AS archived_at,
    list_filter(list_transform(string_split(coalesce(p.hs_merged_object_ids, ''), ';'), lambda id: trim(id)),
        lambda id: id <> '') AS merged_deal_ids,
    CAST(NULL AS VARCHAR) AS absence,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('id', r.id),
        required('createdate', created),
        bad_instant('createdate', created),
        required('hs_lastmodifieddate', modified),
        bad_instant('hs_lastmodifieddate', modified),
        bad_instant('closedate', closed),
        CASE WHEN r.archived = 'true' THEN required('archivedAt', archived) END,
        bad_instant('archivedAt', archived),
        bad_decimal('amount', nullif(p.amount, ''))
    ]) AS problem
FROM named
