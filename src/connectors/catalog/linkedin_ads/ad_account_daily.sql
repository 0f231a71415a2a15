-- Table: core.ad_account_daily
-- Grain: account, day in UTC, currency
-- Inputs: page, answers of adAnalytics with the pivot ACCOUNT; part `account`, the account with its currency
-- Late data: as ad_daily
WITH answer AS (
    -- An answer without its list is none: its only record is told of.
    SELECT
        page_no,
        from_json(CASE WHEN json_type(body, '$.elements') = 'ARRAY' THEN body ELSE '{"elements": [{}]}' END, '{"elements": [{
            "dateRange": {"start": {"year": "VARCHAR", "month": "VARCHAR", "day": "VARCHAR"}},
            "impressions": "VARCHAR", "clicks": "VARCHAR", "costInLocalCurrency": "VARCHAR", "externalWebsiteConversions": "VARCHAR"
        }]}').elements AS elements
    FROM page
    WHERE part = ''
),

element AS (
    SELECT page_no, unnest(elements) AS e, CAST(unnest(range(len(elements))) AS INTEGER) AS record_no FROM answer
),

placed AS (
    SELECT
        *,
        nullif(concat_ws('-', e.dateRange.start.year, lpad(e.dateRange.start.month, 2, '0'), lpad(e.dateRange.start.day, 2, '0')), '') AS day
    FROM element
)

SELECT
    getvariable('partition') AS account_id,
    TRY_CAST(day AS DATE) AS date,
    coalesce((SELECT max(upper(body ->> '$.currency')) FROM page WHERE part = 'account'), getvariable('currency')) AS currency,
    whole_or_zero(e.impressions) AS impressions,
    whole_or_zero(e.clicks) AS clicks,
    amount_or_zero(e.costInLocalCurrency) AS cost,
    amount_or_zero(e.externalWebsiteConversions) AS conversions,
    page_no,
    record_no,
    problems([
        required('dateRange.start', day),
        bad_date('dateRange.start', day),
        bad_whole('impressions', e.impressions),
        bad_whole('clicks', e.clicks),
        bad_decimal('costInLocalCurrency', e.costInLocalCurrency),
        bad_decimal('externalWebsiteConversions', e.externalWebsiteConversions)
    ]) AS problem
FROM placed
