-- Table: core.ad_region_daily
-- Grain: account, campaign, region, day of the account's zone
-- Inputs: page, insights by campaign and region
-- Late data: as ad_daily
WITH record AS (
    SELECT page_no, unnest(data) AS r, CAST(unnest(range(len(data))) AS INTEGER) AS record_no
    FROM (
        SELECT
            page_no,
            from_json(body, '{"data": [{
                "date_start": "VARCHAR", "date_stop": "VARCHAR", "account_currency": "VARCHAR",
                "campaign_id": "VARCHAR", "campaign_name": "VARCHAR", "region": "VARCHAR",
                "impressions": "VARCHAR", "clicks": "VARCHAR", "spend": "VARCHAR"
            }]}').data AS data
        FROM page
        WHERE part = ''
    )
)

SELECT
    getvariable('partition') AS account_id,
    r.campaign_id AS campaign_id,
    coalesce(r.campaign_name, r.campaign_id) AS campaign_name,
    CASE WHEN lower(r.region) = 'unknown' THEN '' ELSE coalesce(r.region, '') END AS region,
    TRY_CAST(r.date_start AS DATE) AS date,
    'facebook' AS source,
    'paid_social' AS medium,
    coalesce(upper(r.account_currency), getvariable('currency')) AS currency,
    whole_or_zero(r.impressions) AS impressions,
    whole_or_zero(r.clicks) AS clicks,
    amount_or_zero(r.spend) AS cost,
    page_no,
    record_no,
    problems([
        required('campaign_id', r.campaign_id),
        required('region', r.region),
        required('date_start', r.date_start),
        bad_date('date_start', r.date_start),
        CASE WHEN r.date_stop <> r.date_start THEN 'date_stop: the row is of several days, ' || left(r.date_start, 20) || ' to ' || left(r.date_stop, 20) END,
        bad_whole('impressions', r.impressions),
        bad_whole('clicks', r.clicks),
        bad_decimal('spend', r.spend)
    ]) AS problem
FROM record
