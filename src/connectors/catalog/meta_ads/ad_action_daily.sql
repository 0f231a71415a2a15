-- Table: core.ad_action_daily
-- Grain: account, campaign, ad set, ad, action, day of the account's zone; and rows for what the account has beyond its ads
-- Inputs: page, insights by ad; insights of the account (part `account`)
-- Late data: as ad_daily
WITH answer AS (
    SELECT
        page_no,
        part,
        from_json(body, '{"data": [{
            "date_start": "VARCHAR", "date_stop": "VARCHAR", "account_currency": "VARCHAR",
            "campaign_id": "VARCHAR", "campaign_name": "VARCHAR", "adset_id": "VARCHAR", "adset_name": "VARCHAR",
            "ad_id": "VARCHAR", "ad_name": "VARCHAR", "attribution_setting": "VARCHAR",
            "impressions": "VARCHAR", "clicks": "VARCHAR", "spend": "VARCHAR",
            "actions": [{"action_type": "VARCHAR", "value": "VARCHAR"}], "action_values": [{"action_type": "VARCHAR", "value": "VARCHAR"}]
        }]}').data AS data
    FROM page
    WHERE part IN ('', 'account')
),

record AS (
    SELECT page_no, part, unnest(data) AS r, CAST(unnest(range(len(data))) AS INTEGER) AS record_no FROM answer
),

-- The names that one action has, best first: over all channels, over all places of the web, by the pixel alone.
family AS (
    SELECT unnest([
        {'action': 'purchase', 'names': ['omni_purchase', 'purchase', 'offsite_conversion.fb_pixel_purchase']},
        {'action': 'lead', 'names': ['omni_lead', 'lead', 'offsite_conversion.fb_pixel_lead']}
    ], recursive := true)
),

named AS (
    SELECT
        *,
        list_filter(names, lambda name: list_contains(list_transform(r.actions, lambda one: one.action_type), name))[1] AS action_type
    FROM record
    CROSS JOIN family
),

counted AS (
    SELECT
        *,
        list_filter(r.actions, lambda one: one.action_type = action_type)[1].value AS counted,
        list_filter(r.action_values, lambda one: one.action_type = action_type)[1].value AS worth
    FROM named
),

-- A row that cannot be used is kept apart by ad_daily already. Where pages overlap an ad's day counts once.
latest AS (
    SELECT
        *,
        CAST(r.date_start AS DATE) AS date,
        coalesce(upper(r.account_currency), getvariable('currency')) AS currency,
        whole_or_zero(r.impressions) AS impressions,
        whole_or_zero(r.clicks) AS clicks,
        amount_or_zero(r.spend) AS cost,
        amount_or_zero(counted) AS actions,
        amount_or_zero(worth) AS action_value
    FROM counted
    WHERE (r.ad_id <> '' OR part = 'account')
        AND r.date_start <> '' AND bad_date('date_start', r.date_start) IS NULL
        AND coalesce(r.date_stop, r.date_start) = r.date_start
        AND bad_whole('impressions', r.impressions) IS NULL
        AND bad_whole('clicks', r.clicks) IS NULL
        AND bad_decimal('spend', r.spend) IS NULL
        AND bad_decimal('actions.value', counted) IS NULL
        AND bad_decimal('action_values.value', worth) IS NULL
    QUALIFY row_number() OVER (
        PARTITION BY part, action, r.date_start, r.campaign_id, r.adset_id, r.ad_id ORDER BY page_no DESC, record_no DESC) = 1
),

day AS (
    SELECT
        date,
        currency,
        action,
        max(page_no) FILTER (part = 'account') AS page_no,
        max(record_no) FILTER (part = 'account') AS record_no,
        max(action_type) FILTER (part = 'account') AS action_type,
        sum(CASE part WHEN 'account' THEN impressions ELSE -impressions END) AS impressions,
        sum(CASE part WHEN 'account' THEN clicks ELSE -clicks END) AS clicks,
        sum(CASE part WHEN 'account' THEN cost ELSE -cost END) AS cost,
        sum(CASE part WHEN 'account' THEN actions ELSE -actions END) AS actions,
        sum(CASE part WHEN 'account' THEN action_value ELSE -action_value END) AS action_value
    FROM latest
    GROUP BY date, currency, action
),

-- As in ad_daily: actions alone are no sign of an ad that is not listed.
rest AS (
    SELECT * FROM day WHERE page_no IS NOT NULL AND (cost > 0 OR impressions > 0 OR clicks > 0)
)

SELECT
    getvariable('partition') AS account_id,
    coalesce(r.campaign_id, '') AS campaign_id,
    coalesce(r.campaign_name, r.campaign_id, '') AS campaign_name,
    coalesce(r.adset_id, '') AS ad_group_id,
    coalesce(r.adset_name, r.adset_id, '') AS ad_group_name,
    r.ad_id AS ad_id,
    coalesce(r.ad_name, r.ad_id) AS ad_name,
    action,
    coalesce(action_type, '') AS action_type,
    coalesce(r.attribution_setting, '') AS attribution,
    date,
    'facebook' AS source,
    'paid_social' AS medium,
    currency,
    impressions,
    actions,
    action_value,
    page_no,
    record_no,
    NULL AS problem
FROM latest
WHERE part = ''
UNION ALL BY NAME
SELECT
    getvariable('partition') AS account_id,
    '' AS campaign_id,
    'not listed by ad' AS campaign_name,
    '' AS ad_group_id,
    '' AS ad_group_name,
    '' AS ad_id,
    '' AS ad_name,
    action,
    coalesce(action_type, '') AS action_type,
    '' AS attribution,
    date,
    'facebook' AS source,
    'paid_social' AS medium,
    currency,
    CAST(greatest(impressions, 0) AS BIGINT) AS impressions,
    CAST(greatest(actions, 0) AS DECIMAL(18, 6)) AS actions,
    CAST(CASE WHEN actions > 0 THEN greatest(action_value, 0) ELSE 0 END AS DECIMAL(18, 6)) AS action_value,
    page_no,
    record_no,
    NULL AS problem
FROM rest
