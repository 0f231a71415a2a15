-- Table: core.ad_daily
-- Grain: account, campaign, ad set, ad, day of the account's zone; and a row for what the account has beyond its ads
-- Inputs: page, insights by ad; insights of the account (part `account`)
-- Late data: conversions are credited for up to 28 days. Ads that were deleted vanish from all days: their cost stays,
--   not listed by ad
WITH answer AS (
    -- Numbers are texts.
    SELECT
        page_no,
        part,
        from_json(body, '{"data": [{
            "date_start": "VARCHAR", "date_stop": "VARCHAR", "account_currency": "VARCHAR",
            "campaign_id": "VARCHAR", "campaign_name": "VARCHAR", "objective": "VARCHAR", "adset_id": "VARCHAR", "ad_id": "VARCHAR",
            "impressions": "VARCHAR", "clicks": "VARCHAR", "spend": "VARCHAR",
            "actions": [{"action_type": "VARCHAR", "value": "VARCHAR"}], "action_values": [{"action_type": "VARCHAR", "value": "VARCHAR"}]
        }]}').data AS data
    FROM page
    WHERE part IN ('', 'account')
),

record AS (
    SELECT page_no, part, unnest(data) AS r, CAST(unnest(range(len(data))) AS INTEGER) AS record_no FROM answer
),

-- One conversion comes under several names. The first of these that a row has is the one; they are never added up.
counted AS (
    SELECT
        *,
        list_filter(
            CASE CAST(getvariable('settings') AS JSON) ->> '$.conversions'
                WHEN 'lead' THEN ['omni_lead', 'lead', 'offsite_conversion.fb_pixel_lead']
                ELSE ['omni_purchase', 'purchase', 'offsite_conversion.fb_pixel_purchase'] END,
            lambda name: list_contains(list_transform(r.actions, lambda action: action.action_type), name))[1] AS action_type
    FROM record
),

judged AS (
    SELECT
        page_no,
        record_no,
        part,
        r,
        TRY_CAST(r.date_start AS DATE) AS date,
        coalesce(upper(r.account_currency), getvariable('currency')) AS currency,
        list_filter(r.actions, lambda action: action.action_type = action_type)[1].value AS conversions,
        list_filter(r.action_values, lambda action: action.action_type = action_type)[1].value AS conversion_value
    FROM counted
),

valued AS (
    SELECT
        page_no,
        record_no,
        part,
        r,
        date,
        currency,
        whole_or_zero(r.impressions) AS impressions,
        whole_or_zero(r.clicks) AS clicks,
        amount_or_zero(r.spend) AS cost,
        amount_or_zero(conversions) AS conversions,
        amount_or_zero(conversion_value) AS conversion_value,
        problems([
            CASE WHEN part = '' THEN required('ad_id', r.ad_id) END,
            required('date_start', r.date_start),
            bad_date('date_start', r.date_start),
            CASE WHEN r.date_stop <> r.date_start THEN 'date_stop: the row is of several days, ' || left(r.date_start, 20) || ' to ' || left(r.date_stop, 20) END,
            bad_whole('impressions', r.impressions),
            bad_whole('clicks', r.clicks),
            bad_decimal('spend', r.spend),
            bad_decimal('actions.value', conversions),
            bad_decimal('action_values.value', conversion_value)
        ]) AS problem
    FROM judged
),

-- Where pages overlap an ad's day counts once.
latest AS (
    SELECT *
    FROM valued
    WHERE problem IS NULL
    QUALIFY row_number() OVER (PARTITION BY part, date, r.campaign_id, r.adset_id, r.ad_id ORDER BY page_no DESC, record_no DESC) = 1
),

day AS (
    SELECT
        date,
        currency,
        max(page_no) FILTER (part = 'account') AS page_no,
        max(record_no) FILTER (part = 'account') AS record_no,
        sum(CASE part WHEN 'account' THEN impressions ELSE -impressions END) AS impressions,
        sum(CASE part WHEN 'account' THEN clicks ELSE -clicks END) AS clicks,
        sum(CASE part WHEN 'account' THEN cost ELSE -cost END) AS cost,
        sum(CASE part WHEN 'account' THEN conversions ELSE -conversions END) AS conversions,
        sum(CASE part WHEN 'account' THEN conversion_value ELSE -conversion_value END) AS conversion_value
    FROM latest
    GROUP BY date, currency
),

-- Above the ad set conversions can be missing altogether: they are no sign of an ad that is not listed.
rest AS (
    SELECT * FROM day WHERE page_no IS NOT NULL AND (cost > 0 OR impressions > 0 OR clicks > 0)
)

SELECT
    getvariable('partition') AS account_id,
    coalesce(r.campaign_id, '') AS campaign_id,
    coalesce(r.campaign_name, r.campaign_id, '') AS campaign_name,
    '' AS campaign_status,
    coalesce(r.objective, '') AS campaign_type,
    coalesce(r.adset_id, '') AS ad_group_id,
    r.ad_id AS ad_id,
    '' AS device,
    '' AS country,
    date,
    'facebook' AS source,
    'paid_social' AS medium,
    currency,
    impressions,
    clicks,
    cost,
    conversions,
    conversion_value,
    page_no,
    record_no,
    problem
FROM valued
WHERE part = ''
UNION ALL BY NAME
SELECT
    getvariable('partition') AS account_id,
    '' AS campaign_id,
    'not listed by ad' AS campaign_name,
    '' AS campaign_status,
    '' AS campaign_type,
    '' AS ad_group_id,
    '' AS ad_id,
    '' AS device,
    '' AS country,
    date,
    'facebook' AS source,
    'paid_social' AS medium,
    currency,
    CAST(greatest(impressions, 0) AS BIGINT) AS impressions,
    CAST(greatest(clicks, 0) AS BIGINT) AS clicks,
    CAST(greatest(cost, 0) AS DECIMAL(18, 6)) AS cost,
    CAST(greatest(conversions, 0) AS DECIMAL(18, 6)) AS conversions,
    CAST(CASE WHEN conversions > 0 THEN greatest(conversion_value, 0) ELSE 0 END AS DECIMAL(18, 6)) AS conversion_value,
    page_no,
    record_no,
    NULL AS problem
FROM rest
