-- Table: core.keyword_daily
-- Grain: account, campaign, ad group, keyword, day
-- Inputs: page, rows of KeywordPerformanceReport
-- Late data: as ad_daily. Scores are those of the day (Historical…); `--` where none was made
WITH answer AS (
    SELECT page_no, from_json(body, '{"rows": [{
            "TimePeriod": "VARCHAR", "CurrencyCode": "VARCHAR", "CampaignId": "VARCHAR",
            "CampaignName": "VARCHAR", "AdGroupId": "VARCHAR", "AdGroupName": "VARCHAR",
            "KeywordId": "VARCHAR", "Keyword": "VARCHAR", "BidMatchType": "VARCHAR",
            "HistoricalQualityScore": "VARCHAR", "HistoricalAdRelevance": "VARCHAR",
            "HistoricalLandingPageExperience": "VARCHAR", "HistoricalExpectedCtr": "VARCHAR",
            "Impressions": "VARCHAR", "Clicks": "VARCHAR", "Spend": "VARCHAR",
            "ConversionsQualified": "VARCHAR", "Revenue": "VARCHAR"
        }]}').rows AS rows
    FROM page
),

record AS (
    SELECT page_no, unnest(rows) AS r, CAST(unnest(range(len(rows))) AS INTEGER) AS record_no FROM answer
),

judged AS (
    SELECT
        page_no,
        record_no,
        r.CampaignId AS campaign_id,
        coalesce(nullif(r.CampaignName, ''), r.CampaignId) AS campaign_name,
        r.AdGroupId AS ad_group_id,
        coalesce(r.AdGroupName, '') AS ad_group_name,
        r.KeywordId AS keyword_id,
        coalesce(r.Keyword, '') AS keyword,
        lower(coalesce(r.BidMatchType, '')) AS match_type,
        TRY_CAST(nullif(whole_number(ungrouped(r.HistoricalQualityScore)), 0) AS INTEGER) AS quality_score,
        CASE whole_number(r.HistoricalAdRelevance) WHEN 1 THEN 'below_average' WHEN 2 THEN 'average' WHEN 3 THEN 'above_average' ELSE '' END AS creative_quality,
        CASE whole_number(r.HistoricalLandingPageExperience) WHEN 1 THEN 'below_average' WHEN 2 THEN 'average' WHEN 3 THEN 'above_average' ELSE '' END AS landing_page_quality,
        CASE whole_number(r.HistoricalExpectedCtr) WHEN 1 THEN 'below_average' WHEN 2 THEN 'average' WHEN 3 THEN 'above_average' ELSE '' END AS expected_ctr,
        TRY_CAST(r.TimePeriod AS DATE) AS date,
        coalesce(nullif(upper(trim(r.CurrencyCode)), ''), getvariable('currency')) AS currency,
        whole_or_zero(ungrouped(r.Impressions)) AS impressions,
        whole_or_zero(ungrouped(r.Clicks)) AS clicks,
        amount_or_zero(ungrouped(r.Spend)) AS cost,
        amount_or_zero(ungrouped(r.ConversionsQualified)) AS conversions,
        amount_or_zero(ungrouped(r.Revenue)) AS conversion_value,
        problems([
            required('CampaignId', r.CampaignId),
            required('AdGroupId', r.AdGroupId),
            required('KeywordId', r.KeywordId),
            required('TimePeriod', r.TimePeriod),
            bad_date('TimePeriod', r.TimePeriod),
            CASE WHEN ungrouped(r.HistoricalQualityScore) IS NOT NULL AND coalesce(whole_number(ungrouped(r.HistoricalQualityScore)) NOT BETWEEN 0 AND 10, true)
                 THEN 'HistoricalQualityScore: "' || left(r.HistoricalQualityScore, 80) || '" is not a score from 1 to 10' END,
            required('Impressions', ungrouped(r.Impressions)),
            bad_whole('Impressions', ungrouped(r.Impressions)),
            required('Clicks', ungrouped(r.Clicks)),
            bad_whole('Clicks', ungrouped(r.Clicks)),
            required('Spend', ungrouped(r.Spend)),
            bad_decimal('Spend', ungrouped(r.Spend)),
            bad_decimal('ConversionsQualified', ungrouped(r.ConversionsQualified)),
            bad_decimal('Revenue', ungrouped(r.Revenue))
        ]) AS problem
    FROM record
)

-- Rows that differ in nothing of the key are added up: an attribute beyond it splits them, and none may be lost. A score is no sum.
SELECT
    getvariable('partition') AS account_id,
    campaign_id,
    any_value(campaign_name) AS campaign_name,
    ad_group_id,
    any_value(ad_group_name) AS ad_group_name,
    keyword_id,
    any_value(keyword) AS keyword,
    any_value(match_type) AS match_type,
    max(quality_score) AS quality_score,
    any_value(creative_quality) AS creative_quality,
    any_value(landing_page_quality) AS landing_page_quality,
    any_value(expected_ctr) AS expected_ctr,
    date,
    'bing' AS source,
    'cpc' AS medium,
    currency,
    CAST(sum(impressions) AS BIGINT) AS impressions,
    CAST(sum(clicks) AS BIGINT) AS clicks,
    CAST(sum(cost) AS DECIMAL(18, 6)) AS cost,
    CAST(sum(conversions) AS DECIMAL(18, 6)) AS conversions,
    CAST(sum(conversion_value) AS DECIMAL(18, 6)) AS conversion_value,
    min(page_no) AS page_no,
    arg_min(record_no, (page_no, record_no)) AS record_no,
    problem
FROM judged
GROUP BY campaign_id, ad_group_id, keyword_id, date, currency, problem, CASE WHEN problem IS NOT NULL THEN (page_no, record_no) END
