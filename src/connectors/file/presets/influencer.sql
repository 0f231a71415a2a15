-- Table: core.influencer_post
-- Grain: creator's post by its address without what only tracks the reader, or creator, campaign and day where no post is known
-- Inputs: page, an export of any influencer tool; the names its columns go by are matched before
-- Late data: a newer export replaces the figures of the posts it names; the older ones move to history
WITH record AS MATERIALIZED (
    SELECT
        page_no,
        record_no,
        body ->> 'platform' AS platform,
        ltrim(trim(body ->> 'handle'), '@') AS handle,
        body ->> 'campaign' AS campaign,
        body ->> 'post' AS post,
        body ->> 'posted_at' AS posted,
        body ->> 'content_type' AS content_type,
        body ->> 'followers' AS followers,
        body ->> 'impressions' AS impressions,
        body ->> 'reach' AS reach,
        body ->> 'views' AS views,
        body ->> 'likes' AS likes,
        body ->> 'comments' AS comments,
        body ->> 'shares' AS shares,
        body ->> 'saves' AS saves,
        body ->> 'clicks' AS clicks,
        body ->> 'fee' AS fee,
        body ->> 'product_cost' AS product_cost,
        body ->> 'currency' AS currency,
        body ->> 'discount_code' AS discount_code,
        body ->> 'conversions' AS conversions,
        body ->> 'revenue' AS revenue,
        body ->> 'metrics_as_of' AS as_of
    FROM page
),

-- Only the host means the same in any case; videos are told apart by what stands behind the question mark.
address AS (
    SELECT
        *,
        regexp_replace(
            regexp_replace(trim(post), '^(https?://)?(www\.)?|#.*$', '', 'gi'),
            '[?&](utm_[^=&]*|fbclid|gclid|igsh|igshid|si|feature)=[^&]*', '', 'gi') AS place
    FROM record
)

SELECT
    lower(trim(platform)) AS platform,
    handle AS handle,
    trim(campaign) AS campaign,
    CASE WHEN is_unknown(post) THEN handle || '|' || trim(campaign) || '|' || posted
         ELSE rtrim(lower(regexp_extract(place, '^[^/]*/'))
             || regexp_replace(regexp_replace(place, '^[^/]*/', ''), '/*[?&]', '?'), '/') END AS post_key,
    tidy_date(posted) AS posted_date,
    lower(trim(content_type)) AS content_type,
    tidy_count(followers) AS followers,
    tidy_count(impressions) AS impressions,
    tidy_count(reach) AS reach,
    tidy_count(views) AS views,
    tidy_count(likes) AS likes,
    tidy_count(comments) AS comments,
    tidy_count(shares) AS shares,
    tidy_count(saves) AS saves,
    tidy_count(clicks) AS clicks,
    tidy_number(fee) AS fee,
    tidy_number(product_cost) AS product_cost,
    tidy_currency(currency) AS currency,
    discount_code AS discount_code,
    tidy_count(conversions) AS conversions,
    tidy_number(revenue) AS revenue,
    tidy_date(as_of) AS metrics_as_of,
    page_no,
    record_no,
    problems([
        required('platform', platform),
        required('handle', handle),
        required('campaign', campaign),
        needed('posted_at', posted),
        bad_day('posted_at', posted),
        bad_count('followers', followers),
        bad_count('impressions', impressions),
        bad_count('reach', reach),
        bad_count('views', views),
        bad_count('likes', likes),
        bad_count('comments', comments),
        bad_count('shares', shares),
        bad_count('saves', saves),
        bad_count('clicks', clicks),
        bad_count('conversions', conversions),
        bad_number('fee', fee),
        bad_number('product_cost', product_cost),
        bad_number('revenue', revenue),
        bad_day('metrics_as_of', as_of),
        bad_currency('currency', currency),
        CASE WHEN is_unknown(currency) AND NOT (is_unknown(fee) AND is_unknown(product_cost) AND is_unknown(revenue))
             THEN 'currency is missing beside an amount' END
    ]) AS problem
FROM address
