-- Days on which ads cost more than their account as a whole, beyond what rounding explains. What the account has beyond
-- its ads is a row of core.ad_daily.
WITH record AS (
    SELECT page_no, part, unnest(data) AS r, unnest(range(len(data))) AS record_no
    FROM (
        SELECT page_no, part, from_json(body, '{"data": [{"date_start": "VARCHAR", "date_stop": "VARCHAR", "campaign_id": "VARCHAR", "adset_id": "VARCHAR", "ad_id": "VARCHAR", "impressions": "VARCHAR", "clicks": "VARCHAR", "spend": "VARCHAR"}]}').data AS data
        FROM page
        WHERE part IN ('', 'account')
    )
),

-- Rows that cannot be used are told already.
latest AS (
    SELECT part, r.date_start AS date, amount_or_zero(r.spend) AS cost
    FROM record
    WHERE (r.ad_id <> '' OR part = 'account')
        AND r.date_start <> '' AND bad_date('date_start', r.date_start) IS NULL
        AND coalesce(r.date_stop, r.date_start) = r.date_start
        AND bad_whole('impressions', r.impressions) IS NULL
        AND bad_whole('clicks', r.clicks) IS NULL
        AND bad_decimal('spend', r.spend) IS NULL
    QUALIFY row_number() OVER (PARTITION BY part, r.date_start, r.campaign_id, r.adset_id, r.ad_id ORDER BY page_no DESC, record_no DESC) = 1
),

day AS (
    SELECT
        date,
        coalesce(sum(cost) FILTER (part = ''), 0) AS of_ads,
        coalesce(sum(cost) FILTER (part = 'account'), 0) AS of_account,
        count(*) FILTER (part = '') AS ads
    FROM latest
    GROUP BY date
)

SELECT 'the ads of account ' || getvariable('partition') || ' cost ' || CAST(of_ads AS DECIMAL(38, 2)) || ' on ' || left(date, 20)
    || ', the account as a whole ' || CAST(of_account AS DECIMAL(38, 2)) AS note
FROM day
WHERE of_ads > of_account + 0.01 + 0.005 * ads
ORDER BY date
LIMIT 5
