-- Table: core.ad_geo_daily
-- Grain: account, campaign, country, day of the account's zone; regions come without their country, and are a table of
--   their own
-- Inputs: page, insights by campaign and country
-- Late data: as ad_daily
WITH record AS (
    SELECT page_no, unnest(data) AS r, CAST(unnest(range(len(data))) AS INTEGER) AS record_no
    FROM (
        SELECT
            page_no,
            from_json(body, '{"data": [{
                "date_start": "VARCHAR", "date_stop": "VARCHAR", "account_currency": "VARCHAR",
                "campaign_id": "VARCHAR", "campaign_name": "VARCHAR", "country": "VARCHAR",
                "impressions": "VARCHAR", "clicks": "VARCHAR", "spend": "VARCHAR",
                "actions": [{"action_type": "VARCHAR", "value": "VARCHAR"}], "action_values": [{"action_type": "VARCHAR", "value": "VARCHAR"}]
            }]}').data AS data
        FROM page
        WHERE part = ''
    )
),

-- As in ad_daily.
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
        r,
        list_filter(r.actions, lambda action: action.action_type = action_type)[1].value AS conversions,
        list_filter(r.action_values, lambda action: action.action_type = action_type)[1].value AS conversion_value
    FROM counted
)

SELECT
    getvariable('partition') AS account_id,
    r.campaign_id AS campaign_id,
    coalesce(r.campaign_name, r.campaign_id) AS campaign_name,
    CASE WHEN lower(r.country) = 'unknown' THEN '' ELSE upper(coalesce(r.country, '')) END AS country,
    '' AS region_id,
    '' AS region,
    TRY_CAST(r.date_start AS DATE) AS date,
    'facebook' AS source,
    'paid_social' AS medium,
    coalesce(upper(r.account_currency), getvariable('currency')) AS currency,
    whole_or_zero(r.impressions) AS impressions,
    whole_or_zero(r.clicks) AS clicks,
    CAST(amount_or_zero(r.spend) AS DECIMAL(38, 6)) AS cost,
    CAST(amount_or_zero(conversions) AS DECIMAL(38, 6)) AS conversions,
    CAST(amount_or_zero(conversion_value) AS DECIMAL(38, 6)) AS conversion_value,
    page_no,
    record_no,
    problems([
        required('campaign_id', r.campaign_id),
        required('country', r.country),
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
