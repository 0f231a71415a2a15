//! Bodies other than JSON, from the vendor to the table.

use super::vendor::{Vendor, days, engine, json, source};
use crate::support::texts;
use daybook::jobs::sync::{SyncContext, SyncMode, load_landed};
use daybook::support::clock::Clock;
use daybook::support::secret::Secret;
use daybook::warehouse::Warehouse;
use std::sync::Arc;

const TABLE: &str = r#"
[streams.rows]
about = "Cost by day."
records = "$.rows[*]"
body = "csv"

[streams.rows.table]
columns = ["Day", "Cost"]

[streams.rows.slicing]
kind = "days"
step_days = 30
reread_days = 3

[streams.rows.request]
url = "{{ settings.base_url }}/report"

[[streams.rows.loads]]
table = "ad_account_daily"
mode = { kind = "replace_window", column = "date" }
"#;

const QUERY: &str = "
WITH record AS (
    SELECT page_no, unnest(from_json(body, '{\"rows\": [{\"Day\": \"VARCHAR\", \"Cost\": \"VARCHAR\"}]}').rows) AS r FROM page
)
SELECT 'a' AS account_id, TRY_CAST(r.Day AS DATE) AS date, 'EUR' AS currency, CAST(0 AS BIGINT) AS impressions,
    CAST(0 AS BIGINT) AS clicks, CAST(r.Cost AS DECIMAL(18, 6)) AS cost, CAST(0 AS DECIMAL(18, 6)) AS conversions,
    page_no, 0 AS record_no, NULL AS problem
FROM record";

#[tokio::test]
async fn a_table_is_loaded_and_days_of_one_with_a_line_that_is_no_row_are_not_whole() {
    let vendor = Vendor::start(|asked| match asked.before {
        0 => json(200, "Cost of the week\n\nDay;Cost\n2026-11-10;7.50\n2026-11-11;2.25\n"),
        _ => json(200, "Day;Cost\n2026-11-10;7.50\n2026-11-11;2;25;3\n"),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let source = source(&vendor, TABLE, &[("ad_account_daily.sql", QUERY)]);
    let engine = Arc::new(engine(folder.path()));
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let context = SyncContext::new(Arc::clone(&engine), warehouse.clone(), Clock::System, Secret::new("key"));
    let load = async || {
        let landed = engine.fetch(&source.connection, "rows", &days(10, 11), None, &|_| ()).await.expect("landed");
        load_landed(&context, &source, &landed, SyncMode::Live).await.expect("loaded")
    };
    let loaded = load().await;
    assert_eq!((loaded.rows_written, loaded.caveats.len()), (2, 0), "{:?}", loaded.notes);
    let cost = "SELECT CAST(sum(cost) AS VARCHAR) FROM core.ad_account_daily";
    assert_eq!(texts(&warehouse, cost), ["9.750000"]);
    let loaded = load().await;
    assert!(loaded.caveats.iter().any(|caveat| caveat.contains("line 3")), "{:?}", loaded.caveats);
    let whole = "SELECT CAST(count(*) AS VARCHAR) FROM ops.coverage WHERE is_whole_day";
    assert_eq!(texts(&warehouse, whole), ["0"]);
}
