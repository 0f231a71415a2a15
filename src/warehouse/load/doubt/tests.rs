use super::*;
use crate::warehouse::Warehouse;
use crate::warehouse::coverage::{Place, accept, end_doubts};
use crate::warehouse::load::load;
use crate::warehouse::load::tests::{request, texts};
use chrono::{DateTime, Utc};
use std::path::Path;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

/// Rows of (day, cost), asked for at an instant; the measure is the cost.
fn ads(folder: &Path, id: &str, asked_at: &str, rows: &[(&str, &str)]) -> LoadRequest {
    let rows: Vec<String> =
        rows.iter().map(|(day, cost)| format!(r#"{{"id":"a","day":"{day}","cost":"{cost}"}}"#)).collect();
    let body = format!(r#"{{"results":[{}]}}"#, rows.join(","));
    let mut request = request(folder, id, &body);
    request.fetched_at = at(asked_at);
    request.window = Some((day("2026-11-01"), day("2026-11-04")));
    request.is_believed = false;
    request.targets[0].doubt.measure = Some("cost".to_owned());
    request
}

fn run(warehouse: &Warehouse, request: LoadRequest) -> crate::warehouse::load::Loaded {
    let now = request.fetched_at;
    warehouse.write_blocking(move |connection| load(connection, &request, now)).expect("a load")
}

const COSTS: &str = "SELECT date || ' ' || cost::DECIMAL(18, 2) FROM core.ad_daily ORDER BY date";
const DAYS: &str =
    "SELECT date || ' ' || is_whole_day || ' ' || coalesce(standing, 'read') FROM ops.coverage ORDER BY date";

#[test]
fn an_emptier_answer_keeps_the_rows_of_its_days_and_uncovers_them_until_it_is_full_again() {
    // GoogleCloudPlatform/php-docs-samples#1594, googleapis/google-api-dotnet-client#2645
    let (warehouse, folder) = (Warehouse::in_memory().expect("a database"), tempfile::tempdir().expect("a folder"));
    let full = [("2026-11-01", "500"), ("2026-11-02", "700"), ("2026-11-03", "20")];
    run(&warehouse, ads(folder.path(), "one", "2026-11-10T08:00:00Z", &full));
    // Gone, less than a tenth, and a small day that fell by half.
    let fallen = [("2026-11-02", "69"), ("2026-11-03", "10")];
    let loaded = run(&warehouse, ads(folder.path(), "two", "2026-11-10T09:00:00Z", &fallen));
    assert_eq!(texts(&warehouse, COSTS), ["2026-11-01 500.00", "2026-11-02 700.00", "2026-11-03 10.00"]);
    assert_eq!(
        texts(&warehouse, DAYS),
        ["2026-11-01 false doubted", "2026-11-02 false doubted", "2026-11-03 true read"]
    );
    let reasons: Vec<&str> = loaded.doubted.iter().map(|day| day.reason.as_str()).collect();
    assert_eq!(reasons[0], "the newest answer has 0 cost where 500 were read before");
    assert!(
        loaded.notes.iter().any(|note| note.starts_with("2026-11-01 to 2026-11-02 are doubted: on the first")),
        "{:?}",
        loaded.notes
    );
    // The old load still holds the day.
    assert_eq!(texts(&warehouse, "SELECT load_id FROM ops.coverage WHERE date = DATE '2026-11-01'"), ["one"]);

    run(&warehouse, ads(folder.path(), "three", "2026-11-10T10:00:00Z", &full));
    assert_eq!(texts(&warehouse, DAYS), ["2026-11-01 true read", "2026-11-02 true read", "2026-11-03 true read"]);
    assert_eq!(texts(&warehouse, "SELECT count(*)::VARCHAR FROM history.ad_daily"), ["2"], "only the small day moved");
}

#[test]
fn a_person_who_accepts_an_emptier_answer_has_it_loaded_and_noted() {
    let (warehouse, folder) = (Warehouse::in_memory().expect("a database"), tempfile::tempdir().expect("a folder"));
    run(&warehouse, ads(folder.path(), "one", "2026-11-10T08:00:00Z", &[("2026-11-01", "500"), ("2026-11-02", "7")]));
    let empty = |id: &str, at: &str| ads(folder.path(), id, at, &[]);
    run(&warehouse, empty("two", "2026-11-10T09:00:00Z"));
    let place = Place::new("o'brien", "ads", "ad_daily", "1");
    let period = crate::domain::period::Period::day(day("2026-11-01"));
    let accepted = warehouse.write_blocking(move |writer| accept(writer, &place, period)).expect("accepted");
    assert_eq!(accepted, 1);
    let loaded = run(&warehouse, empty("three", "2026-11-10T10:00:00Z"));
    assert_eq!(texts(&warehouse, COSTS), ["2026-11-02 7.00"], "the other day is doubted as before");
    let note = "accepted by a person: 1 days from 2026-11-01 to 2026-11-01 as the source says them now";
    assert!(loaded.notes.iter().any(|said| said == note), "{:?}", loaded.notes);
    assert_eq!(texts(&warehouse, DAYS)[..2], ["2026-11-01 true read", "2026-11-02 false doubted"]);
    assert_eq!(texts(&warehouse, "SELECT superseded_by FROM history.ad_daily"), ["three"]);
}

#[test]
fn what_another_stream_says_as_well_is_believed() {
    let (warehouse, folder) = (Warehouse::in_memory().expect("a database"), tempfile::tempdir().expect("a folder"));
    let with = |request: LoadRequest| {
        let mut request = request;
        request.targets[0].doubt.confirmed_by = Some(Confirm {
            stream: "account_daily".to_owned(),
            table: "ad_account_daily".to_owned(),
            partition: "account_id".to_owned(),
            measure: "cost".to_owned(),
        });
        request
    };
    run(
        &warehouse,
        with(ads(folder.path(), "one", "2026-11-10T08:00:00Z", &[("2026-11-01", "500"), ("2026-11-02", "7")])),
    );
    let account = |date: &str, cost: &str, asked_at: &str| {
        let sql = format!(
            "DELETE FROM ops.coverage WHERE stream = 'account_daily' AND date = DATE '{date}';
             DELETE FROM core.ad_account_daily WHERE date = DATE '{date}';
             INSERT INTO ops.coverage BY NAME SELECT 'o''brien' AS workspace, 'ads' AS connection, 'account_daily' AS stream,
                '1' AS partition, DATE '{date}' AS date, 'l' AS load_id, TIMESTAMP '{asked_at}' AS covered_at, true AS is_whole_day;
             INSERT INTO core.ad_account_daily BY NAME SELECT 'o''brien' AS workspace, 'ads' AS connection, '1' AS account_id,
                DATE '{date}' AS date, 'EUR' AS currency, 0 AS impressions, 0 AS clicks, {cost} AS cost, 0 AS conversions, 'l' AS load_id;"
        );
        warehouse.write_blocking(move |writer| writer.execute_batch(&sql).context(String::new)).expect("rows");
    };
    // The account still says 500 for the first day, and says nothing about the second as well.
    account("2026-11-01", "500", "2026-11-10 08:59:00");
    account("2026-11-02", "0", "2026-11-10 08:59:00");
    run(&warehouse, with(ads(folder.path(), "two", "2026-11-10T09:00:00Z", &[])));
    assert_eq!(texts(&warehouse, COSTS), ["2026-11-01 500.00"]);
    // What the other stream reported before the rows were read says nothing.
    account("2026-11-01", "0", "2026-11-10 07:00:00");
    run(&warehouse, with(ads(folder.path(), "three", "2026-11-10T10:00:00Z", &[])));
    assert_eq!(texts(&warehouse, COSTS), ["2026-11-01 500.00"]);
}

#[test]
fn a_doubt_ends_with_its_look_back_and_the_last_known_rows_are_called_not_confirmed() {
    let (warehouse, folder) = (Warehouse::in_memory().expect("a database"), tempfile::tempdir().expect("a folder"));
    run(&warehouse, ads(folder.path(), "one", "2026-11-10T08:00:00Z", &[("2026-11-01", "500")]));
    run(&warehouse, ads(folder.path(), "two", "2026-11-10T09:00:00Z", &[]));
    let place = Place::new("o'brien", "ads", "ad_daily", "1");
    warehouse.write_blocking(move |writer| end_doubts(writer, &place, day("2026-11-02"))).expect("ended");
    assert_eq!(texts(&warehouse, DAYS)[0], "2026-11-01 true unconfirmed");
    assert_eq!(texts(&warehouse, COSTS), ["2026-11-01 500.00"]);
}

#[test]
fn a_slice_of_which_too_much_could_not_be_used_covers_no_day() {
    // singer-io/tap-google-analytics#75: most sessions in a row without a day
    let (warehouse, folder) = (Warehouse::in_memory().expect("a database"), tempfile::tempdir().expect("a folder"));
    let rows = [("2026-11-01", "50"), ("2026-11-02", "60"), ("(other)", "58109")];
    let loaded = run(&warehouse, ads(folder.path(), "one", "2026-11-10T08:00:00Z", &rows));
    assert_eq!(loaded.caveats, ["1 of 3 rows could not be used (99.8% of cost)"]);
    assert_eq!(texts(&warehouse, DAYS)[0], "2026-11-01 false doubted");
    let rows = [("2026-11-01", "5000"), ("2026-11-02", "6000"), ("(other)", "1")];
    let loaded = run(&warehouse, ads(folder.path(), "two", "2026-11-10T09:00:00Z", &rows));
    assert_eq!((loaded.caveats.len(), loaded.doubted.len()), (0, 0), "next to nothing is the admin's matter");
}

#[test]
fn a_day_that_runs_in_the_accounts_own_zone_is_not_whole() {
    // airbytehq/airbyte#18717, superformlabs/ga4dataform-community#15
    let (warehouse, folder) = (Warehouse::in_memory().expect("a database"), tempfile::tempdir().expect("a folder"));
    let zoned = |id: &str, zone: &str| {
        let body =
            format!(r#"{{"metadata":{{"timeZone":"{zone}"}},"results":[{{"id":"a","day":"2026-11-03","cost":"7"}}]}}"#);
        let mut request = request(folder.path(), id, &body);
        request.fetched_at = at("2026-11-04T02:00:00Z");
        request.window = Some((day("2026-11-03"), day("2026-11-04")));
        request.time_zone_path = Some("$.metadata.timeZone".to_owned());
        run(&warehouse, request).caveats
    };
    let told = zoned("one", "America/Los_Angeles");
    assert!(told[0].contains("set time_zone = \"America/Los_Angeles\""), "{told:?}");
    assert_eq!(texts(&warehouse, DAYS), ["2026-11-03 false read"]);
    assert_eq!(zoned("two", "Europe/Vienna"), Vec::<String>::new(), "another name of the same days");
    assert_eq!(texts(&warehouse, DAYS), ["2026-11-03 true read"]);
    assert!(zoned("three", "Mars/Olympus")[0].contains("not known"));
}
