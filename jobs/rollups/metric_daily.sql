-- Table: mart.metric_daily
-- Grain: workspace, date, channel, source, campaign
-- Inputs: core.web_daily, core.ad_daily, core.influencer_post, core.contact, core.contact_stage,
--   core.payment, core.refund, core.dispute_movement, core.offline_conversion;
--   touched(workspace, date), the days to compute;
--   channel_of(source, medium, campaign, channel), the channel of each origin; mart.fx_cross
-- Owner: marketing analytics
-- Late data: a day is computed anew whenever a load touches it, however old it is
WITH web AS (
    SELECT workspace, date, source, medium, campaign,
        sum(sessions) AS sessions, sum(engaged_sessions) AS engaged_sessions, sum(pageviews) AS pageviews,
        sum(session_seconds) AS session_seconds, sum(key_events) AS key_events
    FROM core.web_daily SEMI JOIN touched USING (workspace, date)
    GROUP BY ALL
),

ads AS (
    -- Media cost at the rate of its day; own currency needs no rate.
    SELECT a.workspace, a.date, a.source, a.medium, a.campaign_name AS campaign,
        sum(a.impressions) AS impressions, sum(a.clicks) AS clicks, sum(a.conversions) AS platform_conversions,
        sum(CAST(round(a.cost * coalesce(f.rate, 0), 6) AS DECIMAL(38, 6))) AS cost
    FROM core.ad_daily AS a
    SEMI JOIN touched USING (workspace, date)
    LEFT JOIN mart.fx_cross AS f ON f.workspace = a.workspace AND f.date = a.date AND f.currency = a.currency
    GROUP BY ALL
),

creators AS (
    -- Fees and gifts are cost on the day of the post.
    SELECT p.workspace, p.posted_date AS date, 'influencer' AS source, 'influencer' AS medium, p.campaign,
        sum(p.impressions) AS impressions, sum(p.clicks) AS clicks,
        sum(CAST(round(coalesce(p.fee, 0) * coalesce(f.rate, 0), 6) AS DECIMAL(38, 6)))
            + sum(CAST(round(coalesce(p.product_cost, 0) * coalesce(f.rate, 0), 6) AS DECIMAL(38, 6))) AS cost
    FROM core.influencer_post AS p
    SEMI JOIN touched ON touched.workspace = p.workspace AND touched.date = p.posted_date
    LEFT JOIN mart.fx_cross AS f ON f.workspace = p.workspace AND f.date = p.posted_date AND f.currency = p.currency
    GROUP BY ALL
),

stages AS (
    -- Contacts merged into another are the same person and count once; deleted ones not at all.
    SELECT s.workspace, s.entered_date AS date, c.source, c.medium, c.campaign,
        count(*) FILTER (s.stage = 'lead') AS leads,
        count(*) FILTER (s.stage = 'marketingqualifiedlead') AS mqls,
        count(*) FILTER (s.stage = 'salesqualifiedlead') AS sqls,
        count(*) FILTER (s.stage = 'opportunity') AS opportunities
    FROM core.contact_stage AS s
    SEMI JOIN touched ON touched.workspace = s.workspace AND touched.date = s.entered_date
    JOIN core.contact AS c ON c.workspace = s.workspace AND c.connection = s.connection AND c.contact_id = s.contact_id
    WHERE s.archived_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM core.contact AS winner
        WHERE winner.workspace = c.workspace AND winner.connection = c.connection
            AND len(winner.merged_contact_ids) > 0 AND list_contains(winner.merged_contact_ids, c.contact_id))
    GROUP BY ALL
),

person AS (
    -- Where the CRM first met a person.
    SELECT workspace, person_key, arg_min(source, created_at) AS source, arg_min(medium, created_at) AS medium,
        arg_min(campaign, created_at) AS campaign
    FROM core.contact
    WHERE person_key IS NOT NULL
    GROUP BY workspace, person_key
),

payer AS (
    -- Captured payments, numbered for each payer; the checkout's own tags come before the CRM's.
    SELECT p.workspace, p.connection, p.payment_id, p.date, p.amount, p.currency,
        CASE WHEN p.source IS NOT NULL THEN p.source ELSE coalesce(c.source, '(unknown)') END AS source,
        CASE WHEN p.source IS NOT NULL THEN coalesce(p.medium, '') ELSE coalesce(c.medium, '(unknown)') END AS medium,
        CASE WHEN p.source IS NOT NULL THEN coalesce(p.campaign, '') ELSE coalesce(c.campaign, '') END AS campaign,
        row_number() OVER (PARTITION BY p.workspace, coalesce(p.person_key, p.customer_id, p.payment_id)
            ORDER BY p.created_at, p.payment_id) AS payment_number
    FROM core.payment AS p
    LEFT JOIN person AS c ON c.workspace = p.workspace AND c.person_key = p.person_key
    WHERE p.is_captured AND p.status = 'succeeded'
),

payments AS (
    SELECT p.workspace, p.date, p.source, p.medium, p.campaign,
        count(*) AS orders, count(*) FILTER (p.payment_number = 1) AS customers,
        sum(CAST(round(p.amount * coalesce(f.rate, 0), 6) AS DECIMAL(38, 6))) AS revenue
    FROM payer AS p
    SEMI JOIN touched USING (workspace, date)
    LEFT JOIN mart.fx_cross AS f ON f.workspace = p.workspace AND f.date = p.date AND f.currency = p.currency
    GROUP BY ALL
),

returns AS (
    -- A refund counts on its own day, under the origin of its payment.
    SELECT r.workspace, r.date, coalesce(p.source, '(unknown)') AS source, coalesce(p.medium, '(unknown)') AS medium,
        coalesce(p.campaign, '') AS campaign,
        sum(CAST(round(r.amount * coalesce(f.rate, 0), 6) AS DECIMAL(38, 6))) AS refunds
    FROM core.refund AS r
    SEMI JOIN touched USING (workspace, date)
    LEFT JOIN payer AS p ON p.workspace = r.workspace AND p.connection = r.connection AND p.payment_id = r.payment_id
    LEFT JOIN mart.fx_cross AS f ON f.workspace = r.workspace AND f.date = r.date AND f.currency = r.currency
    WHERE r.status NOT IN ('failed', 'canceled')
    GROUP BY ALL
),

disputes AS (
    -- What a dispute takes or gives back counts on the day it does, under the origin of its payment.
    SELECT m.workspace, m.date, coalesce(p.source, '(unknown)') AS source, coalesce(p.medium, '(unknown)') AS medium,
        coalesce(p.campaign, '') AS campaign,
        -sum(CAST(round(m.amount * coalesce(f.rate, 0), 6) AS DECIMAL(38, 6))) AS chargebacks
    FROM core.dispute_movement AS m
    SEMI JOIN touched USING (workspace, date)
    LEFT JOIN payer AS p ON p.workspace = m.workspace AND p.connection = m.connection AND p.payment_id = m.payment_id
    LEFT JOIN mart.fx_cross AS f ON f.workspace = m.workspace AND f.date = m.date AND f.currency = m.currency
    GROUP BY ALL
),

offline AS (
    -- Conversions away from the web count under the tags their file gives; what they brought is revenue.
    SELECT o.workspace, o.date, o.source, o.medium, o.campaign,
        count(*) AS offline_conversions,
        sum(CAST(round(coalesce(o.amount, 0) * coalesce(f.rate, 0), 6) AS DECIMAL(38, 6))) AS revenue
    FROM core.offline_conversion AS o
    SEMI JOIN touched USING (workspace, date)
    LEFT JOIN mart.fx_cross AS f ON f.workspace = o.workspace AND f.date = o.date AND f.currency = o.currency
    GROUP BY ALL
),

together AS (
    SELECT * FROM web
    UNION ALL BY NAME SELECT * FROM ads
    UNION ALL BY NAME SELECT * FROM creators
    UNION ALL BY NAME SELECT * FROM stages
    UNION ALL BY NAME SELECT * FROM payments
    UNION ALL BY NAME SELECT * FROM returns
    UNION ALL BY NAME SELECT * FROM disputes
    UNION ALL BY NAME SELECT * FROM offline
)

SELECT
    CAST(t.workspace AS VARCHAR) AS workspace,
    CAST(t.date AS DATE) AS date,
    CAST(c.channel AS VARCHAR) AS channel,
    CAST(t.source AS VARCHAR) AS source,
    -- "(not set)" is Google's word for no campaign.
    CAST(CASE WHEN t.campaign IN ('(not set)', '(none)', '(direct)', '(organic)', '(referral)') THEN '' ELSE t.campaign END AS VARCHAR) AS campaign,
    CAST(coalesce(sum(t.sessions), 0) AS BIGINT) AS sessions,
    CAST(coalesce(sum(t.engaged_sessions), 0) AS BIGINT) AS engaged_sessions,
    CAST(coalesce(sum(t.pageviews), 0) AS BIGINT) AS pageviews,
    CAST(coalesce(sum(t.session_seconds), 0) AS DECIMAL(38, 3)) AS session_seconds,
    CAST(coalesce(sum(t.key_events), 0) AS DECIMAL(38, 6)) AS key_events,
    CAST(coalesce(sum(t.impressions), 0) AS BIGINT) AS impressions,
    CAST(coalesce(sum(t.clicks), 0) AS BIGINT) AS clicks,
    CAST(coalesce(sum(t.platform_conversions), 0) AS DECIMAL(38, 6)) AS platform_conversions,
    CAST(coalesce(sum(t.leads), 0) AS BIGINT) AS leads,
    CAST(coalesce(sum(t.mqls), 0) AS BIGINT) AS mqls,
    CAST(coalesce(sum(t.sqls), 0) AS BIGINT) AS sqls,
    CAST(coalesce(sum(t.opportunities), 0) AS BIGINT) AS opportunities,
    CAST(coalesce(sum(t.customers), 0) AS BIGINT) AS customers,
    CAST(coalesce(sum(t.orders), 0) AS BIGINT) AS orders,
    CAST(coalesce(sum(t.offline_conversions), 0) AS BIGINT) AS offline_conversions,
    CAST(coalesce(sum(t.revenue), 0) AS DECIMAL(38, 6)) AS revenue,
    CAST(coalesce(sum(t.refunds), 0) AS DECIMAL(38, 6)) AS refunds,
    CAST(coalesce(sum(t.chargebacks), 0) AS DECIMAL(38, 6)) AS chargebacks,
    CAST(coalesce(sum(t.cost), 0) AS DECIMAL(38, 6)) AS cost
FROM together AS t
JOIN channel_of AS c USING (source, medium, campaign)
GROUP BY ALL
