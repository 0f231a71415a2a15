-- Breakdowns beside their totals: each row of a breakdown, and what it lacks of its total, or has beyond it, as a row
-- of its own. So a breakdown adds up to the total that the vendor states, and no part goes missing without a word.

-- Grain: workspace, connection, account, day, currency, breakdown, campaign, value. The total is that of the whole
-- account (core.ad_account_daily); without one there is no such row.
CREATE OR REPLACE VIEW mart.ad_breakdown_daily AS
WITH part AS (
    SELECT workspace, connection, account_id, date, currency, source, 'device' AS breakdown,
        campaign_name AS campaign, device AS value, impressions, clicks, cost, conversions
    FROM core.ad_device_daily
    UNION ALL
    SELECT workspace, connection, account_id, date, currency, source, 'hour' AS breakdown,
        campaign_name AS campaign, lpad(CAST(hour AS VARCHAR), 2, '0') AS value, impressions, clicks, cost, conversions
    FROM core.ad_hourly
    UNION ALL
    SELECT workspace, connection, account_id, date, currency, source, 'region' AS breakdown,
        campaign_name AS campaign, concat_ws(', ', country, nullif(region, '')) AS value, impressions, clicks, cost, conversions
    FROM core.ad_geo_daily
    UNION ALL
    -- Of platforms that tell regions without their country; and no conversions by them.
    SELECT workspace, connection, account_id, date, currency, source, 'region alone' AS breakdown,
        campaign_name AS campaign, region AS value, impressions, clicks, cost, 0 AS conversions
    FROM core.ad_region_daily
    UNION ALL
    SELECT workspace, connection, account_id, date, currency, source, 'keyword' AS breakdown,
        campaign_name AS campaign, concat_ws(', ', keyword, nullif(match_type, '')) AS value, impressions, clicks, cost, conversions
    FROM core.keyword_daily
    UNION ALL
    SELECT workspace, connection, account_id, date, currency, source, 'search term' AS breakdown,
        campaign_name AS campaign, search_term AS value, impressions, clicks, cost, conversions
    FROM core.search_term_daily
),

whole AS (
    SELECT workspace, connection, account_id, date, currency, any_value(source) AS source, breakdown,
        sum(impressions) AS impressions, sum(clicks) AS clicks, sum(cost) AS cost, sum(conversions) AS conversions
    FROM part
    GROUP BY workspace, connection, account_id, date, currency, breakdown
)

SELECT workspace, connection, account_id, date, currency, source, breakdown, campaign, value,
    impressions, clicks, CAST(cost AS DECIMAL(38, 6)) AS cost, CAST(conversions AS DECIMAL(38, 6)) AS conversions
FROM part
UNION ALL
SELECT w.workspace, w.connection, w.account_id, w.date, w.currency, w.source, w.breakdown,
    '' AS campaign, 'not split by ' || w.breakdown AS value,
    CAST(a.impressions - w.impressions AS BIGINT) AS impressions, CAST(a.clicks - w.clicks AS BIGINT) AS clicks,
    CAST(a.cost - w.cost AS DECIMAL(38, 6)) AS cost, CAST(a.conversions - w.conversions AS DECIMAL(38, 6)) AS conversions
FROM whole AS w
JOIN core.ad_account_daily AS a USING (workspace, connection, account_id, date, currency)
WHERE (a.impressions, a.clicks, a.cost, a.conversions) IS DISTINCT FROM (w.impressions, w.clicks, w.cost, w.conversions);

-- Grain: workspace, connection, property, day, breakdown, source, medium, campaign, value. The total is that of
-- core.web_daily; people are not in it, as they do not add up.
CREATE OR REPLACE VIEW mart.web_breakdown_daily AS
WITH part AS (
    SELECT workspace, connection, property_id, date, 'device' AS breakdown,
        '' AS source, '' AS medium, '' AS campaign, concat_ws(', ', device, nullif(country, '')) AS value, sessions
    FROM core.web_device_daily
    UNION ALL
    SELECT workspace, connection, property_id, date, 'hour' AS breakdown,
        '' AS source, '' AS medium, '' AS campaign, lpad(CAST(hour AS VARCHAR), 2, '0') AS value, sessions
    FROM core.web_hourly
    UNION ALL
    SELECT workspace, connection, property_id, date, 'new or returning' AS breakdown,
        source, medium, campaign, visitor_kind AS value, sessions
    FROM core.web_campaign_daily
    UNION ALL
    SELECT workspace, connection, property_id, date, dimensions AS breakdown, '' AS source, '' AS medium, '' AS campaign,
        concat_ws(', ', custom_1, nullif(custom_2, ''), nullif(custom_3, ''), nullif(custom_4, ''), nullif(custom_5, '')) AS value, sessions
    FROM core.web_custom_daily
),

whole AS (
    SELECT workspace, connection, property_id, date, breakdown, sum(sessions) AS sessions
    FROM part
    GROUP BY workspace, connection, property_id, date, breakdown
),

total AS (
    SELECT workspace, connection, property_id, date, sum(sessions) AS sessions
    FROM core.web_daily
    GROUP BY workspace, connection, property_id, date
)

SELECT workspace, connection, property_id, date, breakdown, source, medium, campaign, value, sessions FROM part
UNION ALL
SELECT workspace, connection, property_id, date, w.breakdown, '' AS source, '' AS medium, '' AS campaign,
    'not split by ' || w.breakdown AS value, CAST(t.sessions - w.sessions AS BIGINT) AS sessions
FROM whole AS w
JOIN total AS t USING (workspace, connection, property_id, date)
WHERE t.sessions <> w.sessions;
