-- Table: core.ad_conversion_daily
-- Grain: account, campaign, ad group, ad, kind of conversion, day of the account's zone
-- Inputs: page, as for ad_daily. Purchases on the web, in the app and in the shop are legs of one whole; what each ad
--   group optimises for is a count of its own and may hold the same purchases. A leg that is not told has no row.
-- Late data: as ad_daily
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

kinds AS (
    -- `total_complete_payment_rate` is a value, whatever its name says.
    SELECT
        page_no,
        record_no,
        d,
        m,
        unnest([
            {'kind': 'web_purchase', 'count': web, 'value': web_value},
            {'kind': 'app_purchase', 'count': app, 'value': app_value},
            {'kind': 'shop_purchase', 'count': shop, 'value': shop_value},
            {'kind': 'optimized_event', 'count': optimized, 'value': NULL}
        ]) AS k
    FROM told
)

SELECT
    getvariable('partition') AS account_id,
    coalesce(m.campaign_id, d.campaign_id) AS campaign_id,
    coalesce(nullif(m.campaign_name, ''), m.campaign_id, d.campaign_id) AS campaign_name,
    coalesce(m.adgroup_id, d.adgroup_id, '') AS ad_group_id,
    coalesce(d.ad_id, '') AS ad_id,
    k.kind AS kind,
    '' AS part_of,
    TRY_CAST(left(d.stat_time_day, 10) AS DATE) AS date,
    'tiktok' AS source,
    'paid_social' AS medium,
    coalesce((SELECT max(upper(body ->> '$.data.list[0].currency')) FROM page WHERE part = 'account'), getvariable('currency')) AS currency,
    amount_or_zero(k.count) AS conversions,
    TRY_CAST(k.value AS DECIMAL(18, 6)) AS conversion_value,
    page_no,
    record_no,
    problems([
        required('campaign_id', coalesce(m.campaign_id, d.campaign_id)),
        required('stat_time_day', left(d.stat_time_day, 10)),
        bad_date('stat_time_day', left(d.stat_time_day, 10)),
        bad_decimal(k.kind, k.count),
        bad_decimal('the value of ' || k.kind, k.value)
    ]) AS problem
FROM kinds
WHERE k.count IS NOT NULL
