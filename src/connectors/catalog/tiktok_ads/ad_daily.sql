-- Table: core.ad_daily
-- Grain: account, campaign, ad group, ad, day of the account's zone (device and country are not split)
-- Inputs: page, the basic report by ad; part `account`, the advertiser with its currency; part `gmv_max`, GMV Max
--   campaigns, which have no ads; part `gmv_max_campaigns`, their names
-- Late data: as ad_account_daily. Conversions are purchases on the web, in the app and in the shop, or what each ad
--   group optimises for, as the setting `conversions` says; core.ad_conversion_daily has each by itself.
WITH answer AS (
    SELECT
        page_no,
        from_json(CASE WHEN json_type(body, '$.data.list') = 'ARRAY' THEN body ELSE '{"data": {"list": [{}]}}' END, '{"data": {"list": [{
            "dimensions": {"ad_id": "VARCHAR", "adgroup_id": "VARCHAR", "campaign_id": "VARCHAR", "stat_time_day": "VARCHAR"},
            "metrics": {"campaign_id": "VARCHAR", "campaign_name": "VARCHAR", "adgroup_id": "VARCHAR", "spend": "VARCHAR", "impressions": "VARCHAR", "clicks": "VARCHAR", "conversion": "VARCHAR",
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

of_ads AS (
    -- Rows are also known where they are split by ad group or campaign only.
    SELECT
        page_no,
        record_no,
        coalesce(m.campaign_id, d.campaign_id) AS campaign_id,
        coalesce(nullif(m.campaign_name, ''), m.campaign_id, d.campaign_id) AS campaign_name,
        '' AS campaign_type,
        coalesce(m.adgroup_id, d.adgroup_id, '') AS ad_group_id,
        coalesce(d.ad_id, '') AS ad_id,
        left(d.stat_time_day, 10) AS day,
        whole_or_zero(impressions) AS impressions,
        whole_or_zero(clicks) AS clicks,
        amount_or_zero(spend) AS cost,
        CASE json_extract_string(CAST(getvariable('settings') AS JSON), '$.conversions')
            WHEN 'optimized' THEN amount_or_zero(optimized)
            ELSE amount_or_zero(web) + amount_or_zero(app) + amount_or_zero(shop) END AS conversions,
        amount_or_zero(web_value) + amount_or_zero(app_value) + amount_or_zero(shop_value) AS conversion_value,
        problems([
            required('campaign_id', coalesce(m.campaign_id, d.campaign_id)),
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
),

names AS (
    SELECT c.campaign_id AS campaign_id, any_value(nullif(c.campaign_name, '')) AS name
    FROM (
        SELECT unnest(from_json(body, '{"data": {"list": [{"campaign_id": "VARCHAR", "campaign_name": "VARCHAR"}]}}').data.list) AS c
        FROM page
        WHERE part = 'gmv_max_campaigns'
    )
    GROUP BY c.campaign_id
),

-- A campaign may sell for several stores. One that the basic report has all the same counts there.
of_gmv_max AS (
    SELECT
        min(page_no) AS page_no,
        arg_min(record_no, (page_no, record_no)) AS record_no,
        r.dimensions.campaign_id AS campaign_id,
        coalesce(any_value(nullif(r.metrics.campaign_name, '')), any_value(n.name), r.dimensions.campaign_id) AS campaign_name,
        'GMV_MAX' AS campaign_type,
        '' AS ad_group_id,
        '' AS ad_id,
        left(r.dimensions.stat_time_day, 10) AS day,
        0 AS impressions,
        0 AS clicks,
        sum(amount_or_zero(r.metrics.cost)) AS cost,
        sum(amount_or_zero(r.metrics.orders)) AS conversions,
        sum(amount_or_zero(r.metrics.gross_revenue)) AS conversion_value,
        problem
    FROM (
        SELECT *, problems([
            required('campaign_id', r.dimensions.campaign_id),
            required('stat_time_day', left(r.dimensions.stat_time_day, 10)),
            bad_date('stat_time_day', left(r.dimensions.stat_time_day, 10)),
            bad_decimal('cost', r.metrics.cost),
            bad_decimal('orders', r.metrics.orders),
            bad_decimal('gross_revenue', r.metrics.gross_revenue)
        ]) AS problem
        FROM gmv_max
    )
    LEFT JOIN names AS n ON n.campaign_id = r.dimensions.campaign_id
    WHERE (r.dimensions.campaign_id, left(r.dimensions.stat_time_day, 10)) NOT IN (SELECT (campaign_id, day) FROM of_ads WHERE problem IS NULL)
    GROUP BY r.dimensions.campaign_id, left(r.dimensions.stat_time_day, 10), problem, CASE WHEN problem IS NOT NULL THEN (page_no, record_no) END
)

SELECT
    getvariable('partition') AS account_id,
    campaign_id,
    campaign_name,
    '' AS campaign_status,
    campaign_type,
    ad_group_id,
    ad_id,
    '' AS device,
    '' AS country,
    TRY_CAST(day AS DATE) AS date,
    'tiktok' AS source,
    'paid_social' AS medium,
    coalesce((SELECT max(upper(body ->> '$.data.list[0].currency')) FROM page WHERE part = 'account'), getvariable('currency')) AS currency,
    CAST(impressions AS BIGINT) AS impressions,
    CAST(clicks AS BIGINT) AS clicks,
    CAST(cost AS DECIMAL(18, 6)) AS cost,
    CAST(conversions AS DECIMAL(18, 6)) AS conversions,
    CAST(conversion_value AS DECIMAL(18, 6)) AS conversion_value,
    page_no,
    record_no,
    problem
FROM (SELECT * FROM of_ads UNION ALL BY NAME SELECT * FROM of_gmv_max)
