-- Conversions away from the web are counted, and a day's seconds may be more than fit before.

DROP VIEW mart.metric_weekly;
DROP VIEW mart.metric_monthly;

ALTER TABLE mart.metric_daily ALTER session_seconds TYPE DECIMAL(38, 3);
ALTER TABLE mart.metric_daily ADD COLUMN offline_conversions BIGINT DEFAULT 0;

-- Weeks and months are sums of days, so they cannot disagree with them.
CREATE VIEW mart.metric_weekly AS
SELECT m.workspace, m.date - CAST((isodow(m.date) - w.week_starts_on + 7) % 7 AS INTEGER) AS week_date,
    m.channel, m.source, m.campaign,
    sum(sessions) AS sessions,
    sum(engaged_sessions) AS engaged_sessions,
    sum(pageviews) AS pageviews,
    sum(session_seconds) AS session_seconds,
    sum(key_events) AS key_events,
    sum(impressions) AS impressions,
    sum(clicks) AS clicks,
    sum(platform_conversions) AS platform_conversions,
    sum(leads) AS leads,
    sum(mqls) AS mqls,
    sum(sqls) AS sqls,
    sum(opportunities) AS opportunities,
    sum(customers) AS customers,
    sum(orders) AS orders,
    sum(offline_conversions) AS offline_conversions,
    sum(revenue) AS revenue,
    sum(refunds) AS refunds,
    sum(chargebacks) AS chargebacks,
    sum(cost) AS cost
FROM mart.metric_daily AS m JOIN ops.workspace AS w USING (workspace)
GROUP BY ALL;

CREATE VIEW mart.metric_monthly AS
SELECT workspace, CAST(date_trunc('month', date) AS DATE) AS month_date, channel, source, campaign,
    sum(sessions) AS sessions,
    sum(engaged_sessions) AS engaged_sessions,
    sum(pageviews) AS pageviews,
    sum(session_seconds) AS session_seconds,
    sum(key_events) AS key_events,
    sum(impressions) AS impressions,
    sum(clicks) AS clicks,
    sum(platform_conversions) AS platform_conversions,
    sum(leads) AS leads,
    sum(mqls) AS mqls,
    sum(sqls) AS sqls,
    sum(opportunities) AS opportunities,
    sum(customers) AS customers,
    sum(orders) AS orders,
    sum(offline_conversions) AS offline_conversions,
    sum(revenue) AS revenue,
    sum(refunds) AS refunds,
    sum(chargebacks) AS chargebacks,
    sum(cost) AS cost
FROM mart.metric_daily
GROUP BY ALL;
