-- Table: core.search_term_daily
-- Grain: account, campaign, ad group, search term, match type, day of the account's zone
-- Inputs: page, the chunks of googleAds:searchStream over search_term_view
-- Late data: as ad_daily
WITH chunk AS (
    SELECT
        page_no,
        from_json(body, '{"results": [{
            "segments": {"date": "VARCHAR", "searchTermMatchType": "VARCHAR"},
            "customer": {"currencyCode": "VARCHAR"},
            "campaign": {"resourceName": "VARCHAR", "id": "VARCHAR", "name": "VARCHAR"},
            "adGroup": {"resourceName": "VARCHAR", "id": "VARCHAR", "name": "VARCHAR"},
            "searchTermView": {"searchTerm": "VARCHAR"},
            "metrics": {"impressions": "VARCHAR", "clicks": "VARCHAR", "costMicros": "VARCHAR", "conversions": "VARCHAR", "conversionsValue": "VARCHAR"}
        }]}').results AS results
    FROM page
),

record AS (
    SELECT page_no, unnest(results) AS r, CAST(unnest(range(len(results))) AS INTEGER) AS record_no FROM chunk
),

named AS (
    SELECT
        *,
        coalesce(r.campaign.id, nullif(regexp_extract(r.campaign.resourceName, 'campaigns/([0-9]+)', 1), '')) AS campaign_id,
        coalesce(r.adGroup.id, nullif(regexp_extract(r.adGroup.resourceName, 'adGroups/([0-9]+)', 1), '')) AS ad_group_id,
        -- People type what names them: mail addresses, and numbers of telephones, cards and accounts.
        left(regexp_replace(regexp_replace(lower(trim(r.searchTermView.searchTerm)),
            '[^\s@]+(@|%40)[^\s@]+\.[^\s@]+', '(address)', 'g'),
            '\+?[0-9]([ ./()-]{0,2}[0-9]){6,}', '(number)', 'g'), 200) AS term
    FROM record
),

judged AS (
    SELECT
        page_no,
        record_no,
        campaign_id,
        coalesce(r.campaign.name, campaign_id) AS campaign_name,
        ad_group_id,
        coalesce(r.adGroup.name, '') AS ad_group_name,
        coalesce(term, '') AS search_term,
        lower(coalesce(r.segments.searchTermMatchType, '')) AS match_type,
        TRY_CAST(r.segments.date AS DATE) AS date,
        coalesce(upper(r.customer.currencyCode), getvariable('currency')) AS currency,
        r.metrics AS m,
        problems([
            required('campaign.id', campaign_id),
            required('adGroup.id', ad_group_id),
            required('searchTermView.searchTerm', term),
            required('segments.date', r.segments.date),
            bad_date('segments.date', r.segments.date),
            bad_whole('metrics.impressions', r.metrics.impressions),
            bad_whole('metrics.clicks', r.metrics.clicks),
            bad_micros('metrics.costMicros', r.metrics.costMicros),
            bad_decimal('metrics.conversions', r.metrics.conversions),
            bad_decimal('metrics.conversionsValue', r.metrics.conversionsValue)
        ]) AS problem
    FROM named
)

-- Terms that were told apart by what went are one. A sum of amounts that each just fit must fit.
SELECT
    getvariable('partition') AS account_id,
    campaign_id,
    any_value(campaign_name) AS campaign_name,
    ad_group_id,
    any_value(ad_group_name) AS ad_group_name,
    search_term,
    match_type,
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
GROUP BY campaign_id, ad_group_id, search_term, match_type, date, currency, problem,
    CASE WHEN problem IS NOT NULL THEN (page_no, record_no) END
