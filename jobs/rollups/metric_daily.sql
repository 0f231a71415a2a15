-- Table: mart.metric_daily
-- Grain: workspace, date, channel, source, campaign
-- Inputs: core.web_daily, core.ad_daily, core.influencer_post, core.contact, core.contact_stage,
--   core.payment, core.earlier_payer, core.refund, core.dispute_movement, core.offline_conversion; mart.fx_cross;
--   the variable workspace; touched(date), its days to compute;
--   identity(key, person), who is one person by every key that agrees: a key is `customer_id <connection> <id>`,
--   `contact_id <connection> <id>` or `person_key <pseudonym>`;
--   channel(source, medium, campaign), the channel of an origin by config/channels.toml
-- Owner: marketing analytics
-- Late data: a day is computed anew whenever a load touches it, however old it is
WITH rate AS (
    -- Wide enough for an amount times a rate.
    SELECT date, currency, CAST(rate AS DECIMAL(38, 9)) AS rate FROM mart.fx_cross WHERE workspace = getvariable('workspace')
),

web AS (
    SELECT date, source, medium, campaign,
        sum(sessions) AS sessions, sum(engaged_sessions) AS engaged_sessions, sum(pageviews) AS pageviews,
        sum(session_seconds) AS session_seconds, sum(key_events) AS key_events
    FROM core.web_daily SEMI JOIN touched USING (date)
    WHERE workspace = getvariable('workspace')
    GROUP BY ALL
),

spent AS (
    SELECT date, source, medium, campaign_name AS campaign, currency,
        sum(impressions) AS impressions, sum(clicks) AS clicks, sum(conversions) AS platform_conversions,
        sum(cost) AS cost
    FROM core.ad_daily SEMI JOIN touched USING (date)
    WHERE workspace = getvariable('workspace')
    GROUP BY ALL
),

ads AS (
    -- Media cost at the rate of its day, summed before it is converted: a rate for a row would cost
    -- more than all the rest. Own currency has the rate 1; without a rate it counts nothing and is told.
    SELECT a.date, a.source, a.medium, a.campaign, a.impressions, a.clicks, a.platform_conversions,
        round(a.cost * f.rate, 6) AS cost
    FROM spent AS a
    LEFT JOIN rate AS f USING (date, currency)
),

creators AS (
    -- Fees and gifts are cost on the day of the post.
    SELECT p.posted_date AS date, 'influencer' AS source, 'influencer' AS medium, p.campaign,
        sum(p.impressions) AS impressions, sum(p.clicks) AS clicks,
        coalesce(sum(round(p.fee * f.rate, 6)), 0) + coalesce(sum(round(p.product_cost * f.rate, 6)), 0) AS cost
    FROM core.influencer_post AS p
    SEMI JOIN touched ON touched.date = p.posted_date
    LEFT JOIN rate AS f ON f.date = p.posted_date AND f.currency = p.currency
    WHERE p.workspace = getvariable('workspace')
    GROUP BY ALL
),

stages AS (
    -- Contacts merged into another are the same person and count once; those that are gone not at all.
    SELECT s.entered_date AS date, c.source, c.medium, c.campaign,
        count(*) FILTER (s.stage = 'lead') AS leads,
        count(*) FILTER (s.stage = 'marketingqualifiedlead') AS mqls,
        count(*) FILTER (s.stage = 'salesqualifiedlead') AS sqls,
        count(*) FILTER (s.stage = 'opportunity') AS opportunities
    FROM core.contact_stage AS s
    SEMI JOIN touched ON touched.date = s.entered_date
    JOIN core.contact AS c ON c.workspace = s.workspace AND c.connection = s.connection AND c.contact_id = s.contact_id
    WHERE s.workspace = getvariable('workspace') AND c.archived_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM core.contact AS winner
        WHERE winner.workspace = c.workspace AND winner.connection = c.connection AND winner.contact_id <> c.contact_id
            AND len(winner.merged_contact_ids) > 0 AND list_contains(winner.merged_contact_ids, c.contact_id))
    GROUP BY ALL
),

person AS (
    -- Where the CRM first met a person, under whichever of their addresses.
    SELECT i.person, arg_min(c.source, (c.created_at, c.contact_id)) AS source,
        arg_min(c.medium, (c.created_at, c.contact_id)) AS medium, arg_min(c.campaign, (c.created_at, c.contact_id)) AS campaign
    FROM core.contact AS c
    JOIN identity AS i ON i.key = 'contact_id ' || c.connection || ' ' || c.contact_id
    WHERE c.workspace = getvariable('workspace')
    GROUP BY i.person
),

regular AS (
    -- People who had paid before the first day that is loaded.
    SELECT DISTINCT i.person
    FROM core.earlier_payer AS e
    ANTI JOIN core.payment AS p ON p.workspace = e.workspace AND p.connection = e.connection AND p.payment_id = e.payment_id
    JOIN identity AS i ON i.key = coalesce('customer_id ' || e.connection || ' ' || e.customer_id, 'person_key ' || e.person_key)
    WHERE e.workspace = getvariable('workspace')
),

payer AS (
    -- Captured payments, numbered for each person; the checkout's own tags come before the CRM's.
    SELECT p.connection, p.payment_id, p.date, p.amount, p.currency,
        CASE WHEN p.source IS NOT NULL THEN p.source ELSE coalesce(c.source, '(unknown)') END AS source,
        CASE WHEN p.source IS NOT NULL THEN coalesce(p.medium, '') ELSE coalesce(c.medium, '(unknown)') END AS medium,
        CASE WHEN p.source IS NOT NULL THEN coalesce(p.campaign, '') ELSE coalesce(c.campaign, '') END AS campaign,
        CASE WHEN r.person IS NULL THEN 0 ELSE 1 END
            + row_number() OVER (PARTITION BY i.person, CASE WHEN i.person IS NULL THEN p.connection || ' ' || p.payment_id END
                ORDER BY p.created_at, p.payment_id) AS payment_number
    FROM core.payment AS p
    LEFT JOIN identity AS i ON i.key = coalesce('customer_id ' || p.connection || ' ' || p.customer_id, 'person_key ' || p.person_key)
    LEFT JOIN person AS c ON c.person = i.person
    LEFT JOIN regular AS r ON r.person = i.person
    WHERE p.workspace = getvariable('workspace') AND p.is_captured AND p.status = 'succeeded'
),

payments AS (
    SELECT p.date, p.source, p.medium, p.campaign,
        count(*) AS orders, count(*) FILTER (p.payment_number = 1) AS customers,
        sum(round(p.amount * f.rate, 6)) AS revenue
    FROM payer AS p
    SEMI JOIN touched USING (date)
    LEFT JOIN rate AS f USING (date, currency)
    GROUP BY ALL
),

returns AS (
    -- A refund counts on its own day, under the origin of its payment. One without an entry in the provider's
    -- ledger gave nothing back: a hold expired, or the rest of one was let go.
    SELECT r.date, coalesce(p.source, '(unknown)') AS source, coalesce(p.medium, '(unknown)') AS medium,
        coalesce(p.campaign, '') AS campaign,
        sum(round(r.amount * f.rate, 6)) AS refunds
    FROM core.refund AS r
    SEMI JOIN touched USING (date)
    LEFT JOIN payer AS p USING (connection, payment_id)
    LEFT JOIN rate AS f ON f.date = r.date AND f.currency = r.currency
    WHERE r.workspace = getvariable('workspace') AND r.status NOT IN ('failed', 'canceled')
        AND coalesce(r.balance_transaction_id <> '', coalesce(r.reason, '') <> 'expired_uncaptured_charge')
    GROUP BY ALL
),

disputes AS (
    -- What a dispute takes or gives back counts on the day it does, under the origin of its payment.
    SELECT m.date, coalesce(p.source, '(unknown)') AS source, coalesce(p.medium, '(unknown)') AS medium,
        coalesce(p.campaign, '') AS campaign,
        -sum(round(m.amount * f.rate, 6)) AS chargebacks
    FROM core.dispute_movement AS m
    SEMI JOIN touched USING (date)
    LEFT JOIN payer AS p USING (connection, payment_id)
    LEFT JOIN rate AS f ON f.date = m.date AND f.currency = m.currency
    WHERE m.workspace = getvariable('workspace')
    GROUP BY ALL
),

offline AS (
    -- Conversions away from the web count under the tags their file gives; what they brought is revenue.
    SELECT o.date, o.source, o.medium, o.campaign,
        count(*) AS offline_conversions,
        sum(round(o.amount * f.rate, 6)) AS revenue
    FROM core.offline_conversion AS o
    SEMI JOIN touched USING (date)
    LEFT JOIN rate AS f USING (date, currency)
    WHERE o.workspace = getvariable('workspace')
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
    CAST(getvariable('workspace') AS VARCHAR) AS workspace,
    CAST(t.date AS DATE) AS date,
    CAST(channel(t.source, t.medium, t.campaign) AS VARCHAR) AS channel,
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
GROUP BY ALL
