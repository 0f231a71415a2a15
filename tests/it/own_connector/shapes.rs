//! Answers of public APIs, in their shapes: what `connectors new` makes of them, and what is written by hand.

use super::init;
use crate::field::installation::write;
use crate::own_fact::well;
use serde_json::{Value, json};

/// A name, an answer, the day of its rows, and how many there are.
fn answers() -> Vec<(&'static str, Value, &'static str, u64)> {
    vec![
        // A shop: amounts as texts, instants without a zone, people in every record.
        (
            "woo",
            json!([
            {"id": 727, "status": "processing", "currency": "USD", "date_created": "2026-11-02T16:05:13", "total": "29.35", "customer_id": 0,
             "billing": {"first_name": "A", "email": "a@example.com", "phone": "1"}, "line_items": [{"id": 1}]},
            {"id": 723, "status": "completed", "currency": "USD", "date_created": "2026-11-02T16:00:00", "total": "45.50", "customer_id": 26,
             "billing": {"first_name": "B", "email": "b@example.com", "phone": "2"}, "line_items": []}]),
            "2026-11-02",
            2,
        ),
        // Newsletters: a list under its own name, a total beside it.
        (
            "mails",
            json!({"campaigns": [
            {"id": "42694e9e57", "create_time": "2026-11-01T14:19:52+00:00", "emails_sent": 3200, "settings": {"title": "One"},
             "report_summary": {"opens": 800, "open_rate": 0.25, "clicks": 50}},
            {"id": "42694e9e58", "create_time": "2026-11-01T15:19:52+00:00", "emails_sent": 0, "settings": {"title": "Two"}}],
            "total_items": 2}),
            "2026-11-01",
            2,
        ),
        // Contacts of a CRM in the JSON:API form: all fields below attributes.
        (
            "profiles",
            json!({"data": [{"type": "event", "id": "e1", "attributes": {"timestamp": 1_793_534_400, "event_properties": {"value": 9.5}}}],
            "links": {"next": null}}),
            "2026-11-01",
            1,
        ),
        // Airtable: fields below fields, ids of letters.
        (
            "base",
            json!({"records": [{"id": "rec1", "createdTime": "2026-11-03T00:00:00.000Z", "fields": {"Spend (EUR)": 12, "Channel": "Podcast"}}],
            "offset": "itr1/rec1"}),
            "2026-11-03",
            1,
        ),
        // Deals with their page's bounds two levels deep (airbytehq/airbyte#27502).
        (
            "pipe",
            json!({"success": true, "data": [{"id": 1, "add_time": "2026-11-04 10:00:00", "value": 500, "currency": "EUR", "status": "open", "person_name": null}],
            "additional_data": {"pagination": {"start": 0, "limit": 1, "more_items_in_collection": true, "next_start": 1}}}),
            "2026-11-04",
            1,
        ),
        // Rows of a report: no id; a rate beside counts.
        (
            "plaus",
            json!({"results": [{"date": "2026-11-05", "source": "Google", "visitors": 10, "bounce_rate": 44.5},
            {"date": "2026-11-05", "source": "Direct / None", "visitors": 7, "bounce_rate": 50}]}),
            "2026-11-05",
            2,
        ),
        // Calls: Unix milliseconds, ids larger than a whole number of JavaScript.
        (
            "calls",
            json!({"calls": [{"id": 9_007_199_254_740_993_u64, "started_at": 1_793_880_000_000_u64, "duration": 61, "answered": true}]}),
            "2026-11-05",
            1,
        ),
        // Issues: lists and people within records, words of SQL as names.
        (
            "tracker",
            json!([{"id": 5, "order": 1, "group": "a", "created_at": "2026-11-06T01:02:03Z", "user": {"id": 3, "login": "x"}, "labels": [{"id": 1}]}]),
            "2026-11-06",
            1,
        ),
        // israel-dryer/bootstack#98, ClickHouse/ClickHouse#120634: nothing in the first record; a text that looks like a number.
        (
            "mixed",
            json!([{"id": "1", "day": "2026-11-07", "parent": null, "zip": "007"}, {"id": "2", "day": "2026-11-07", "parent": 1, "zip": "12345"}]),
            "2026-11-07",
            2,
        ),
        // Names with blanks and signs.
        (
            "odd",
            json!({"odd list": [{"Order ID": "o1", "Order Date": "2026-11-08", "Net $": "3.10"}]}),
            "2026-11-08",
            1,
        ),
    ]
}

#[test]
fn ten_answers_in_the_shapes_of_public_apis_load_with_what_is_written_from_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    init(root);
    for (name, body, ..) in answers() {
        let page = format!("{name}.json");
        write(root, &page, &body.to_string());
        let page = root.join(page).display().to_string();
        well(root, &["connectors", "new", name, "--page", &page]);
    }
    well(root, &["check"]);
    for (name, _, day, rows) in answers() {
        let page = root.join(format!("{name}.json")).display().to_string();
        let told = well(root, &["--json", "connectors", "test", name, "--pages", &page]);
        let trial: Value = serde_json::from_str(&told).expect("JSON");
        let stream = &trial["streams"][0];
        let table = &stream["tables"][0];
        assert_eq!(
            (stream["rows"].as_u64(), stream["quarantined"].as_u64()),
            (Some(rows), Some(0)),
            "{name}: {stream:#}"
        );
        assert_eq!(table["by_day"], json!([[day, rows]]), "{name}: {stream:#}");
        let text = table["first_rows"].to_string();
        assert!(!text.contains("@example.com") && !text.contains("\"A\""), "{name}: people are left out: {text}");
    }
    let page = root.join("pipe.json").display().to_string();
    let told = well(root, &["connectors", "test", "pipe", "--pages", &page]);
    assert!(told.contains("more_items_in_collection") || told.contains("pagination"), "{told}");
    let text = std::fs::read_to_string(root.join("config/connectors/mixed/facts/mixed_rows.toml")).expect("a contract");
    assert!(text.contains("zip = { type = \"VARCHAR\"") && text.contains("parent = { type = \"BIGINT\""), "{text}");
}

const FACT: &str = "about = \"A number a day.\"\nday = \"date\"\nkey = [\"date\"]\n[columns]\n\
    date = { type = \"DATE\", required = true, about = \"The day.\" }\nvalue = { type = \"DOUBLE\", about = \"The number.\" }\n";

fn by_hand(name: &str, from: &str) -> Vec<(String, String)> {
    let folder = format!("config/connectors/{name}");
    let connector = format!(
        "name = \"{name}\"\nlabel = \"Own\"\ndocs = \"https://vendor.example\"\n[auth]\nkind = \"none\"\n[streams.days]\nabout = \"Days.\"\n\
         records = \"$\"\nsettles_after_days = 1\n[streams.days.request]\nurl = \"https://vendor.example\"\n[[streams.days.loads]]\n\
         table = \"{name}_day\"\nmode = {{ kind = \"replace_all\" }}\n"
    );
    let query = format!(
        "SELECT TRY_CAST(day AS DATE) AS date, TRY_CAST(value AS DOUBLE) AS value, page_no,\n\
         CAST(row_number() OVER () - 1 AS INTEGER) AS record_no, bad_date('date', day) AS problem FROM ({from})\n"
    );
    vec![
        (format!("{folder}/connector.toml"), connector),
        (format!("{folder}/{name}_day.sql"), query),
        (format!("{folder}/facts/{name}_day.toml"), FACT.to_owned()),
    ]
}

/// Answers that hold no list of records are a query's matter: files say them all the same.
#[test]
fn answers_without_a_list_of_records_are_read_by_a_query_of_files_alone() {
    // matomo-org/matomo#6194: numbers by day, as the fields of one object.
    let by_name = "SELECT page_no, unnest(json_keys(body)) AS day, body ->> ('$.\"' || unnest(json_keys(body)) || '\"') AS value FROM page";
    // open-meteo/open-meteo#1734: a list for each column.
    let parallel = "SELECT page_no, unnest(body ->> '$.daily.time[*]') AS day, unnest(body ->> '$.daily.value[*]') AS value FROM page";
    // Lists of lists, Unix milliseconds first.
    let pairs = "SELECT page_no, strftime(from_unix(CAST(CAST(p ->> '$[0]' AS BIGINT) // 1000 AS VARCHAR)), '%Y-%m-%d') AS day, p ->> '$[1]' AS value \
        FROM (SELECT page_no, unnest(json_extract(body, '$.prices[*]')) AS p FROM page)";
    // airbytehq/airbyte#15346: one record, in no list.
    let single = "SELECT page_no, body ->> '$.date' AS day, body ->> '$.rates.USD' AS value FROM page";
    let cases = [
        ("by_name", by_name, json!({"2026-11-01": 23, "2026-11-02": 17})),
        ("parallel", parallel, json!({"daily": {"time": ["2026-11-01", "2026-11-02"], "value": [-6.4, 3]}})),
        ("pairs", pairs, json!({"prices": [[1_793_491_200_000_u64, 1.5], [1_793_577_600_000_u64, 2.5]]})),
        ("single", single, json!({"base": "EUR", "date": "2026-11-02", "rates": {"USD": 1.08}})),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    init(root);
    for (name, from, body) in &cases {
        by_hand(name, from).iter().for_each(|(file, text)| write(root, file, text));
        write(root, &format!("{name}.json"), &body.to_string());
    }
    well(root, &["connectors", "check"]);
    for (name, ..) in &cases {
        let page = root.join(format!("{name}.json")).display().to_string();
        let told = well(root, &["--json", "connectors", "test", name, "--pages", &page]);
        let trial: Value = serde_json::from_str(&told).expect("JSON");
        let stream = &trial["streams"][0];
        let wanted = if *name == "single" { 1 } else { 2 };
        assert_eq!(
            (stream["rows"].as_u64(), stream["quarantined"].as_u64()),
            (Some(wanted), Some(0)),
            "{name}: {stream:#}"
        );
        assert_eq!(stream["tables"][0]["by_day"][0], json!(["2026-11-02", 1]), "{name}: {stream:#}");
    }
}
