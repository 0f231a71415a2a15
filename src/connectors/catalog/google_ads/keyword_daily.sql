-- Table: core.keyword_daily
-- Grain: account, campaign, ad group, keyword, day of the account's zone
-- Inputs: page, the chunks of googleAds:searchStream
-- Late data: as ad_daily. Scores are those of the day (metrics.historical_*), as the
--   criterion itself has only that of now
WITH chunk AS (
    SELECT
        page_no,
        from_json(body, '{"results": [{
            "segments": {"date": "VARCHAR"},
            "customer": {"currencyCode": "VARCHAR"},
            "campaign": {"resourceName": "VARCHAR", "id": "VARCHAR", "name": "VARCHAR"},
            "adGroup": {"id": "VARCHAR", "name": "VARCHAR"},
            "adGroupCriterion": {"resourceName": "VARCHAR", "criterionId": "VARCHAR", "keyword": {"text": "VARCHAR", "matchType": "VARCHAR"}},
            "metrics": {"impressions": "VARCHAR", "clicks": "VARCHAR", "costMicros": "VARCHAR", "conversions": "VARCHAR", "conversionsValue": "VARCHAR", "historicalQualityScore": "VARCHAR",
                "historicalCreativeQualityScore": "VARCHAR", "historicalLandingPageQualityScore": "VARCHAR", "historicalSearchPredictedCtr": "VARCHAR"}
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
        coalesce(r.campaign.id, nullif(regexp_extract(r.campaign.resourceName, 'campaigns/([0-9]+)', 1), '')) AS campaign_id,
        coalesce(r.adGroup.id, nullif(regexp_extract(r.adGroupCriterion.resourceName, 'adGroupCriteria/([0-9]+)~', 1), '')) AS ad_group_id,
        coalesce(r.adGroupCriterion.criterionId, nullif(regexp_extract(r.adGroupCriterion.resourceName, '~([0-9]+)$', 1), '')) AS keyword_id,
        -- Google rates from 1 to 10; 0 is what its older versions send for a keyword that it does not rate.
        nullif(r.metrics.historicalQualityScore, '0') AS score
    FROM record
)

SELECT
    getvariable('partition') AS account_id,
    campaign_id,
    coalesce(r.campaign.name, campaign_id) AS campaign_name,
    ad_group_id,
    coalesce(r.adGroup.name, '') AS ad_group_name,
    keyword_id,
    coalesce(r.adGroupCriterion.keyword.text, '') AS keyword,
    lower(coalesce(r.adGroupCriterion.keyword.matchType, '')) AS match_type,
    TRY_CAST(score AS INTEGER) AS quality_score,
    lower(coalesce(nullif(nullif(r.metrics.historicalCreativeQualityScore, 'UNSPECIFIED'), 'UNKNOWN'), '')) AS creative_quality,
    lower(coalesce(nullif(nullif(r.metrics.historicalLandingPageQualityScore, 'UNSPECIFIED'), 'UNKNOWN'), '')) AS landing_page_quality,
    lower(coalesce(nullif(nullif(r.metrics.historicalSearchPredictedCtr, 'UNSPECIFIED'), 'UNKNOWN'), '')) AS expected_ctr,
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
        required('adGroup.id', ad_group_id),
        required('adGroupCriterion.criterionId', keyword_id),
        CASE WHEN score IS NOT NULL AND coalesce(whole_number(score) NOT BETWEEN 1 AND 10, true)
             THEN 'metrics.historicalQualityScore: "' || left(score, 80) || '" is not a score from 1 to 10' END,
        bad_whole('metrics.impressions', r.metrics.impressions),
        bad_whole('metrics.clicks', r.metrics.clicks),
        bad_micros('metrics.costMicros', r.metrics.costMicros),
        bad_decimal('metrics.conversions', r.metrics.conversions),
        bad_decimal('metrics.conversionsValue', r.metrics.conversionsValue)
    ]) AS problem
FROM named
