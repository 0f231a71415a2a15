-- Table: core.influencer_post
-- Grain: creator's post by its address without what only tracks the reader, or creator, campaign and day where no post is known
-- Inputs: page, with the fields of a dropped file as texts and what is wrong with a row
-- Late data: a newer export replaces the figures of the posts it names; the older ones move to history
-- Only the host means the same in any case; videos are told apart by what stands behind the question mark.
WITH address AS (
    SELECT
        *,
        ltrim(handle, '@') AS name,
        regexp_replace(
            regexp_replace(post, '^(https?://)?(www\.)?|#.*$', '', 'gi'),
            '[?&](utm_[^=&]*|fbclid|gclid|igsh|igshid|si|feature)=[^&]*', '', 'gi') AS place
    FROM page
)

SELECT
    lower(platform) AS platform,
    name AS handle,
    campaign,
    CASE WHEN post IS NULL THEN name || '|' || campaign || '|' || posted_at
         ELSE rtrim(lower(regexp_extract(place, '^[^/]*/'))
             || regexp_replace(regexp_replace(place, '^[^/]*/', ''), '/*[?&]', '?'), '/') END AS post_key,
    TRY_CAST(posted_at AS DATE) AS posted_date,
    lower(content_type) AS content_type,
    TRY_CAST(followers AS BIGINT) AS followers,
    TRY_CAST(impressions AS BIGINT) AS impressions,
    TRY_CAST(reach AS BIGINT) AS reach,
    TRY_CAST(views AS BIGINT) AS views,
    TRY_CAST(likes AS BIGINT) AS likes,
    TRY_CAST(comments AS BIGINT) AS comments,
    TRY_CAST(shares AS BIGINT) AS shares,
    TRY_CAST(saves AS BIGINT) AS saves,
    TRY_CAST(clicks AS BIGINT) AS clicks,
    TRY_CAST(fee AS DECIMAL(18, 6)) AS fee,
    TRY_CAST(product_cost AS DECIMAL(18, 6)) AS product_cost,
    currency,
    discount_code,
    TRY_CAST(conversions AS BIGINT) AS conversions,
    TRY_CAST(revenue AS DECIMAL(18, 6)) AS revenue,
    TRY_CAST(metrics_as_of AS DATE) AS metrics_as_of,
    page_no,
    record_no,
    problems([
        problem,
        bad_date('posted_at', posted_at),
        bad_date('metrics_as_of', metrics_as_of),
        bad_whole('followers', followers),
        bad_whole('impressions', impressions),
        bad_whole('reach', reach),
        bad_whole('views', views),
        bad_whole('likes', likes),
        bad_whole('comments', comments),
        bad_whole('shares', shares),
        bad_whole('saves', saves),
        bad_whole('clicks', clicks),
        bad_whole('conversions', conversions),
        bad_decimal('fee', fee),
        bad_decimal('product_cost', product_cost),
        bad_decimal('revenue', revenue),
        CASE WHEN currency IS NULL AND coalesce(fee, product_cost, revenue) IS NOT NULL
             THEN 'currency is missing beside an amount' END
    ]) AS problem
FROM address
