-- Table: core.ad_device_daily
-- Grain: account, campaign, device, day
-- Inputs: page, rows of CampaignPerformanceReport with DeviceType
-- Late data: as ad_daily
WITH answer AS (
    SELECT page_no, from_json(body, '{"rows": [{
            "TimePeriod": "VARCHAR", "CurrencyCode": "VARCHAR", "CampaignId": "VARCHAR",
            "CampaignName": "VARCHAR", "DeviceType": "VARCHAR", "Impressions": "VARCHAR",
            "Clicks": "VARCHAR", "Spend": "VARCHAR", "ConversionsQualified": "VARCHAR",
            "Revenue": "VARCHAR"
        }]}').rows AS rows
    FROM page
),

record AS (
    SELECT page_no, unnest(rows) AS r, CAST(unnest(range(len(rows))) AS INTEGER) AS record_no FROM answer
),

judged AS (
    SELECT
        page_no,
        record_no,
        r.CampaignId AS campaign_id,
        coalesce(nullif(r.CampaignName, ''), r.CampaignId) AS campaign_name,
        coalesce(nullif(lower(trim(r.DeviceType)), ''), 'unknown') AS device,
        TRY_CAST(r.TimePeriod AS DATE) AS date,
        coalesce(nullif(upper(trim(r.CurrencyCode)), ''), getvariable('currency')) AS currency,
        whole_or_zero(ungrouped(r.Impressions)) AS impressions,
        whole_or_zero(ungrouped(r.Clicks)) AS clicks,
        amount_or_zero(ungrouped(r.Spend)) AS cost,
        amount_or_zero(ungrouped(r.ConversionsQualified)) AS conversions,
        amount_or_zero(ungrouped(r.Revenue)) AS conversion_value,
        problems([
            required('CampaignId', r.CampaignId),
            required('TimePeriod', r.TimePeriod),
            bad_date('TimePeriod', r.TimePeriod),
            required('Impressions', ungrouped(r.Impressions)),
            bad_whole('Impressions', ungrouped(r.Impressions)),
            required('Clicks', ungrouped(r.Clicks)),
            bad_whole('Clicks', ungrouped(r.Clicks)),
            required('Spend', ungrouped(r.Spend)),
            bad_decimal('Spend', ungrouped(r.Spend)),
            bad_decimal('ConversionsQualified', ungrouped(r.ConversionsQualified)),
            bad_decimal('Revenue', ungrouped(r.Revenue))
        ]) AS problem
    FROM record
)

-- Rows that differ in nothing of the key are added up: an attribute beyond it splits them, and none may be lost.
SELECT
    getvariable('partition') AS account_id,
    campaign_id,
    any_value(campaign_name) AS campaign_name,
    device,
    date,
    'bing' AS source,
    'cpc' AS medium,
    currency,
    CAST(sum(impressions) AS BIGINT) AS impressions,
    CAST(sum(clicks) AS BIGINT) AS clicks,
    CAST(sum(cost) AS DECIMAL(18, 6)) AS cost,
    CAST(sum(conversions) AS DECIMAL(18, 6)) AS conversions,
    CAST(sum(conversion_value) AS DECIMAL(18, 6)) AS conversion_value,
    min(page_no) AS page_no,
    arg_min(record_no, (page_no, record_no)) AS record_no,
    problem
FROM judged
GROUP BY campaign_id, device, date, currency, problem, CASE WHEN problem IS NOT NULL THEN (page_no, record_no) END
