-- Table: core.campaign_reach_daily
-- Grain: account, campaign, day of the account's zone
-- Inputs: page, insights by campaign (part `campaign`)
-- Late data: as ad_reach_daily
WITH record AS (
    SELECT page_no, unnest(data) AS r, CAST(unnest(range(len(data))) AS INTEGER) AS record_no
    FROM (
        SELECT page_no, from_json(body, '{"data": [{"date_start": "VARCHAR", "date_stop": "VARCHAR", "campaign_id": "VARCHAR", "campaign_name": "VARCHAR", "impressions": "VARCHAR", "reach": "VARCHAR"}]}').data AS data
        FROM page
        WHERE part = 'campaign'
    )
)

SELECT
    getvariable('partition') AS account_id,
    r.campaign_id AS campaign_id,
    coalesce(r.campaign_name, r.campaign_id) AS campaign_name,
    TRY_CAST(r.date_start AS DATE) AS date,
    'facebook' AS source,
    'paid_social' AS medium,
    whole_or_zero(r.impressions) AS impressions,
    whole_or_zero(r.reach) AS reach,
    CAST(CASE WHEN whole_or_zero(r.reach) > 0 THEN round(CAST(whole_or_zero(r.impressions) AS DECIMAL(30, 6)) / whole_or_zero(r.reach), 6) END AS DECIMAL(18, 6)) AS frequency,
    page_no,
    record_no,
    problems([
        required('campaign_id', r.campaign_id),
        required('date_start', r.date_start),
        bad_date('date_start', r.date_start),
        CASE WHEN r.date_stop <> r.date_start THEN 'date_stop: the row is of several days, ' || left(r.date_start, 20) || ' to ' || left(r.date_stop, 20) END,
        bad_whole('impressions', r.impressions),
        required('reach', r.reach),
        bad_whole('reach', r.reach)
    ]) AS problem
FROM record
