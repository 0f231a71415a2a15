use super::*;
use crate::support::secret::Secret;
use crate::warehouse::Warehouse;
use chrono::TimeZone;
use std::path::Path;

const SQL: &str = "
WITH record AS (
    SELECT page_no, unnest(from_json(body, '{\"results\":[{\"id\":\"VARCHAR\",\"day\":\"VARCHAR\",\"cost\":\"VARCHAR\"}]}').results) AS r,
        unnest(range(len(from_json(body, '{\"results\":[\"JSON\"]}').results))) AS record_no
    FROM page
)
SELECT '1' AS account_id, r.id AS campaign_id, r.id AS campaign_name, '' AS campaign_status, '' AS campaign_type,
    '' AS ad_group_id, '' AS ad_id, '' AS device, '' AS country, TRY_CAST(r.day AS DATE) AS date, 'google' AS source, 'cpc' AS medium, 'EUR' AS currency,
    0::BIGINT AS impressions, 0::BIGINT AS clicks, TRY_CAST(r.cost AS DECIMAL(18, 6)) AS cost,
    0::DECIMAL(18, 6) AS conversions, 0::DECIMAL(18, 6) AS conversion_value,
    page_no, record_no::INTEGER AS record_no,
    problems([required('id', r.id), bad_date('day', r.day), bad_decimal('cost', r.cost)]) AS problem
FROM record";

pub(super) fn request(folder: &Path, load_id: &str, body: &str) -> LoadRequest {
    let page = folder.join(format!("{load_id}-00001.json"));
    std::fs::write(&page, body).expect("a page");
    LoadRequest {
        load_id: load_id.to_owned(),
        workspace: "o'brien".to_owned(),
        connection: "ads".to_owned(),
        stream: "ad_daily".to_owned(),
        slice: "2026-11-01".to_owned(),
        slice_before: "2026-11-01".to_owned(),
        partition: "1".to_owned(),
        window: Some(("2026-11-01".parse().expect("a date"), "2026-11-03".parse().expect("a date"))),
        first_whole: None,
        incomplete_path: None,
        open_from_path: None,
        cut: None,
        time_zone_path: None,
        closing: Closing::default(),
        is_believed: true,
        currency: "EUR".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        fetched_at: Utc.with_ymd_and_hms(2026, 11, 2, 12, 0, 0).single().expect("an instant"),
        manifest: "manifest.json".to_owned(),
        pages: Pages {
            files: vec![page],
            labels: BTreeMap::new(),
            is_array: false,
            largest_page: body.len() as u64,
            unread: Vec::new(),
            decoded: None,
            copies: None,
            pieces: None,
        },
        bytes: body.len() as u64,
        records_path: "$.results[*]".to_owned(),
        may_lack_list: false,
        may_be_followed: false,
        targets: vec![Target {
            table: "ad_daily".to_owned(),
            sql: SQL.to_owned(),
            key: vec!["account_id".to_owned(), "campaign_id".to_owned(), "date".to_owned()],
            replaces: Replaces::Window {
                column: "date".to_owned(),
                partition: Some("account_id".to_owned()),
                days_stand_alone: true,
            },
            touches: vec!["date".to_owned()],
            doubt: Doubt::default(),
            records: None,
        }],
        notes_sql: None,
        notes: Vec::new(),
        caveats: Vec::new(),
        read_until: None,
        variables: Vec::new(),
        attempt: None,
        person_key: Secret::new("k'ey"),
    }
}

fn run(warehouse: &Warehouse, request: LoadRequest) -> Loaded {
    let now = request.fetched_at;
    warehouse.write_blocking(move |connection| load(connection, &request, now)).expect("a load")
}

pub(super) fn texts(warehouse: &Warehouse, sql: &str) -> Vec<String> {
    warehouse
        .read_blocking(|connection| {
            let mut statement = connection.prepare(sql).context(|| sql.to_owned())?;
            let rows = statement.query_map([], |row| row.get(0)).context(|| sql.to_owned())?;
            rows.collect::<Result<_, _>>().context(|| sql.to_owned())
        })
        .expect(sql)
}

// okube-ai/laktory#586 and dbt-labs/dbt-core#7873: a key with a column that may be empty matches no row by `=`, and each
// restatement adds one.
#[test]
fn a_row_whose_key_is_partly_empty_is_replaced_and_removed_like_others() {
    use crate::warehouse::WarehouseConfig;
    use crate::warehouse::facts::{builtin, fact_of};
    let contract = "about = 'Mails.'\nday = 'date'\nkey = ['date', 'segment']\n[columns]\n\
        date = { type = 'DATE', required = true, about = 'The day.' }\n\
        segment = { type = 'VARCHAR', about = 'The segment.' }\n\
        sent = { type = 'BIGINT', required = true, about = 'Mails.' }\n";
    let mut facts = (*builtin()).clone();
    facts.add(fact_of("mail_daily", contract, None)).expect("added");
    let config = WarehouseConfig { facts: Arc::new(facts), ..WarehouseConfig::default() };
    let warehouse = Warehouse::in_memory_with(config).expect("a warehouse");
    let folder = tempfile::tempdir().expect("a folder");
    let mails = |load_id: &str, body: &str| {
        let mut request = request(folder.path(), load_id, body);
        let target = &mut request.targets[0];
        target.table = "mail_daily".to_owned();
        target.key = ["date", "segment"].map(str::to_owned).to_vec();
        target.replaces = Replaces::Window { column: "date".to_owned(), partition: None, days_stand_alone: true };
        target.sql = "SELECT DATE '2026-11-01' AS date, r ->> '$.segment' AS segment, CAST(r ->> '$.sent' AS BIGINT) AS sent,
            page_no, 0 AS record_no, NULL AS problem FROM (SELECT page_no, unnest(body -> '$.results[*]') AS r FROM page)"
            .to_owned();
        run(&warehouse, request);
        texts(&warehouse, "SELECT concat_ws(' ', coalesce(segment, '-'), sent) FROM core.mail_daily ORDER BY 1")
    };
    assert_eq!(mails("l1", r#"{"results":[{"sent":10},{"segment":"x","sent":5}]}"#), ["- 10", "x 5"]);
    assert_eq!(mails("l2", r#"{"results":[{"sent":12},{"segment":"x","sent":5}]}"#), ["- 12", "x 5"]);
    assert_eq!(mails("l3", r#"{"results":[{"segment":"x","sent":5}]}"#), ["x 5"]);
}

const FIRST: &str = r#"{"results":[
    {"id":"a","day":"2026-11-01","cost":"10.50"},
    {"id":"a","day":"2026-11-02","cost":"11"},
    {"id":"b","day":"2026-11-01","cost":"three"},
    {"id":"c","day":"2026-11-01","cost":"9999999999999.00"},
    {"day":"2026-11-01","cost":"1"}]}"#;

#[test]
fn good_rows_are_loaded_and_bad_ones_kept_with_reason_and_record() {
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let loaded = run(&warehouse, request(folder.path(), "l1", FIRST));
    assert_eq!((loaded.rows_read, loaded.rows_written, loaded.rows_quarantined), (5, 2, 3));
    assert_eq!(
        texts(&warehouse, "SELECT reason || ' | ' || raw FROM ops.quarantine ORDER BY record_no"),
        [
            r#"cost: "three" is not an amount below 1,000,000,000,000 | {"id":"b","day":"2026-11-01","cost":"three"}"#,
            r#"cost: "9999999999999.00" is not an amount below 1,000,000,000,000 | {"id":"c","day":"2026-11-01","cost":"9999999999999.00"}"#,
            r#"id is missing | {"day":"2026-11-01","cost":"1"}"#,
        ]
    );
    let days = "SELECT date || ' ' || is_whole_day FROM ops.coverage ORDER BY date";
    assert_eq!(texts(&warehouse, days), ["2026-11-01 true", "2026-11-02 false"]);
}

#[test]
fn loading_the_same_pages_again_changes_no_fact() {
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    run(&warehouse, request(folder.path(), "l1", FIRST));
    let again = run(&warehouse, request(folder.path(), "l2", FIRST));
    assert_eq!((again.rows_written, again.rows_unchanged, again.rows_superseded), (0, 2, 0));
    assert_eq!(texts(&warehouse, "SELECT DISTINCT load_id FROM core.ad_daily"), ["l1"]);
    assert_eq!(texts(&warehouse, "SELECT count(*)::VARCHAR FROM ops.quarantine"), ["3"]);
    assert_eq!(texts(&warehouse, "SELECT DISTINCT load_id FROM ops.touched_day"), ["l1"]);
}

#[test]
fn a_restated_row_moves_to_history_and_a_vanished_one_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    run(&warehouse, request(folder.path(), "l1", FIRST));
    let later = r#"{"results":[{"id":"a","day":"2026-11-01","cost":"12.00","new_field":{"deep":1}}]}"#;
    let loaded = run(&warehouse, request(folder.path(), "l2", later));
    assert_eq!((loaded.rows_written, loaded.rows_superseded), (1, 2));
    assert_eq!(loaded.notes, ["the vendor sends new fields: new_field.deep"]);
    assert_eq!(
        texts(&warehouse, "SELECT date || ' ' || cost || ' ' || load_id FROM core.ad_daily"),
        ["2026-11-01 12.000000 l2"]
    );
    assert_eq!(
        texts(&warehouse, "SELECT date || ' ' || cost || ' ' || superseded_by FROM history.ad_daily ORDER BY date"),
        ["2026-11-01 10.500000 l2", "2026-11-02 11.000000 l2"]
    );
}

#[test]
fn a_broken_page_leaves_everything_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    run(&warehouse, request(folder.path(), "l1", FIRST));
    let cut = request(folder.path(), "l2", r#"{"results":[{"id":"a","#);
    let now = cut.fetched_at;
    let failed = warehouse.write_blocking(move |connection| load(connection, &cut, now));
    assert!(failed.is_err());
    assert_eq!(texts(&warehouse, "SELECT count(*)::VARCHAR FROM core.ad_daily"), ["2"]);
    assert_eq!(texts(&warehouse, "SELECT load_id FROM ops.load"), ["l1"]);
    run(&warehouse, request(folder.path(), "l3", FIRST));
}

#[test]
fn a_load_goes_on_while_a_copy_of_the_database_is_attached() {
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let attached = warehouse.write_blocking(|connection| {
        let own: String = connection.query_row("SELECT current_database()", [], |row| row.get(0)).expect("a name");
        let sql = format!("ATTACH ':memory:' AS a_copy; COPY FROM DATABASE {own} TO a_copy (SCHEMA)");
        connection.execute_batch(&sql).context(|| sql.clone())
    });
    attached.expect("a copy");
    assert_eq!(run(&warehouse, request(folder.path(), "l1", FIRST)).rows_written, 2);
}
