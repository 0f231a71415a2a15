-- Claim: amounts in other currencies are converted at a rate that is at most a week older than their day
-- Columns: workspace, date, currency, rate_date (of the rate that was used), says (one sentence)
-- Rates are those of the last day that has any: weekends and holidays have none. A day without any rate before
-- it is the matter of every_amount_has_a_rate. A workspace without rates of its own has those that ops.rate_source names.
WITH used AS (
    SELECT DISTINCT u.workspace, u.date, u.currency, w.currency AS own
    FROM (
        SELECT workspace, date, currency FROM core.payment WHERE is_captured
        UNION ALL SELECT workspace, date, currency FROM core.refund
        UNION ALL SELECT workspace, date, currency FROM core.ad_daily WHERE cost <> 0
        UNION ALL SELECT workspace, posted_date, currency FROM core.influencer_post WHERE fee IS NOT NULL
        UNION ALL SELECT workspace, date, currency FROM core.offline_conversion WHERE amount IS NOT NULL
        -- What subscriptions are worth is converted anew each day: the newest is enough.
        UNION ALL
        SELECT v.workspace, d.date, v.currency
        FROM mart.subscription_value AS v
        JOIN (SELECT workspace, max(date) AS date FROM mart.mrr_daily GROUP BY workspace) AS d USING (workspace)
        WHERE v.until_date IS NULL
    ) AS u
    JOIN ops.workspace AS w USING (workspace)
    WHERE u.currency <> w.currency
),

leg AS (
    SELECT u.workspace, u.date, u.currency, unnest([u.currency, u.own]) AS leg,
        coalesce(s.source, u.workspace) AS rates_of
    FROM used AS u LEFT JOIN ops.rate_source AS s USING (workspace)
),

dated AS (
    SELECT l.workspace, l.date, l.currency, min(r.date) AS rate_date
    FROM leg AS l
    ASOF JOIN core.fx_rate AS r ON r.workspace = l.rates_of AND r.currency = l.leg AND r.date <= l.date
    GROUP BY l.workspace, l.date, l.currency
)

SELECT workspace, date, currency, rate_date,
    'amounts in ' || currency || ' of ' || date || ' are converted at the rate of ' || rate_date
        || ': newer exchange rates are missing' AS says
FROM dated
WHERE date - rate_date > 7
