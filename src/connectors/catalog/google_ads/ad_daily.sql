-- Table: core.ad_daily
-- Grain: account, campaign, day of the account's zone (ad group, ad, device, country are not split)
-- Inputs: page, the chunks of googleAds:searchStream
-- Late data: conversions are restated for 30 days; the window is replaced as a whole, because rows
--   whose metrics fell to zero are no longer sent.
WITH chunk AS (
    -- A chunk without rows has no `results`. Numbers arrive as texts or numbers; all are read as text.
    SELECT
        page_no,
        from_json(body, '{"results": [{
            "segments": {"date": "VARCHAR"},
            "customer": {"id": "VARCHAR", "currencyCode": "VARCHAR"},
            "campaign": {"resourceName": "VARCHAR", "id": "VARCHAR", "name": "VARCHAR", "status": "VARCHAR", "advertisingChannelType": "VARCHAR"},
            "metrics": {"impressions": "VARCHAR", "clicks": "VARCHAR", "costMicros": "VARCHAR", "conversions": "VARCHAR", "conversionsValue": "VARCHAR"}
        }]}').results AS results
    FROM page
),

record AS (
    SELECT
        page_no,
        unnest(results) AS r,
        unnest(range(len(results))) AS record_no
    FROM chunk
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
    coalesce(r.campaign.status, '') AS campaign_status,
    coalesce(r.campaign.advertisingChannelType, '') AS campaign_type,
    '' AS ad_group_id,
    '' AS ad_id,
    '' AS device,
    '' AS country,
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
    CAST(record_no AS INTEGER) AS record_no,
    problems([
        required('campaign.id', campaign_id),
        required('segments.date', r.segments.date),
        bad_date('segments.date', r.segments.date),
        bad_whole('metrics.impressions', r.metrics.impressions),
        bad_whole('metrics.clicks', r.metrics.clicks),
        bad_micros('metrics.costMicros', r.metrics.costMicros),
        bad_decimal('metrics.conversions', r.metrics.conversions),
        bad_decimal('metrics.conversionsValue', r.metrics.conversionsValue)
    ]) AS problem
FROM named
