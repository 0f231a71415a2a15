-- Table: core.ad_device_daily
-- Grain: account, campaign group, device, day in UTC
-- Inputs: page, answers of adAnalytics with the pivots CAMPAIGN_GROUP and IMPRESSION_DEVICE_TYPE; parts `account` and
--   `groups` as for ad_daily
-- Late data: as ad_daily
WITH answer AS (
    SELECT
        page_no,
        from_json(CASE WHEN json_type(body, '$.elements') = 'ARRAY' THEN body ELSE '{"elements": [{}]}' END, '{"elements": [{
            "pivotValues": ["VARCHAR"],
            "dateRange": {"start": {"year": "VARCHAR", "month": "VARCHAR", "day": "VARCHAR"}},
            "impressions": "VARCHAR", "clicks": "VARCHAR", "costInLocalCurrency": "VARCHAR",
            "externalWebsiteConversions": "VARCHAR", "conversionValueInLocalCurrency": "VARCHAR"
        }]}').elements AS elements
    FROM page
    WHERE part = ''
),

element AS (
    SELECT page_no, unnest(elements) AS e, CAST(unnest(range(len(elements))) AS INTEGER) AS record_no FROM answer
),

placed AS (
    -- The device is the value that is no URN of an ad; it may be empty (airbytehq/airbyte#30967).
    SELECT
        *,
        nullif(concat_ws('-', e.dateRange.start.year, lpad(e.dateRange.start.month, 2, '0'), lpad(e.dateRange.start.day, 2, '0')), '') AS day,
        nullif(regexp_extract(array_to_string(e.pivotValues, ' '), 'urn:li:sponsoredCampaignGroup:([0-9]+)', 1), '') AS group_id,
        list_filter(e.pivotValues, lambda value: NOT starts_with(value, 'urn:li:sponsored'))[1] AS device
    FROM element
),

groups AS (
    SELECT g.id AS id, any_value(nullif(g.name, '')) AS name
    FROM (
        SELECT unnest(from_json(body, '{"elements": [{"id": "VARCHAR", "name": "VARCHAR"}]}').elements) AS g
        FROM page
        WHERE part = 'groups'
    )
    GROUP BY g.id
)

SELECT
    getvariable('partition') AS account_id,
    group_id AS campaign_id,
    coalesce(g.name, group_id) AS campaign_name,
    coalesce(nullif(lower(regexp_extract(device, '([^:]*)$', 1)), ''), 'unknown') AS device,
    TRY_CAST(day AS DATE) AS date,
    'linkedin' AS source,
    'paid_social' AS medium,
    coalesce((SELECT max(upper(body ->> '$.currency')) FROM page WHERE part = 'account'), getvariable('currency')) AS currency,
    whole_or_zero(e.impressions) AS impressions,
    whole_or_zero(e.clicks) AS clicks,
    amount_or_zero(e.costInLocalCurrency) AS cost,
    amount_or_zero(e.externalWebsiteConversions) AS conversions,
    amount_or_zero(e.conversionValueInLocalCurrency) AS conversion_value,
    page_no,
    record_no,
    problems([
        required('pivotValues', group_id),
        required('dateRange.start', day),
        bad_date('dateRange.start', day),
        bad_whole('impressions', e.impressions),
        bad_whole('clicks', e.clicks),
        bad_decimal('costInLocalCurrency', e.costInLocalCurrency),
        bad_decimal('externalWebsiteConversions', e.externalWebsiteConversions),
        bad_decimal('conversionValueInLocalCurrency', e.conversionValueInLocalCurrency)
    ]) AS problem
FROM placed
LEFT JOIN groups AS g ON g.id = group_id
