//! A vendor's API of daily rows of ads, as a connector reads it.
#![allow(dead_code, reason = "each bench uses its part")]

/// The connector, asking and slicing as `request` and `stream` say (keys of its stream).
pub fn connector(request: &str, stream: &str) -> String {
    format!(
        r#"
name = "bench"
label = "Bench"
docs = "https://bench.example/docs"
[settings.base_url]
about = "Where the API answers."
kind = "url"
[auth]
kind = "none"
[limits]
requests = 100000
concurrency = 8
[streams.ad_daily]
about = "Rows."
records = "$.rows[*]"
request = {request}
{stream}
[[streams.ad_daily.loads]]
table = "ad_daily"
key = ["account_id", "campaign_id", "date"]
mode = {{ kind = "replace_window", column = "date", days_stand_alone = true }}
touches = ["date"]
"#
    )
}

/// The fields of a record.
pub const FIELDS: &str = r#"{"date": "VARCHAR", "campaign_id": "VARCHAR", "campaign": "VARCHAR", "status": "VARCHAR", "kind": "VARCHAR", "currency": "VARCHAR", "impressions": "VARCHAR", "clicks": "VARCHAR", "cost": "VARCHAR", "conversions": "VARCHAR", "value": "VARCHAR"}"#;

/// What a record `r` is in the table.
pub fn columns(r: &str) -> String {
    format!(
        "'1' AS account_id, {r}.campaign_id AS campaign_id, {r}.campaign AS campaign_name, {r}.status AS campaign_status,
         {r}.kind AS campaign_type, '' AS ad_group_id, '' AS ad_id, '' AS device, '' AS country,
         TRY_CAST({r}.date AS DATE) AS date, 'google' AS source, 'cpc' AS medium, {r}.currency AS currency,
         TRY_CAST({r}.impressions AS BIGINT) AS impressions, TRY_CAST({r}.clicks AS BIGINT) AS clicks,
         TRY_CAST({r}.cost AS DECIMAL(18, 6)) AS cost, TRY_CAST({r}.conversions AS DECIMAL(18, 6)) AS conversions,
         TRY_CAST({r}.value AS DECIMAL(18, 6)) AS conversion_value"
    )
}

/// The query of the stream.
pub fn query() -> String {
    format!(
        "WITH list AS (SELECT page_no, from_json(body, '{{\"rows\": [{FIELDS}]}}').rows AS rows FROM page),
         record AS (SELECT page_no, unnest(rows) AS r, unnest(range(len(rows))) AS record_no FROM list)
         SELECT {}, page_no, CAST(record_no AS INTEGER) AS record_no,
             problems([required('campaign_id', r.campaign_id), bad_date('date', r.date), bad_whole('clicks', r.clicks),
                 bad_whole('impressions', r.impressions), bad_decimal('cost', r.cost)]) AS problem
         FROM record",
        columns("r")
    )
}
