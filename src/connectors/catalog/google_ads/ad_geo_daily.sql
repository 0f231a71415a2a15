-- Table: core.ad_geo_daily
-- Grain: account, campaign, country, region, day of the account's zone
-- Inputs: page, answers of googleAds:search over user_location_view, which says where people were, not what they
--   were interested in; and over geo_target_constant, which names the places
-- Late data: as ad_daily
WITH answer AS (
    SELECT
        page_no,
        from_json(body, '{"results": [{
            "segments": {"date": "VARCHAR", "geoTargetRegion": "VARCHAR"},
            "customer": {"currencyCode": "VARCHAR"},
            "campaign": {"resourceName": "VARCHAR", "id": "VARCHAR", "name": "VARCHAR"},
            "userLocationView": {"resourceName": "VARCHAR", "countryCriterionId": "VARCHAR"},
            "geoTargetConstant": {"resourceName": "VARCHAR", "id": "VARCHAR", "name": "VARCHAR", "countryCode": "VARCHAR"},
            "metrics": {"impressions": "VARCHAR", "clicks": "VARCHAR", "costMicros": "VARCHAR", "conversions": "VARCHAR", "conversionsValue": "VARCHAR"}
        }]}').results AS results
    FROM page
),

record AS (
    SELECT page_no, unnest(results) AS r, CAST(unnest(range(len(results))) AS INTEGER) AS record_no FROM answer
),

place AS (
    SELECT
        coalesce(r.geoTargetConstant.id, regexp_extract(r.geoTargetConstant.resourceName, '([0-9]+)$', 1)) AS id,
        any_value(r.geoTargetConstant.name) AS name,
        any_value(upper(r.geoTargetConstant.countryCode)) AS country
    FROM record
    WHERE r.geoTargetConstant IS NOT NULL
    GROUP BY ALL
),

named AS (
    SELECT
        *,
        coalesce(r.campaign.id, nullif(regexp_extract(r.campaign.resourceName, 'campaigns/([0-9]+)', 1), '')) AS campaign_id,
        coalesce(r.userLocationView.countryCriterionId, nullif(regexp_extract(r.userLocationView.resourceName, '/([0-9]+)~', 1), ''), '') AS country_id,
        regexp_extract(coalesce(r.segments.geoTargetRegion, ''), '([0-9]*)$', 1) AS region_id
    FROM record
    WHERE r.geoTargetConstant IS NULL
),

judged AS (
    SELECT
        page_no,
        record_no,
        campaign_id,
        coalesce(r.campaign.name, campaign_id) AS campaign_name,
        coalesce(country.country, region.country, country_id) AS country,
        region_id,
        coalesce(region.name, region_id) AS region,
        TRY_CAST(r.segments.date AS DATE) AS date,
        coalesce(upper(r.customer.currencyCode), getvariable('currency')) AS currency,
        r.metrics AS m,
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
    LEFT JOIN place AS country ON country.id = country_id
    LEFT JOIN place AS region ON region.id = region_id
)

-- A country comes in two rows: places that were targeted, and places that were not.
SELECT
    getvariable('partition') AS account_id,
    campaign_id,
    any_value(campaign_name) AS campaign_name,
    country,
    region_id,
    any_value(region) AS region,
    date,
    'google' AS source,
    'cpc' AS medium,
    currency,
    CAST(sum(whole_or_zero(m.impressions)) AS BIGINT) AS impressions,
    CAST(sum(whole_or_zero(m.clicks)) AS BIGINT) AS clicks,
    CAST(sum(coalesce(from_micros(m.costMicros), 0)) AS DECIMAL(38, 6)) AS cost,
    CAST(sum(amount_or_zero(m.conversions)) AS DECIMAL(38, 6)) AS conversions,
    CAST(sum(amount_or_zero(m.conversionsValue)) AS DECIMAL(38, 6)) AS conversion_value,
    min(page_no) AS page_no,
    arg_min(record_no, (page_no, record_no)) AS record_no,
    problem
FROM judged
GROUP BY campaign_id, country, region_id, date, currency, problem, CASE WHEN problem IS NOT NULL THEN (page_no, record_no) END
