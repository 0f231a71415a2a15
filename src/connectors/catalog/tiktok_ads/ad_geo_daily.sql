-- Table: core.ad_geo_daily
-- Grain: account, campaign, country, day of the account's zone
-- Inputs: page, the basic report by campaign and country; part `account`, the advertiser with its currency
-- Late data: as ad_daily
WITH answer AS (
    SELECT
        page_no,
        from_json(CASE WHEN json_type(body, '$.data.list') = 'ARRAY' THEN body ELSE '{"data": {"list": [{}]}}' END, '{"data": {"list": [{
            "dimensions": {"campaign_id": "VARCHAR", "country_code": "VARCHAR", "stat_time_day": "VARCHAR"},
            "metrics": {"campaign_name": "VARCHAR", "spend": "VARCHAR", "impressions": "VARCHAR", "clicks": "VARCHAR", "conversion": "VARCHAR",
                "complete_payment": "VARCHAR", "total_complete_payment_rate": "VARCHAR",
                "total_purchase": "VARCHAR", "total_purchase_value": "VARCHAR",
                "onsite_shopping": "VARCHAR", "total_onsite_shopping_value": "VARCHAR"}
        }]}}').data.list AS list
    FROM page
    WHERE part = ''
),

told AS (
    -- A dash is no number: TikTok has none. A leg that is not told adds nothing.
    SELECT
        page_no,
        record_no,
        r.dimensions AS d,
        r.metrics AS m,
        nullif(r.metrics.spend, '-') AS spend,
        nullif(r.metrics.impressions, '-') AS impressions,
        nullif(r.metrics.clicks, '-') AS clicks,
        nullif(r.metrics.conversion, '-') AS optimized,
        nullif(r.metrics.complete_payment, '-') AS web,
        nullif(r.metrics.total_complete_payment_rate, '-') AS web_value,
        nullif(r.metrics.total_purchase, '-') AS app,
        nullif(r.metrics.total_purchase_value, '-') AS app_value,
        nullif(r.metrics.onsite_shopping, '-') AS shop,
        nullif(r.metrics.total_onsite_shopping_value, '-') AS shop_value
    FROM (SELECT page_no, unnest(list) AS r, CAST(unnest(range(len(list))) AS INTEGER) AS record_no FROM answer)
)

SELECT
    getvariable('partition') AS account_id,
    d.campaign_id AS campaign_id,
    coalesce(nullif(m.campaign_name, ''), d.campaign_id) AS campaign_name,
    CASE WHEN upper(d.country_code) IN ('', '-', 'NONE', 'UNKNOWN') THEN '' ELSE upper(d.country_code) END AS country,
    '' AS region_id,
    '' AS region,
    TRY_CAST(left(d.stat_time_day, 10) AS DATE) AS date,
    'tiktok' AS source,
    'paid_social' AS medium,
    coalesce((SELECT max(upper(body ->> '$.data.list[0].currency')) FROM page WHERE part = 'account'), getvariable('currency')) AS currency,
    whole_or_zero(impressions) AS impressions,
    whole_or_zero(clicks) AS clicks,
    amount_or_zero(spend) AS cost,
    CAST(CASE json_extract_string(CAST(getvariable('settings') AS JSON), '$.conversions')
        WHEN 'optimized' THEN amount_or_zero(optimized)
        ELSE amount_or_zero(web) + amount_or_zero(app) + amount_or_zero(shop) END AS DECIMAL(18, 6)) AS conversions,
    CAST(amount_or_zero(web_value) + amount_or_zero(app_value) + amount_or_zero(shop_value) AS DECIMAL(18, 6)) AS conversion_value,
    page_no,
    record_no,
    problems([
        required('campaign_id', d.campaign_id),
        CASE WHEN d.country_code IS NULL THEN 'country_code is missing' END,
        required('stat_time_day', left(d.stat_time_day, 10)),
        bad_date('stat_time_day', left(d.stat_time_day, 10)),
        bad_decimal('spend', spend),
        bad_whole('impressions', impressions),
        bad_whole('clicks', clicks),
        bad_decimal('conversion', optimized),
        bad_decimal('complete_payment', web),
        bad_decimal('total_complete_payment_rate', web_value),
        bad_decimal('total_purchase', app),
        bad_decimal('total_purchase_value', app_value),
        bad_decimal('onsite_shopping', shop),
        bad_decimal('total_onsite_shopping_value', shop_value)
    ]) AS problem
FROM told
