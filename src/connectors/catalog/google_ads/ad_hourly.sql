-- Table: core.ad_hourly
-- Grain: account, campaign, hour of the account's day
-- Inputs: page, the chunks of googleAds:searchStream
-- Late data: as ad_daily. An hour is a number on the account's clock: of the two
--   hours of that number in autumn the vendor sends one row
WITH chunk AS (
    SELECT
        page_no,
        from_json(body, '{"results": [{
            "segments": {"date": "VARCHAR", "hour": "VARCHAR"},
            "customer": {"currencyCode": "VARCHAR"},
            "campaign": {"resourceName": "VARCHAR", "id": "VARCHAR", "name": "VARCHAR"},
            "metrics": {"impressions": "VARCHAR", "clicks": "VARCHAR", "costMicros": "VARCHAR", "conversions": "VARCHAR", "conversionsValue": "VARCHAR"}
        }]}').results AS results
    FROM page
),

record AS (
    SELECT page_no, unnest(results) AS r, CAST(unnest(range(len(results))) AS INTEGER) AS record_no FROM chunk
),

named AS (
    -- The id stands in the resource name when it was not selected.
    SELECT
        *,
        coalesce(r.campaign.id, nullif(regexp_extract(r.campaign.resourceName, 'campaigns/([0-9]+)', 1), '')) AS campaign_id
    FROM record
)

SELECT
    getvariable('partition') AS account_id,
    campaign_id,
    coalesce(r.campaign.name, campaign_id) AS campaign_name,
    coalesce(TRY_CAST(r.segments.hour AS INTEGER), 0) AS hour,
    TRY_CAST(r.segments.date AS DATE) AS date,
    'google' AS source,
    'cpc' AS medium,
    coalesce(upper(r.customer.currencyCode), getvariable('currency')) AS currency,
    whole_or_zero(r.metrics.impressions) AS impressions,
    whole_or_zero(r.metrics.clicks) AS clicks,
    coalesce(from_micros(r.metrics.costMicros), 0) AS cost,
    amount_or_zero(r.metrics.conversions) AS conversions,
    amount_or_zero(r.metrics.conversionsValue) AS conversion_value,
    page_no,
    record_no,
    problems([
        required('campaign.id', campaign_id),
        required('segments.date', r.segments.date),
        bad_date('segments.date', r.segments.date),
        required('segments.hour', r.segments.hour),
        CASE WHEN r.segments.hour IS NOT NULL AND coalesce(whole_number(r.segments.hour) NOT BETWEEN 0 AND 23, true)
             THEN 'segments.hour: "' || left(r.segments.hour, 80) || '" is not an hour' END,
        bad_whole('metrics.impressions', r.metrics.impressions),
        bad_whole('metrics.clicks', r.metrics.clicks),
        bad_micros('metrics.costMicros', r.metrics.costMicros),
        bad_decimal('metrics.conversions', r.metrics.conversions),
        bad_decimal('metrics.conversionsValue', r.metrics.conversionsValue)
    ]) AS problem
FROM named
