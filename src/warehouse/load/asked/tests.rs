use crate::warehouse::load::tests::{request, texts};
use crate::warehouse::load::{LoadRequest, Loaded, Replaces, load};
use crate::warehouse::{Warehouse, WarehouseError};

fn run(warehouse: &Warehouse, request: LoadRequest) -> Result<Loaded, WarehouseError> {
    let now = request.fetched_at;
    warehouse.write_blocking(move |connection| load(connection, &request, now))
}

const COVERED: &str = "SELECT count(*)::VARCHAR FROM ops.coverage";

/// airbytehq/airbyte#80152, mvanhorn/printing-press-library#1668: what was no answer moved the watermark past
/// records that nobody read.
#[test]
fn an_answer_without_the_list_that_was_due_leaves_its_days_unread() {
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    for (body, told) in [
        ("{}", "nothing"),
        (r#"{"error":"maintenance"}"#, "nothing"),
        ("[]", "nothing"),
        (r#"{"results":null}"#, "null"),
        (r#"{"results":{}}"#, "object"),
        (r#"{"results":"soon"}"#, "varchar"),
        (r#"{"results":[[]]}"#, "a list of what is no record"),
        (r#"{"results":["a",null]}"#, "a list of what is no record"),
    ] {
        let error = run(&warehouse, request(folder.path(), "l1", body)).expect_err(body).to_string();
        assert!(error.starts_with(&format!("the vendor sends {told} where the list $.results was due")), "{error}");
        assert_eq!(texts(&warehouse, COVERED), ["0"], "{body}");
    }
    run(&warehouse, request(folder.path(), "l2", r#"{"results":[]}"#)).expect("an empty day");
    assert_eq!(texts(&warehouse, COVERED), ["2"]);
}

#[test]
fn a_vendor_that_leaves_an_empty_list_out_says_that_there_is_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    for (body, is_answer) in [
        (r#"{"rowCount":0}"#, true),
        ("{}", true),
        (r#"{"results":null}"#, true),
        ("[]", false),
        (r#"{"results":{}}"#, false),
        (r#"{"results":"soon"}"#, false),
    ] {
        let warehouse = Warehouse::in_memory().expect("a warehouse");
        let request = LoadRequest { may_lack_list: true, ..request(folder.path(), "l1", body) };
        assert_eq!(run(&warehouse, request).is_ok(), is_answer, "{body}");
        assert_eq!(texts(&warehouse, COVERED), [if is_answer { "2" } else { "0" }], "{body}");
    }
}

/// prometheus/prometheus#2893: what was dated ahead was stored, and hid that nothing came.
#[test]
fn a_row_of_another_day_than_those_asked_for_is_quarantined() {
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let row = |day: &str| format!(r#"{{"id":"a","day":"{day}","cost":"1"}}"#);
    let rows: Vec<String> = ["2026-11-02", "2027-12-01", "2026-11-03", "2026-10-31"].map(row).to_vec();
    let body = format!(r#"{{"results":[{}]}}"#, rows.join(","));
    let loaded = run(&warehouse, request(folder.path(), "l1", &body)).expect("loaded");
    assert_eq!((loaded.rows_written, loaded.rows_quarantined), (1, 3));
    assert_eq!(loaded.notes, ["3 rows of other days than those that were asked for are quarantined"]);
    assert_eq!(texts(&warehouse, COVERED), ["2"], "it says nothing against the days that were asked for");
    assert_eq!(
        texts(&warehouse, "SELECT reason FROM ops.quarantine ORDER BY record_no"),
        ["2027-12-01", "2026-11-03", "2026-10-31"].map(|day| format!("date: {day} is none of the days asked for"))
    );
}

/// prometheus/prometheus#6554
#[test]
fn rows_that_happen_in_the_future_are_reported_where_no_days_were_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let body = r#"{"results":[{"id":"a","day":"2026-11-03","cost":"1"},{"id":"b","day":"2099-01-01","cost":"1"}]}"#;
    let mut request = request(folder.path(), "l1", body);
    request.targets[0].replaces = Replaces::Scope(Vec::new());
    let loaded = run(&warehouse, request).expect("loaded");
    assert_eq!(loaded.caveats, ["1 ad daily row is dated in the future, up to 2099-01-01: look at the vendor's clock"]);
}

/// A page that is no answer ends the paging: what came before it is not the whole.
#[test]
fn an_answer_whose_last_page_is_no_page_leaves_its_days_unread() {
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let row = r#"{"results":[{"id":"a","day":"2026-11-01","cost":"1"}]}"#;
    let with_last = |load: &str, last: &str| {
        let mut request = request(folder.path(), load, row);
        let path = folder.path().join(format!("{load}-page-00002.json"));
        std::fs::write(&path, last).expect("written");
        request.pages.files.push(path);
        request.pages.largest_page = request.pages.largest_page.max(last.len() as u64);
        request
    };
    let error = run(&warehouse, with_last("l1", r#"{"error":"maintenance"}"#)).expect_err("no page").to_string();
    assert!(error.starts_with("the vendor sends nothing where the list"), "{error}");
    assert_eq!(texts(&warehouse, COVERED), ["0"]);
    run(&warehouse, with_last("l2", r#"{"results":[]}"#)).expect("an empty last page");
    assert_eq!(texts(&warehouse, COVERED), ["2"]);
}

#[test]
fn an_answer_of_other_days_alone_says_nothing_of_those_that_were_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let body = r#"{"results":[{"id":"a","day":"2026-10-31","cost":"1"}]}"#;
    let loaded =
        run(&warehouse, LoadRequest { is_believed: false, ..request(folder.path(), "l1", body) }).expect("loaded");
    assert_eq!((loaded.rows_quarantined, loaded.doubted.len()), (1, 2), "{loaded:?}");
    let whole = "SELECT count(*)::VARCHAR FROM ops.coverage WHERE is_whole_day";
    assert_eq!(texts(&warehouse, whole), ["0"]);
}
