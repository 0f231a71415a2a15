use super::*;
use crate::warehouse::Warehouse;
use crate::warehouse::load::tests::request;
use crate::warehouse::load::{Pages, load};
use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use std::path::Path;
use std::slice::from_ref;

/// All that a load may change.
const BOOKS: [&str; 7] = [
    "core.ad_daily",
    "history.ad_daily",
    "ops.quarantine",
    "ops.touched_day",
    "ops.coverage",
    "ops.cursor",
    "ops.load",
];

/// A row: campaign, day counted from the slice's first, cost.
type Row = (u8, i64, &'static str);

fn first_day() -> NaiveDate {
    "2026-11-01".parse().expect("a date")
}

fn now() -> DateTime<Utc> {
    "2026-11-20T12:00:00Z".parse().expect("an instant")
}

/// The slice `number` of two days, with a page for each list of rows.
fn slice(folder: &Path, number: u64, pages: &[Vec<Row>]) -> LoadRequest {
    let own = folder.join(number.to_string());
    std::fs::create_dir_all(&own).expect("a folder");
    let start = first_day() + Days::new(2 * number);
    let files = pages.iter().zip(1..).map(|(rows, page)| {
        let day = |offset: i64| start + chrono::TimeDelta::days(offset);
        let rows: Vec<String> = rows
            .iter()
            .map(|(id, offset, cost)| format!(r#"{{"id":"{id}","day":"{}","cost":"{cost}"}}"#, day(*offset)))
            .collect();
        let file = own.join(format!("page-{page:05}.json"));
        std::fs::write(&file, format!(r#"{{"results":[{}]}}"#, rows.join(","))).expect("a page");
        file
    });
    LoadRequest {
        slice: start.to_string(),
        slice_before: start.to_string(),
        window: Some((start, start + Days::new(2))),
        manifest: own.display().to_string(),
        pages: Pages {
            files: files.collect(),
            labels: BTreeMap::new(),
            is_array: false,
            largest_page: 10_000,
            unread: Vec::new(),
            decoded: None,
            copies: None,
            pieces: None,
        },
        notes_sql: Some("SELECT 'pages: ' || count(*) FROM page".to_owned()),
        read_until: Some(now()),
        ..request(&own, &format!("load {number}"), "")
    }
}

/// Everything in the ledger, row by row.
fn books(warehouse: &Warehouse) -> Vec<Vec<String>> {
    let rows = |table: &&str| {
        warehouse
            .read_blocking(|reader| {
                let sql = format!("SELECT CAST(t AS VARCHAR) FROM {table} AS t ORDER BY ALL");
                let mut statement = reader.prepare(&sql).context(|| sql.clone())?;
                let rows = statement.query_map([], |row| row.get(0)).context(|| sql.clone())?;
                rows.collect::<Result<Vec<String>, _>>().context(|| sql.clone())
            })
            .expect("rows")
    };
    BOOKS.iter().map(rows).collect()
}

fn in_turn(warehouse: &Warehouse, requests: &[LoadRequest]) -> Vec<Loaded> {
    let one = |request: &LoadRequest| {
        let request = request.clone();
        warehouse.write_blocking(move |connection| load(connection, &request, now())).expect("a load")
    };
    requests.iter().map(one).collect()
}

fn together(warehouse: &Warehouse, requests: &[LoadRequest]) -> Option<Vec<Loaded>> {
    let requests = requests.to_vec();
    warehouse.write_blocking(move |connection| load_direct(connection, &requests, now())).expect("an answer")
}

/// Loads the slices both ways; returns whether the short one was taken.
fn compare(held: &[Vec<Vec<Row>>], slices: &[Vec<Vec<Row>>]) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let requests = |of: &[Vec<Vec<Row>>], name: &str| -> Vec<LoadRequest> {
        let at = folder.path().join(name);
        let numbered = (0..).zip(of).map(|(number, pages)| slice(&at, number, pages));
        numbered.map(|request| LoadRequest { load_id: format!("{name} {}", request.load_id), ..request }).collect()
    };
    let (before, requests) = (requests(held, "before"), requests(slices, "now"));
    let (long, short) = (Warehouse::in_memory().expect("a warehouse"), Warehouse::in_memory().expect("a warehouse"));
    in_turn(&long, &before);
    in_turn(&short, &before);
    let untouched = books(&short);
    let expected = in_turn(&long, &requests);
    match together(&short, &requests) {
        Some(loaded) => {
            assert_eq!(loaded, expected);
            assert_eq!(books(&short), books(&long));
            true
        }
        None => {
            assert_eq!(books(&short), untouched, "what is not taken leaves no trace");
            false
        }
    }
}

#[test]
fn good_rows_of_several_slices_go_in_together() {
    let slices = [vec![vec![(1, 0, "1.50"), (2, 0, "2")], vec![(1, 1, "3")]], vec![vec![(1, 0, "4")]], vec![vec![]]];
    assert!(compare(&[], &slices));
    assert!(compare(&[], &slices[..1]), "one alone, too");
    assert!(compare(&[vec![vec![]]], &slices), "days that were looked at and had nothing");
}

#[test]
fn what_needs_comparing_goes_the_long_way() {
    let good = vec![vec![(1, 0, "1")]];
    assert!(!compare(from_ref(&good), from_ref(&good)), "days that hold something");
    assert!(!compare(&[], &[good.clone(), vec![vec![(1, 0, "much")]]]), "a bad row");
    assert!(!compare(&[], &[vec![vec![(1, 0, "1")], vec![(1, 0, "2")]]]), "a key twice");
    assert!(!compare(&[], &[good, vec![vec![(2, -1, "2")]]]), "a day of another slice");
}

#[test]
fn a_query_may_end_in_a_comment() {
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let mut request = slice(folder.path(), 0, &[vec![(1, 0, "1")]]);
    request.targets[0].sql += "\n-- and no more";
    assert!(together(&warehouse, &[request]).is_some());
}

#[test]
fn slices_that_share_a_day_or_depend_on_one_another_go_the_long_way() {
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let good = |number: u64| slice(folder.path(), number, &[vec![(1, 0, "1")]]);
    let mut wide = good(0);
    wide.window = wide.window.map(|(start, end)| (start, end + Days::new(1)));
    assert!(together(&warehouse, &[wide, good(1)]).is_none(), "a day of two slices");
    assert!(together(&warehouse, &[good(1), good(0)]).is_none(), "out of order");
    let mut other = good(0);
    let Replaces::Window { days_stand_alone, .. } = &mut other.targets[0].replaces else { panic!("a window") };
    *days_stand_alone = false;
    assert!(together(&warehouse, &[other.clone(), good(1)]).is_none(), "the query relates pages");
    assert!(together(&warehouse, &[other]).is_some(), "one slice has all of its own");
}

/// Of one day, rows whose day the vendor folded away are of it; of several slices read at once, no single day is theirs.
#[test]
fn a_row_whose_day_was_folded_away_is_read_with_its_own_slice() {
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let day = |number: u64, cost: &str, is_folded: bool| {
        let mut request = slice(folder.path(), number, &[vec![]]);
        let start = first_day() + Days::new(number);
        let day = if is_folded { "(other)".to_owned() } else { start.format("%Y%m%d").to_string() };
        let body = format!(r#"{{"results":[{{"id":"1","day":"{day}","cost":"{cost}"}}]}}"#);
        std::fs::write(&request.pages.files[0], body).expect("a page");
        request.window = Some((start, start + Days::new(1)));
        let sql = &mut request.targets[0].sql;
        *sql = sql
            .replace("TRY_CAST(r.day AS DATE)", "CAST(try_strptime(of_day(r.day), '%Y%m%d') AS DATE)")
            .replace("bad_date('day', r.day)", "required('day', try_strptime(of_day(r.day), '%Y%m%d')::VARCHAR)");
        request
    };
    let requests = [day(0, "1", false), day(1, "2", true)];
    assert!(together(&warehouse, &requests).is_none(), "no day is that of both");
    let loaded = in_turn(&warehouse, &requests);
    assert_eq!(loaded.iter().map(|one| (one.rows_written, one.rows_quarantined)).collect::<Vec<_>>(), [(1, 0); 2]);
    let kept = [day(2, "1", false), day(3, "2", false)];
    assert!(together(&warehouse, &kept).is_some());
}

/// A vendor's own words may hold a byte that ends a statement's text.
#[test]
fn a_note_with_a_zero_byte_is_kept_readable() {
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let mut request = slice(folder.path(), 0, &[vec![(1, 0, "1")]]);
    request.notes = vec!["the vendor's \0 word".to_owned()];
    assert!(together(&warehouse, &[request]).is_some());
    assert!(books(&warehouse)[6][0].contains("s \u{fffd} word"), "{:?}", books(&warehouse)[6]);
}

#[test]
fn the_key_of_the_pseudonyms_is_forgotten_however_a_load_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let key = |warehouse: &Warehouse| {
        let sql = "SELECT getvariable('person_key') IS NULL";
        let asked = warehouse.write_blocking(move |writer| {
            writer.query_row(sql, [], |row| row.get::<_, bool>(0)).context(|| sql.to_owned())
        });
        asked.expect("an answer")
    };
    let bad = slice(folder.path(), 0, &[vec![(1, 0, "much")]]);
    assert!(together(&warehouse, std::slice::from_ref(&bad)).is_none() && key(&warehouse));
    let mut broken = bad;
    broken.targets[0].sql = "SELECT".to_owned();
    let failed = warehouse.write_blocking(move |connection| load(connection, &broken, now()));
    assert!(failed.is_err() && key(&warehouse));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn together_or_in_turn_comes_to_the_same(
        held in prop::collection::vec(pages(), 0..2),
        slices in prop::collection::vec(pages(), 1..4),
    ) {
        compare(&held, &slices);
    }
}

/// Mostly good rows; days outside the slice and amounts that are none come now and then.
fn pages() -> impl Strategy<Value = Vec<Vec<Row>>> {
    let day = prop_oneof![30 => 0i64..2, 1 => -3i64..5];
    let cost = prop_oneof![30 => Just("1.25"), 10 => Just("2"), 1 => Just("many")];
    prop::collection::vec(prop::collection::vec((0u8..12, day, cost), 0..3), 0..3)
}

/// A row that is not as the contract of an installation's fact says takes the long way, which quarantines it: a first
/// sync is held to the contract as every other is.
#[test]
fn a_row_against_its_contract_does_not_take_the_short_way() {
    use crate::warehouse::WarehouseConfig;
    use crate::warehouse::facts::{builtin, fact_of};
    let contract = "about = 'Ratings.'\nday = 'date'\nkey = ['date']\n[columns]\n\
        date = { type = 'DATE', required = true, about = 'The day.' }\n\
        stars = { type = 'DOUBLE', about = 'Stars.', max = '5' }\n";
    let mut facts = (*builtin()).clone();
    facts.add(fact_of("rating", contract, None)).expect("added");
    let config = WarehouseConfig { facts: std::sync::Arc::new(facts), ..WarehouseConfig::default() };
    let folder = tempfile::tempdir().expect("a folder");
    for (stars, is_short) in [("4.5", true), ("7", false), ("NaN", false)] {
        let warehouse = Warehouse::in_memory_with(config.clone()).expect("a warehouse");
        let mut request = slice(&folder.path().join(stars), 0, &[vec![(1, 0, stars)]]);
        request.targets.truncate(1);
        let target = &mut request.targets[0];
        target.table = "rating".to_owned();
        target.key = vec!["date".to_owned()];
        target.replaces = Replaces::Window { column: "date".to_owned(), partition: None, days_stand_alone: true };
        target.sql =
            "SELECT CAST(record->>'day' AS DATE) AS date, CAST(record->>'cost' AS DOUBLE) AS stars, NULL AS problem, 1 AS page_no, 1 AS record_no
            FROM (SELECT unnest(json_extract(body, '$.results[*]')) AS record FROM page)"
                .to_owned();
        assert_eq!(together(&warehouse, from_ref(&request)).is_some(), is_short, "{stars}");
        if !is_short {
            in_turn(&warehouse, from_ref(&request));
            let read = |reader: &Connection| {
                let sql = "SELECT (SELECT count(*) FROM core.rating) || ' ' || (SELECT string_agg(reason) FROM ops.quarantine)";
                reader.query_row(sql, [], |row| row.get::<_, String>(0)).context(|| sql.to_owned())
            };
            let told = warehouse.read_blocking(read).expect("told");
            assert!(told.starts_with("0 stars is "), "{told}");
        }
    }
}
