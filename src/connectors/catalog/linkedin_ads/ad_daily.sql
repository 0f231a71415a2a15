-- Table: core.ad_daily
-- Grain: account, campaign group, campaign, creative, day in UTC (device and country are not split)
-- Inputs: page, answers of adAnalytics with the pivots CAMPAIGN_GROUP, CAMPAIGN and CREATIVE; part `results`, further
--   fields of the same elements; part `account`, the account with its currency; part `groups`, campaign groups with
--   their names
-- Late data: conversions are restated for 90 days; the window is replaced as a whole
WITH answer AS (
    -- An answer without its list is none: its only record is told of. Numbers arrive as texts or numbers.
    SELECT
        page_no,
        part,
        from_json(CASE WHEN json_type(body, '$.elements') = 'ARRAY' THEN body ELSE '{"elements": [{}]}' END, '{"elements": [{
            "pivotValues": ["VARCHAR"],
            "dateRange": {"start": {"year": "VARCHAR", "month": "VARCHAR", "day": "VARCHAR"}},
            "impressions": "VARCHAR", "clicks": "VARCHAR", "costInLocalCurrency": "VARCHAR",
            "externalWebsiteConversions": "VARCHAR", "conversionValueInLocalCurrency": "VARCHAR"
        }]}').elements AS elements
    FROM page
    WHERE part IN ('', 'results')
),

element AS (
    SELECT page_no, part, unnest(elements) AS e, CAST(unnest(range(len(elements))) AS INTEGER) AS record_no FROM answer
),

placed AS (
    SELECT
        *,
        nullif(concat_ws('-', e.dateRange.start.year, lpad(e.dateRange.start.month, 2, '0'), lpad(e.dateRange.start.day, 2, '0')), '') AS day,
        list_sort(e.pivotValues) AS pivots
    FROM element
),

-- Elements of the same day and pivot values stay rows of their own: the load tells of them.
numbered AS (
    SELECT *, row_number() OVER (PARTITION BY part, day, pivots ORDER BY page_no, record_no) AS occurrence FROM placed
),

joined AS (
    SELECT
        coalesce(t.page_no, r.page_no) AS page_no,
        coalesce(t.record_no, r.record_no) AS record_no,
        coalesce(t.day, r.day) AS day,
        array_to_string(coalesce(t.pivots, r.pivots), ' ') AS urns,
        t.e.impressions AS impressions,
        t.e.clicks AS clicks,
        t.e.costInLocalCurrency AS cost,
        coalesce(r.e.externalWebsiteConversions, t.e.externalWebsiteConversions) AS conversions,
        coalesce(r.e.conversionValueInLocalCurrency, t.e.conversionValueInLocalCurrency) AS conversion_value
    FROM (SELECT * FROM numbered WHERE part = '') AS t
    FULL JOIN (SELECT * FROM numbered WHERE part = 'results') AS r
        ON r.day = t.day AND r.pivots = t.pivots AND r.occurrence = t.occurrence
),

named AS (
    SELECT
        *,
        nullif(regexp_extract(urns, 'urn:li:sponsoredCampaignGroup:([0-9]+)', 1), '') AS group_id,
        regexp_extract(urns, 'urn:li:sponsoredCampaign:([0-9]+)', 1) AS linkedin_campaign_id,
        regexp_extract(urns, 'urn:li:sponsoredCreative:([0-9]+)', 1) AS creative_id
    FROM joined
),

groups AS (
    SELECT g.id AS id, any_value(nullif(g.name, '')) AS name, any_value(g.status) AS status
    FROM (
        SELECT unnest(from_json(body, '{"elements": [{"id": "VARCHAR", "name": "VARCHAR", "status": "VARCHAR"}]}').elements) AS g
        FROM page
        WHERE part = 'groups'
    )
    GROUP BY g.id
),

-- Where the group is not told, what is known of the ad stands for its campaign.
placed_in_groups AS (
    SELECT n.*, g.name, g.status, coalesce(group_id, nullif(linkedin_campaign_id, ''), nullif(creative_id, '')) AS campaign_id
    FROM named AS n
    LEFT JOIN groups AS g ON g.id = n.group_id
)

SELECT
    getvariable('partition') AS account_id,
    campaign_id,
    coalesce(name, campaign_id) AS campaign_name,
    coalesce(status, '') AS campaign_status,
    '' AS campaign_type,
    coalesce(linkedin_campaign_id, '') AS ad_group_id,
    coalesce(creative_id, '') AS ad_id,
    '' AS device,
    '' AS country,
    TRY_CAST(day AS DATE) AS date,
    'linkedin' AS source,
    'paid_social' AS medium,
    coalesce((SELECT max(upper(body ->> '$.currency')) FROM page WHERE part = 'account'), getvariable('currency')) AS currency,
    whole_or_zero(impressions) AS impressions,
    whole_or_zero(clicks) AS clicks,
    amount_or_zero(cost) AS cost,
    amount_or_zero(conversions) AS conversions,
    amount_or_zero(conversion_value) AS conversion_value,
    page_no,
    record_no,
    problems([
        required('pivotValues', campaign_id),
        required('dateRange.start', day),
        bad_date('dateRange.start', day),
        bad_whole('impressions', impressions),
        bad_whole('clicks', clicks),
        bad_decimal('costInLocalCurrency', cost),
        bad_decimal('externalWebsiteConversions', conversions),
        bad_decimal('conversionValueInLocalCurrency', conversion_value)
    ]) AS problem
FROM placed_in_groups
