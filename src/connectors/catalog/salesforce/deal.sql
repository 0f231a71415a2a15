-- Table: core.deal
-- Grain: opportunity as it stands; the stage by its label, the close date a day without a zone
-- Inputs: page, answers about opportunities and about the organization, whose one currency counts where a record names none
-- Late data: changed opportunities come again by SystemModstamp and all once a day, deleted ones by the recycle bin
WITH record AS (
    SELECT page_no, unnest(json_extract(body, '$.records[*]')) AS r, unnest(range(len(json_extract(body, '$.records[*]')))) AS record_no
    FROM page
),

organization AS (
    SELECT any_value(upper(r ->> '$.DefaultCurrencyIsoCode')) AS currency FROM record WHERE (r ->> '$.attributes.type') = 'Organization'
),

named AS (
    SELECT
        page_no,
        record_no,
        r,
        regexp_replace(r ->> '$.CreatedDate', '(Z|[+]0000)$', '') AS created,
        regexp_replace(r ->> '$.SystemModstamp', '(Z|[+]0000)$', '') AS modified,
        nullif(r ->> '$.CloseDate', '') AS closed,
        nullif(r ->> '$.Amount', '') AS amount,
        coalesce((r ->> '$.IsDeleted') = 'true', false) AS is_deleted
    FROM record
    WHERE (r ->> '$.attributes.type') = 'Opportunity'
)

SELECT
    (n.r ->> '$.Id') AS deal_id,
    coalesce((n.r ->> '$.Name'), '') AS name,
    nullif((n.r ->> '$.RecordTypeId'), '') AS pipeline,
    (n.r ->> '$.StageName') AS stage,
    TRY_CAST(n.amount AS DECIMAL(18, 6)) AS amount,
    coalesce(upper(n.r ->> '$.CurrencyIsoCode'), o.currency) AS currency,
    coalesce((n.r ->> '$.LeadSource'), '') AS source,
    TRY_CAST(n.created AS TIMESTAMP) AS created_at,
    local_date(TRY_CAST(n.created AS TIMESTAMP), getvariable('time_zone')) AS created_date,
    TRY_CAST(n.modified AS TIMESTAMP) AS modified_at,
    TRY_CAST(n.closed AS TIMESTAMP) AS closed_at,
    TRY_CAST(n.closed AS DATE) AS closed_date,
    coalesce((n.r ->> '$.IsClosed') = 'true', false) AS is_closed,
    coalesce((n.r ->> '$.IsWon') = 'true', false) AS is_won,
    CASE WHEN n.is_deleted THEN TRY_CAST(n.modified AS TIMESTAMP) END AS archived_at,
    CAST([] AS VARCHAR[]) AS merged_deal_ids,
    CAST(NULL AS VARCHAR) AS absence,
    n.page_no,
    CAST(n.record_no AS INTEGER) AS record_no,
    problems([
        required('Id', n.r ->> '$.Id'),
        required('CreatedDate', n.created),
        bad_instant('CreatedDate', n.created),
        required('SystemModstamp', n.modified),
        bad_instant('SystemModstamp', n.modified),
        bad_date('CloseDate', n.closed),
        bad_decimal('Amount', n.amount)
    ]) AS problem
FROM named AS n
CROSS JOIN organization AS o
