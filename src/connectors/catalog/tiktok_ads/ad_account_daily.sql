-- Table: core.ad_account_daily
-- Grain: account, day of the account's zone, currency
-- Inputs: page, the basic report by advertiser; part `account`, the advertiser with its currency; part `campaigns`, the
--   campaigns of the basic report; part `gmv_max`, GMV Max campaigns, which are not in it
-- Late data: conversions are restated for 28 days, spend is corrected as well; the window is replaced as a whole
WITH answer AS (
    SELECT
        page_no,
        from_json(CASE WHEN json_type(body, '$.data.list') = 'ARRAY' THEN body ELSE '{"data": {"list": [{}]}}' END, '{"data": {"list": [{
            "dimensions": {"stat_time_day": "VARCHAR"},
            "metrics": {"spend": "VARCHAR", "impressions": "VARCHAR", "clicks": "VARCHAR", "conversion": "VARCHAR",
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
),

gmv_max AS (
    SELECT page_no, unnest(list) AS r, CAST(unnest(range(len(list))) AS INTEGER) AS record_no
    FROM (
        SELECT page_no, from_json(body, '{"data": {"list": [{
            "dimensions": {"campaign_id": "VARCHAR", "stat_time_day": "VARCHAR"},
            "metrics": {"campaign_name": "VARCHAR", "cost": "VARCHAR", "orders": "VARCHAR", "gross_revenue": "VARCHAR"}
        }]}}').data.list AS list
        FROM page
        WHERE part = 'gmv_max'
    )
),

-- TikTok says that the basic report has no GMV Max campaign. One that it has all the same counts there.
counted AS (
    SELECT c.dimensions.campaign_id AS campaign_id, left(c.dimensions.stat_time_day, 10) AS day
    FROM (
        SELECT unnest(from_json(body, '{"data": {"list": [{"dimensions": {"campaign_id": "VARCHAR", "stat_time_day": "VARCHAR"}}]}}').data.list) AS c
        FROM page
        WHERE part = 'campaigns'
    )
),

row_of_day AS (
    SELECT
        page_no, record_no, left(d.stat_time_day, 10) AS day,
        whole_or_zero(impressions) AS impressions,
        whole_or_zero(clicks) AS clicks,
        amount_or_zero(spend) AS cost,
        CASE json_extract_string(CAST(getvariable('settings') AS JSON), '$.conversions')
                    WHEN 'optimized' THEN amount_or_zero(optimized)
                    ELSE amount_or_zero(web) + amount_or_zero(app) + amount_or_zero(shop) END AS conversions,
        problems([
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
    UNION ALL BY NAME
    SELECT
        page_no, record_no, left(r.dimensions.stat_time_day, 10) AS day,
        0 AS impressions,
        0 AS clicks,
        amount_or_zero(r.metrics.cost) AS cost,
        amount_or_zero(r.metrics.orders) AS conversions,
        problems([
            required('stat_time_day', left(r.dimensions.stat_time_day, 10)),
            bad_date('stat_time_day', left(r.dimensions.stat_time_day, 10)),
            bad_decimal('cost', r.metrics.cost),
            bad_decimal('orders', r.metrics.orders)
        ]) AS problem
    FROM gmv_max
    WHERE (r.dimensions.campaign_id, left(r.dimensions.stat_time_day, 10)) NOT IN (SELECT (campaign_id, day) FROM counted)
)

SELECT
    getvariable('partition') AS account_id,
    TRY_CAST(day AS DATE) AS date,
    coalesce((SELECT max(upper(body ->> '$.data.list[0].currency')) FROM page WHERE part = 'account'), getvariable('currency')) AS currency,
    CAST(sum(impressions) AS BIGINT) AS impressions,
    CAST(sum(clicks) AS BIGINT) AS clicks,
    CAST(sum(cost) AS DECIMAL(18, 6)) AS cost,
    CAST(sum(conversions) AS DECIMAL(18, 6)) AS conversions,
    min(page_no) AS page_no,
    arg_min(record_no, (page_no, record_no)) AS record_no,
    problem
FROM row_of_day
GROUP BY day, problem, CASE WHEN problem IS NOT NULL THEN (page_no, record_no) END
