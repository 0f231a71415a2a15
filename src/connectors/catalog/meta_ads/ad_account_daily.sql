-- Table: core.ad_account_daily
-- Grain: account, day of the account's zone, currency
-- Inputs: page, insights of the account (part `account`) and, for their conversions, insights by ad
-- Late data: as ad_daily
WITH answer AS (
    SELECT
        page_no,
        part,
        from_json(body, '{"data": [{
            "date_start": "VARCHAR", "date_stop": "VARCHAR", "account_currency": "VARCHAR",
            "campaign_id": "VARCHAR", "adset_id": "VARCHAR", "ad_id": "VARCHAR",
            "impressions": "VARCHAR", "clicks": "VARCHAR", "spend": "VARCHAR",
            "actions": [{"action_type": "VARCHAR", "value": "VARCHAR"}]
        }]}').data AS data
    FROM page
    WHERE part IN ('', 'account')
),

record AS (
    SELECT page_no, part, unnest(data) AS r, CAST(unnest(range(len(data))) AS INTEGER) AS record_no FROM answer
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
        *,
        TRY_CAST(r.date_start AS DATE) AS date,
        list_filter(r.actions, lambda action: action.action_type = action_type)[1].value AS conversions
    FROM counted
),

of_ads AS (
    SELECT date, sum(amount_or_zero(conversions)) AS conversions
    FROM (
        SELECT date, conversions
        FROM judged
        WHERE part = '' AND r.ad_id <> ''
        QUALIFY row_number() OVER (PARTITION BY date, r.campaign_id, r.adset_id, r.ad_id ORDER BY page_no DESC, record_no DESC) = 1
    )
    GROUP BY date
)

-- One name for all ads of an account may leave out what some of them count under another; and above the ad set conversions
-- can be missing altogether.
SELECT
    getvariable('partition') AS account_id,
    a.date AS date,
    coalesce(upper(a.r.account_currency), getvariable('currency')) AS currency,
    whole_or_zero(a.r.impressions) AS impressions,
    whole_or_zero(a.r.clicks) AS clicks,
    amount_or_zero(a.r.spend) AS cost,
    CAST(greatest(amount_or_zero(a.conversions), coalesce(o.conversions, 0)) AS DECIMAL(18, 6)) AS conversions,
    page_no,
    record_no,
    problems([
        required('date_start', a.r.date_start),
        bad_date('date_start', a.r.date_start),
        CASE WHEN a.r.date_stop <> a.r.date_start THEN 'date_stop: the row is of several days, ' || left(a.r.date_start, 20) || ' to ' || left(a.r.date_stop, 20) END,
        bad_whole('impressions', a.r.impressions),
        bad_whole('clicks', a.r.clicks),
        bad_decimal('spend', a.r.spend),
        bad_decimal('actions.value', a.conversions)
    ]) AS problem
FROM judged AS a
LEFT JOIN of_ads AS o ON o.date = a.date
WHERE a.part = 'account'
