-- Table: core.ad_account_daily
-- Grain: account, day, currency
-- Inputs: page, rows of AccountPerformanceReport
-- Late data: restated up to 90 days (windows of goals), and credits for invalid clicks; the window is replaced as a whole
WITH answer AS (
    SELECT page_no, from_json(body, '{"rows": [{
            "TimePeriod": "VARCHAR", "CurrencyCode": "VARCHAR", "Impressions": "VARCHAR",
            "Clicks": "VARCHAR", "Spend": "VARCHAR", "ConversionsQualified": "VARCHAR"
        }]}').rows AS rows
    FROM page
),

record AS (
    SELECT page_no, unnest(rows) AS r, CAST(unnest(range(len(rows))) AS INTEGER) AS record_no FROM answer
),

judged AS (
    SELECT
        page_no,
        record_no,
        TRY_CAST(r.TimePeriod AS DATE) AS date,
        coalesce(nullif(upper(trim(r.CurrencyCode)), ''), getvariable('currency')) AS currency,
        whole_or_zero(ungrouped(r.Impressions)) AS impressions,
        whole_or_zero(ungrouped(r.Clicks)) AS clicks,
        amount_or_zero(ungrouped(r.Spend)) AS cost,
        amount_or_zero(ungrouped(r.ConversionsQualified)) AS conversions,
        problems([
            required('TimePeriod', r.TimePeriod),
            bad_date('TimePeriod', r.TimePeriod),
            required('Impressions', ungrouped(r.Impressions)),
            bad_whole('Impressions', ungrouped(r.Impressions)),
            required('Clicks', ungrouped(r.Clicks)),
            bad_whole('Clicks', ungrouped(r.Clicks)),
            required('Spend', ungrouped(r.Spend)),
            bad_decimal('Spend', ungrouped(r.Spend)),
            bad_decimal('ConversionsQualified', ungrouped(r.ConversionsQualified))
        ]) AS problem
    FROM record
)

-- Rows that differ in nothing of the key are added up: an attribute beyond it splits them, and none may be lost.
SELECT
    getvariable('partition') AS account_id,
    date,
    currency,
    CAST(sum(impressions) AS BIGINT) AS impressions,
    CAST(sum(clicks) AS BIGINT) AS clicks,
    CAST(sum(cost) AS DECIMAL(18, 6)) AS cost,
    CAST(sum(conversions) AS DECIMAL(18, 6)) AS conversions,
    min(page_no) AS page_no,
    arg_min(record_no, (page_no, record_no)) AS record_no,
    problem
FROM judged
GROUP BY date, currency, problem, CASE WHEN problem IS NOT NULL THEN (page_no, record_no) END
