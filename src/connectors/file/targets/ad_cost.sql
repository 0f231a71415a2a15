-- Table: core.ad_daily
-- Grain: source, account, campaign, device, country and day; '' where the file does not tell
-- Inputs: page, with the fields of a dropped file as texts and what is wrong with a row
-- Late data: a newer file replaces the campaigns and days it names
SELECT
    coalesce(account_id, '') AS account_id,
    coalesce(campaign_id, '') AS campaign_id,
    campaign AS campaign_name,
    coalesce(campaign_status, '') AS campaign_status,
    coalesce(campaign_type, '') AS campaign_type,
    '' AS ad_group_id,
    '' AS ad_id,
    coalesce(device, '') AS device,
    coalesce(country, '') AS country,
    TRY_CAST(date AS DATE) AS date,
    -- In lower case, as web analytics shows the same tags.
    lower(source) AS source,
    lower(medium) AS medium,
    currency,
    coalesce(TRY_CAST(impressions AS BIGINT), 0) AS impressions,
    coalesce(TRY_CAST(clicks AS BIGINT), 0) AS clicks,
    TRY_CAST(cost AS DECIMAL(18, 6)) AS cost,
    coalesce(TRY_CAST(conversions AS DECIMAL(18, 6)), 0) AS conversions,
    coalesce(TRY_CAST(conversion_value AS DECIMAL(18, 6)), 0) AS conversion_value,
    page_no,
    record_no,
    problems([
        problem,
        bad_date('date', date),
        bad_decimal('cost', cost),
        CASE WHEN TRY_CAST(cost AS DECIMAL(18, 6)) < 0 THEN 'cost: ' || cost || ' is below zero' END,
        CASE WHEN date_end <> date
             THEN 'the row is about ' || date || ' to ' || date_end || ', not one day: export it by day' END,
        CASE WHEN currency IS NULL AND cost IS NOT NULL
             THEN 'currency is missing: write constants = { currency = "' || getvariable('currency') || '" } if all of it is in that' END
    ]) AS problem
FROM page
