use crate::warehouse::attempts::SliceKey;
use crate::warehouse::load::tests::{request, texts};
use crate::warehouse::load::{LoadRequest, Loaded, load, load_together};
use crate::warehouse::{Context, Warehouse};
use chrono::{DateTime, Utc};
use std::path::Path;

/// Rows of (campaign, day, cost) of a workspace, asked for on 10 November at `hour`.
fn slice(folder: &Path, workspace: &str, hour: u32, rows: &[(&str, &str, &str)]) -> LoadRequest {
    let rows: Vec<String> = rows
        .iter()
        .map(|(id, day, cost)| format!(r#"{{"id":"{id}","day":"2026-11-{day}","cost":"{cost}"}}"#))
        .collect();
    body(folder, workspace, hour, &format!(r#"{{"results":[{}]}}"#, rows.join(",")))
}

fn body(folder: &Path, workspace: &str, hour: u32, body: &str) -> LoadRequest {
    let mut request = request(folder, &format!("{}-{hour}", workspace.replace('\'', "")), body);
    request.workspace = workspace.to_owned();
    request.window = Some(("2026-11-07".parse().expect("a day"), "2026-11-10".parse().expect("a day")));
    request.fetched_at = format!("2026-11-10T{hour:02}:00:00Z").parse().expect("an instant");
    request.read_until = Some(request.fetched_at);
    request.is_believed = false;
    request.targets[0].doubt.measure = Some("cost".to_owned());
    request
}

fn together(warehouse: &Warehouse, requests: Vec<LoadRequest>, now: DateTime<Utc>) -> Vec<Option<Loaded>> {
    let key = |request: &LoadRequest| SliceKey {
        workspace: request.workspace.clone(),
        connection: request.connection.clone(),
        stream: request.stream.clone(),
        slice: request.slice.clone(),
    };
    let slices: Vec<_> = requests.into_iter().map(|request| (request.clone(), key(&request))).collect();
    warehouse.write_blocking(move |connection| load_together(connection, &slices, now)).expect("loaded")
}

fn in_turn(warehouse: &Warehouse, requests: Vec<LoadRequest>, now: DateTime<Utc>) -> Vec<Loaded> {
    let one = |request: LoadRequest| {
        warehouse.write_blocking(move |connection| load(connection, &request, now)).expect("loaded")
    };
    requests.into_iter().map(one).collect()
}

/// Everything that loads write.
fn state(warehouse: &Warehouse) -> Vec<Vec<String>> {
    let tables = [
        "core.ad_daily",
        "history.ad_daily",
        "ops.load",
        "ops.coverage",
        "ops.cursor",
        "ops.touched_day",
        "ops.stream_field",
        "ops.quarantine",
    ];
    tables
        .iter()
        .map(|table| texts(warehouse, &format!("SELECT to_json(t)::VARCHAR FROM {table} AS t ORDER BY 1")))
        .collect()
}

const USUAL: [(&str, &str, &str); 4] = [("a", "07", "10"), ("a", "08", "20"), ("b", "08", "5.5"), ("a", "09", "7")];

/// Two hours of several workspaces whose slices are usual: other costs, a campaign more, a campaign less, nothing new.
fn usual_hours(folder: &Path) -> [Vec<LoadRequest>; 2] {
    let changed = [("a", "07", "10"), ("a", "08", "21"), ("b", "08", "5.5"), ("a", "09", "7"), ("c", "09", "1")];
    let fewer = [("a", "07", "10"), ("a", "08", "20"), ("a", "09", "7")];
    let first = ["w1", "o'brien", "w3", "w4"].map(|workspace| slice(folder, workspace, 8, &USUAL)).to_vec();
    let second = vec![
        slice(folder, "w1", 9, &changed),
        slice(folder, "o'brien", 9, &fewer),
        slice(folder, "w3", 9, &USUAL),
        slice(folder, "w4", 9, &changed),
    ];
    [first, second]
}

#[test]
fn slices_loaded_together_leave_what_they_leave_one_by_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let (joined, single) = (Warehouse::in_memory().expect("a database"), Warehouse::in_memory().expect("a database"));
    for (hour, requests) in (8..).zip(usual_hours(folder.path())) {
        let now = format!("2026-11-10T{hour:02}:00:30Z").parse().expect("an instant");
        let alone = in_turn(&single, requests.clone(), now);
        let loaded: Vec<Loaded> = together(&joined, requests, now).into_iter().map(|one| one.expect("usual")).collect();
        assert_eq!(loaded, alone, "{hour}");
        assert_eq!(state(&joined), state(&single), "{hour}");
    }
    assert_eq!(texts(&joined, "SELECT count(*)::VARCHAR FROM history.ad_daily"), ["3"]);
}

// borisdj/EFCore.BulkExtensions#545: to replace the rows of one tenant in bulk took away those of all others.
// mupt-ai/self-bench#55: rows of one key in two tenants were one row, so the second tenant had none.
#[test]
fn rows_of_others_with_the_same_keys_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = Warehouse::in_memory().expect("a database");
    let at = |hour: u32| -> DateTime<Utc> { format!("2026-11-10T{hour:02}:01:00Z").parse().expect("an instant") };
    let mut other_connection = slice(folder.path(), "w1", 7, &USUAL);
    other_connection.connection = "other".to_owned();
    in_turn(&warehouse, vec![slice(folder.path(), "elsewhere", 6, &USUAL), other_connection], at(7));
    let held = "SELECT workspace || ' ' || connection || ' ' || count(*) FROM core.ad_daily GROUP BY workspace, connection ORDER BY 1";
    let fewer = [("a", "07", "10"), ("a", "08", "20"), ("a", "09", "7")];
    for (hour, rows) in [(8, &USUAL[..]), (9, &fewer[..])] {
        let requests = ["w1", "w2"].map(|workspace| slice(folder.path(), workspace, hour, rows)).to_vec();
        assert!(together(&warehouse, requests, at(hour)).iter().all(Option::is_some));
    }
    assert_eq!(texts(&warehouse, held), ["elsewhere ads 4", "w1 ads 3", "w1 other 4", "w2 ads 3"]);
}

// hiero-ledger/hiero-mirror-node#2153: a second batch in the same run found the temporary table of the first.
#[test]
fn streams_of_several_kinds_come_in_one_call() {
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = Warehouse::in_memory().expect("a database");
    let now = "2026-11-10T08:01:00Z".parse().expect("an instant");
    let mut requests = ["w1", "w2", "w3", "w4"].map(|of| slice(folder.path(), of, 8, &USUAL)).to_vec();
    for request in &mut requests[2..] {
        request.targets[0].sql = request.targets[0].sql.replace("'google' AS source", "'bing' AS source");
    }
    assert!(together(&warehouse, requests, now).iter().all(Option::is_some));
    let sources =
        "SELECT workspace || ' ' || source || ' ' || count(*) FROM core.ad_daily GROUP BY workspace, source ORDER BY 1";
    assert_eq!(texts(&warehouse, sources), ["w1 google 4", "w2 google 4", "w3 bing 4", "w4 bing 4"]);
}

// datayoga-io/datayoga#378 and csirtgadgets/bearded-avenger#401: one bad record took the whole batch with it.
#[test]
fn an_unusual_slice_is_left_alone_and_takes_nothing_from_the_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = Warehouse::in_memory().expect("a database");
    let at = |text: &str| -> DateTime<Utc> { text.parse().expect("an instant") };
    let names = ["fine", "bad", "twice", "other_day", "other_account", "fallen", "no_list", "fine_too"];
    let first = names.map(|workspace| slice(folder.path(), workspace, 8, &USUAL)).to_vec();
    assert!(together(&warehouse, first, at("2026-11-10T08:01:00Z")).iter().all(Option::is_some));
    let before = state(&warehouse);
    let of = |workspace: &str, rows: &[(&str, &str, &str)]| slice(folder.path(), workspace, 9, rows);
    let mut other_account = of("other_account", &USUAL);
    other_account.partition = "2".to_owned();
    let second = vec![
        of("fine", &USUAL),
        of("bad", &[("a", "07", "ten"), ("a", "08", "20")]),
        of("twice", &[("a", "07", "10"), ("a", "07", "11"), ("a", "08", "20"), ("a", "09", "7")]),
        of("other_day", &[("a", "07", "10"), ("a", "08", "20"), ("a", "09", "7"), ("a", "11", "7")]),
        other_account,
        of("fallen", &[("a", "07", "10"), ("a", "09", "7")]),
        body(folder.path(), "no_list", 9, r#"{"error":"come again"}"#),
        of("fine_too", &USUAL),
    ];
    let loaded = together(&warehouse, second, at("2026-11-10T09:01:00Z"));
    let usual: Vec<&str> =
        names.iter().zip(&loaded).filter(|(_, loaded)| loaded.is_some()).map(|(name, _)| *name).collect();
    assert_eq!(usual, ["fine", "fine_too"]);
    let after = state(&warehouse);
    assert_eq!(after[0], before[0], "no fact has changed");
    assert_eq!(
        texts(&warehouse, "SELECT workspace FROM ops.load WHERE fetched_at > '2026-11-10 08:30:00' ORDER BY 1"),
        usual
    );
}

#[test]
fn a_day_that_a_person_accepts_and_rows_in_quarantine_are_looked_at_one_by_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = Warehouse::in_memory().expect("a database");
    let now = "2026-11-10T08:01:00Z".parse().expect("an instant");
    in_turn(&warehouse, vec![slice(folder.path(), "mended", 7, &[("a", "07", "ten"), ("a", "08", "20")])], now);
    let sql = "INSERT INTO ops.coverage VALUES
        ('accepted', 'ads', 'ad_daily', '1', DATE '2026-11-08', 'l', TIMESTAMP '2026-11-09', false, 'accepting', NULL)";
    warehouse.write_blocking(|connection| connection.execute_batch(sql).context(|| sql.to_owned())).expect("noted");
    let requests = ["mended", "accepted", "fine", "fine_too"].map(|of| slice(folder.path(), of, 8, &USUAL)).to_vec();
    let loaded: Vec<bool> = together(&warehouse, requests, now).iter().map(Option::is_some).collect();
    assert_eq!(loaded, [false, false, true, true]);
}

#[test]
fn silence_after_a_week_of_plenty_is_unusual() {
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = Warehouse::in_memory().expect("a database");
    let now = "2026-11-10T08:01:00Z".parse().expect("an instant");
    let sql = "INSERT INTO core.ad_daily BY NAME
        SELECT w AS workspace, 'ads' AS connection, '1' AS account_id, 'a' AS campaign_id, 'a' AS campaign_name, '' AS campaign_status,
            '' AS campaign_type, '' AS ad_group_id, '' AS ad_id, '' AS device, '' AS country,
            DATE '2026-10-25' + CAST(n AS INTEGER) AS date, 'google' AS source, 'cpc' AS medium, 'EUR' AS currency,
            0 AS impressions, 0 AS clicks, 500 AS cost, 0 AS conversions, 0 AS conversion_value, 'l' AS load_id
        FROM range(13) AS r(n), (VALUES ('silent'), ('full'), ('other')) AS w(w)";
    warehouse.write_blocking(|connection| connection.execute_batch(sql).context(|| sql.to_owned())).expect("loaded");
    let full = [("a", "07", "500"), ("a", "08", "500"), ("a", "09", "500")];
    let requests = vec![
        slice(folder.path(), "silent", 8, &[]),
        slice(folder.path(), "full", 8, &full),
        slice(folder.path(), "other", 8, &full),
    ];
    let loaded: Vec<bool> = together(&warehouse, requests, now).iter().map(Option::is_some).collect();
    assert_eq!(loaded, [false, true, true]);
}

#[test]
fn queries_that_look_at_several_rows_or_at_the_place_are_run_for_each_slice() {
    let folder = tempfile::tempdir().expect("a folder");
    let (joined, single) = (Warehouse::in_memory().expect("a database"), Warehouse::in_memory().expect("a database"));
    let now = "2026-11-10T08:01:00Z".parse().expect("an instant");
    let with = |change: &dyn Fn(&str) -> String| -> Vec<LoadRequest> {
        let mut requests = vec![
            slice(folder.path(), "w1", 8, &USUAL),
            slice(folder.path(), "w2", 8, &[("a", "07", "3"), ("b", "08", "1")]),
            slice(folder.path(), "w3", 8, &USUAL),
        ];
        for (request, currency) in requests.iter_mut().zip(["EUR", "USD", "EUR"]) {
            request.currency = currency.to_owned();
            request.targets[0].sql = change(&request.targets[0].sql);
        }
        requests
    };
    let in_currency = with(&|sql| sql.replace("'EUR' AS currency", "getvariable('currency') AS currency"));
    // Each campaign's name is that of the slice's last row.
    let over_all = with(&|sql| sql.replace("r.id AS campaign_name", "last_value(r.id) OVER () AS campaign_name"));
    for (requests, of) in [(in_currency, "currency"), (over_all, "campaign_name")] {
        in_turn(&single, requests.clone(), now);
        assert!(together(&joined, requests, now).iter().all(Option::is_some));
        let sql = format!(
            "SELECT workspace || ' ' || campaign_id || ' ' || date || ' ' || {of} FROM core.ad_daily ORDER BY 1"
        );
        assert_eq!(texts(&joined, &sql), texts(&single, &sql));
        let clear = "DELETE FROM core.ad_daily; DELETE FROM ops.load";
        for warehouse in [&joined, &single] {
            warehouse
                .write_blocking(|connection| connection.execute_batch(clear).context(|| clear.to_owned()))
                .expect("cleared");
        }
    }
}
