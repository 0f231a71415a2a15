-- Table: core.search_term_daily
-- Grain: account, campaign, ad group, search term, match type, day
-- Inputs: page, rows of SearchQueryPerformanceReport, which has no currency: that of the setting
-- Late data: as ad_daily
WITH answer AS (
    SELECT page_no, from_json(body, '{"rows": [{
            "TimePeriod": "VARCHAR", "CampaignId": "VARCHAR", "CampaignName": "VARCHAR",
            "AdGroupId": "VARCHAR", "AdGroupName": "VARCHAR", "SearchQuery": "VARCHAR",
            "DeliveredMatchType": "VARCHAR", "Impressions": "VARCHAR", "Clicks": "VARCHAR",
            "Spend": "VARCHAR", "ConversionsQualified": "VARCHAR", "Revenue": "VARCHAR"
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
        -- People type what names them: mail addresses, and numbers of telephones, cards and accounts.
        left(regexp_replace(regexp_replace(lower(trim(r.SearchQuery)),
            '[^\s@]+(@|%40)[^\s@]+\.[^\s@]+', '(address)', 'g'),
            '\+?[0-9]([ ./()-]{0,2}[0-9]){6,}', '(number)', 'g'), 200) AS search_term,
        lower(coalesce(r.DeliveredMatchType, '')) AS match_type,
        TRY_CAST(r.TimePeriod AS DATE) AS date,
        coalesce(nullif(json_extract_string(getvariable('settings'), '$.currency'), ''), getvariable('currency')) AS currency,
        whole_or_zero(ungrouped(r.Impressions)) AS impressions,
        whole_or_zero(ungrouped(r.Clicks)) AS clicks,
        amount_or_zero(ungrouped(r.Spend)) AS cost,
        amount_or_zero(ungrouped(r.ConversionsQualified)) AS conversions,
        amount_or_zero(ungrouped(r.Revenue)) AS conversion_value,
        problems([
            required('CampaignId', r.CampaignId),
            required('AdGroupId', r.AdGroupId),
            required('SearchQuery', trim(r.SearchQuery)),
            required('TimePeriod', r.TimePeriod),
            bad_date('TimePeriod', r.TimePeriod),
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

-- Terms that were told apart by what went are one. A sum of amounts that each just fit must fit.
SELECT
    getvariable('partition') AS account_id,
    campaign_id,
    any_value(campaign_name) AS campaign_name,
    ad_group_id,
    any_value(ad_group_name) AS ad_group_name,
    coalesce(search_term, '') AS search_term,
    match_type,
    date,
    'bing' AS source,
    'cpc' AS medium,
    currency,
    CAST(sum(impressions) AS BIGINT) AS impressions,
    CAST(sum(clicks) AS BIGINT) AS clicks,
    CAST(sum(cost) AS DECIMAL(38, 6)) AS cost,
    CAST(sum(conversions) AS DECIMAL(38, 6)) AS conversions,
    CAST(sum(conversion_value) AS DECIMAL(38, 6)) AS conversion_value,
    min(page_no) AS page_no,
    arg_min(record_no, (page_no, record_no)) AS record_no,
    problem
FROM judged
GROUP BY campaign_id, ad_group_id, search_term, match_type, date, currency, problem, CASE WHEN problem IS NOT NULL THEN (page_no, record_no) END
