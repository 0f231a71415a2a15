-- Table: core.ad_account_daily
-- Grain: account, day of the account's zone, currency
-- Inputs: page, the chunks of googleAds:searchStream over the resource `customer`
-- Late data: as ad_daily
WITH chunk AS (
    SELECT
        page_no,
        from_json(body, '{"results": [{
            "segments": {"date": "VARCHAR"},
            "customer": {"id": "VARCHAR", "currencyCode": "VARCHAR"},
            "metrics": {"impressions": "VARCHAR", "clicks": "VARCHAR", "costMicros": "VARCHAR", "conversions": "VARCHAR"}
        }]}').results AS results
    FROM page
),

record AS (
    SELECT page_no, unnest(results) AS r, CAST(unnest(range(len(results))) AS INTEGER) AS record_no FROM chunk
),

judged AS (
    SELECT
        page_no,
        record_no,
        TRY_CAST(r.segments.date AS DATE) AS date,
        coalesce(upper(r.customer.currencyCode), getvariable('currency')) AS currency,
        r.metrics AS m,
        problems([
            required('segments.date', r.segments.date),
            bad_date('segments.date', r.segments.date),
            bad_whole('metrics.impressions', r.metrics.impressions),
            bad_whole('metrics.clicks', r.metrics.clicks),
            bad_micros('metrics.costMicros', r.metrics.costMicros),
            bad_decimal('metrics.conversions', r.metrics.conversions)
        ]) AS problem
    FROM record
)

-- A day's rows are added up: a further segment would split it.
SELECT
    getvariable('partition') AS account_id,
    date,
    currency,
    CAST(sum(whole_or_zero(m.impressions)) AS BIGINT) AS impressions,
    CAST(sum(whole_or_zero(m.clicks)) AS BIGINT) AS clicks,
    CAST(sum(coalesce(from_micros(m.costMicros), 0)) AS DECIMAL(18, 6)) AS cost,
    CAST(sum(amount_or_zero(m.conversions)) AS DECIMAL(18, 6)) AS conversions,
    min(page_no) AS page_no,
    min(record_no) AS record_no,
    problem
FROM judged
GROUP BY date, currency, problem, CASE WHEN problem IS NOT NULL THEN (page_no, record_no) END
