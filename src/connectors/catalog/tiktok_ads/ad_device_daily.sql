-- Table: core.ad_device_daily
-- Grain: account, campaign, platform of devices, day of the account's zone
-- Inputs: page, the report on audiences by campaign and platform, which knows no purchases; part `account`, the
--   advertiser with its currency
-- Late data: as ad_daily, half a day later
WITH answer AS (
    SELECT
        page_no,
        from_json(CASE WHEN json_type(body, '$.data.list') = 'ARRAY' THEN body ELSE '{"data": {"list": [{}]}}' END, '{"data": {"list": [{
            "dimensions": {"campaign_id": "VARCHAR", "platform": "VARCHAR", "stat_time_day": "VARCHAR"},
            "metrics": {"campaign_name": "VARCHAR", "spend": "VARCHAR", "impressions": "VARCHAR", "clicks": "VARCHAR", "conversion": "VARCHAR"}
        }]}}').data.list AS list
    FROM page
    WHERE part = ''
),

told AS (
    SELECT
        page_no,
        record_no,
        r.dimensions AS d,
        r.metrics AS m,
        nullif(r.metrics.spend, '-') AS spend,
        nullif(r.metrics.impressions, '-') AS impressions,
        nullif(r.metrics.clicks, '-') AS clicks,
        nullif(r.metrics.conversion, '-') AS optimized
    FROM (SELECT page_no, unnest(list) AS r, CAST(unnest(range(len(list))) AS INTEGER) AS record_no FROM answer)
)

SELECT
    getvariable('partition') AS account_id,
    d.campaign_id AS campaign_id,
    coalesce(nullif(m.campaign_name, ''), d.campaign_id) AS campaign_name,
    CASE WHEN lower(d.platform) IN ('', '-', 'none') THEN 'unknown' ELSE lower(d.platform) END AS device,
    TRY_CAST(left(d.stat_time_day, 10) AS DATE) AS date,
    'tiktok' AS source,
    'paid_social' AS medium,
    coalesce((SELECT max(upper(body ->> '$.data.list[0].currency')) FROM page WHERE part = 'account'), getvariable('currency')) AS currency,
    whole_or_zero(impressions) AS impressions,
    whole_or_zero(clicks) AS clicks,
    amount_or_zero(spend) AS cost,
    -- What is no purchase counts only where events that ad groups optimise for do.
    CAST(CASE json_extract_string(CAST(getvariable('settings') AS JSON), '$.conversions')
        WHEN 'optimized' THEN amount_or_zero(optimized) ELSE 0 END AS DECIMAL(18, 6)) AS conversions,
    CAST(0 AS DECIMAL(18, 6)) AS conversion_value,
    page_no,
    record_no,
    problems([
        required('campaign_id', d.campaign_id),
        CASE WHEN d.platform IS NULL THEN 'platform is missing' END,
        required('stat_time_day', left(d.stat_time_day, 10)),
        bad_date('stat_time_day', left(d.stat_time_day, 10)),
        bad_decimal('spend', spend),
        bad_whole('impressions', impressions),
        bad_whole('clicks', clicks),
        bad_decimal('conversion', optimized)
    ]) AS problem
FROM told
