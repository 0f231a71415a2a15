-- Table: core.influencer_post
-- Grain: creator's post, or creator, campaign and day where no post is known
-- Inputs: page, an export of any influencer tool; names of columns vary
-- Late data: a newer export replaces the figures of the posts it names; the older ones move to history
WITH record AS (
    -- The synonyms seen in exports, first found wins.
    SELECT
        page_no,
        record_no,
        coalesce(body ->> 'platform', body ->> 'network', body ->> 'channel') AS platform,
        ltrim(trim(coalesce(body ->> 'handle', body ->> 'username', body ->> 'creator', body ->> 'influencer')), '@') AS handle,
        coalesce(body ->> 'campaign', body ->> 'campaign_name', body ->> 'program') AS campaign,
        coalesce(body ->> 'post_id', body ->> 'post_url', body ->> 'link', body ->> 'content_url') AS post,
        coalesce(body ->> 'posted_at', body ->> 'publish_date', body ->> 'live_date') AS posted,
        coalesce(body ->> 'content_type', body ->> 'format') AS content_type,
        coalesce(body ->> 'followers', body ->> 'audience') AS followers,
        body ->> 'impressions' AS impressions,
        body ->> 'reach' AS reach,
        body ->> 'views' AS views,
        body ->> 'likes' AS likes,
        body ->> 'comments' AS comments,
        body ->> 'shares' AS shares,
        body ->> 'saves' AS saves,
        body ->> 'clicks' AS clicks,
        coalesce(body ->> 'fee', body ->> 'cost', body ->> 'payment', body ->> 'rate') AS fee,
        coalesce(body ->> 'product_cost', body ->> 'gifting_value') AS product_cost,
        body ->> 'currency' AS currency,
        coalesce(body ->> 'discount_code', body ->> 'promo_code', body ->> 'coupon') AS discount_code,
        coalesce(body ->> 'conversions', body ->> 'sales') AS conversions,
        coalesce(body ->> 'revenue', body ->> 'gmv') AS revenue,
        coalesce(body ->> 'metrics_as_of', body ->> 'snapshot_date') AS as_of
    FROM page
)

SELECT
    lower(trim(platform)) AS platform,
    handle AS handle,
    trim(campaign) AS campaign,
    CASE WHEN is_unknown(post) THEN handle || '|' || trim(campaign) || '|' || posted
         ELSE regexp_replace(lower(trim(post)), '^https?://(www\.)?|[?#].*$|/$', '', 'g') END AS post_key,
    tidy_date(posted) AS posted_date,
    lower(trim(content_type)) AS content_type,
    TRY_CAST(tidy_number(followers) AS BIGINT) AS followers,
    TRY_CAST(tidy_number(impressions) AS BIGINT) AS impressions,
    TRY_CAST(tidy_number(reach) AS BIGINT) AS reach,
    TRY_CAST(tidy_number(views) AS BIGINT) AS views,
    TRY_CAST(tidy_number(likes) AS BIGINT) AS likes,
    TRY_CAST(tidy_number(comments) AS BIGINT) AS comments,
    TRY_CAST(tidy_number(shares) AS BIGINT) AS shares,
    TRY_CAST(tidy_number(saves) AS BIGINT) AS saves,
    TRY_CAST(tidy_number(clicks) AS BIGINT) AS clicks,
    tidy_number(fee) AS fee,
    tidy_number(product_cost) AS product_cost,
    upper(trim(currency)) AS currency,
    discount_code AS discount_code,
    TRY_CAST(tidy_number(conversions) AS BIGINT) AS conversions,
    tidy_number(revenue) AS revenue,
    tidy_date(as_of) AS metrics_as_of,
    page_no,
    record_no,
    problems([
        required('platform', platform),
        required('handle', handle),
        required('campaign', campaign),
        required('posted_at', posted),
        bad_day('posted_at', posted),
        bad_number('views', views),
        bad_number('clicks', clicks),
        bad_number('fee', fee),
        bad_number('product_cost', product_cost),
        bad_number('revenue', revenue),
        bad_number('conversions', conversions),
        bad_day('metrics_as_of', as_of),
        CASE WHEN currency IS NULL AND NOT (is_unknown(fee) AND is_unknown(product_cost) AND is_unknown(revenue))
             THEN 'currency is missing beside an amount' END
    ]) AS problem
FROM record
