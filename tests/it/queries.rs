//! What an admin asks: the text of a command, its `--json` and the query of the library say the same figures.

use crate::attack::small::Small;
use chrono::NaiveDate;
use daybook::app::{App, Selection};
use daybook::queries;
use daybook::queries::plan::{PlanRequest, plan};
use daybook::support::clock::Clock;
use daybook::warehouse::outbox::DeliveryFilter;
use serde::Serialize;
use serde_json::{Value, to_value};

/// `1,234`.
fn grouped(number: &Value) -> String {
    let digits = number.as_u64().expect("a count").to_string();
    let parts: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|part| std::str::from_utf8(part).expect("a text")).collect();
    parts.join(",")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

/// One space between words, wherever a line was broken.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

struct Asked(Small);

impl Asked {
    /// What a command prints, and the same as JSON.
    fn both(&self, arguments: &[&str]) -> (String, Value) {
        let json = self.0.well(&[&["--json"], arguments].concat());
        (
            self.0.well(arguments),
            serde_json::from_str(&json).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {json}")),
        )
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn text_json_and_query_say_the_same_figures() {
    let small = Small::start(9).await;
    small.well(&["sync"]);
    small.well(&["rollup"]);
    small.well(&["report", "--even-if-late"]);
    let receipt = small.texts("SELECT receipt FROM ops.receipt WHERE value IS NOT NULL ORDER BY receipt").remove(0);
    let asked = Asked(small);

    let (status, status_json) = asked.both(&["status"]);
    for source in list(&status_json["workspaces"][0]["sources"]) {
        let line = status.lines().find(|line| line.trim().starts_with(text(&source["connection"]))).expect("a line");
        assert!(line.contains(source["data_through"].as_str().unwrap_or("-")), "{line}: {source}");
    }
    let (loads, loads_json) = asked.both(&["runs", "--loads"]);
    assert!(list(&loads_json).len() > 3, "{loads_json}");
    let flat_loads = flat(&loads);
    for load in list(&loads_json) {
        let counts =
            ["rows_read", "rows_written", "rows_superseded", "rows_quarantined"].map(|name| grouped(&load[name]));
        assert!(flat_loads.contains(&counts.join(" ")), "{load}: {loads}");
    }
    let (coverage, coverage_json) = asked.both(&["coverage"]);
    assert!(!list(&coverage_json).is_empty());
    for stream in list(&coverage_json) {
        let whole = list(&stream["days"]).iter().filter(|day| day["is_whole_day"] == true).count();
        let day = |name: &str| text(&stream[name]).parse::<NaiveDate>().expect("a day");
        let days = (day("to") - day("from")).num_days() + 1;
        let expected = format!("{whole} of {days} days whole, {} to {}", day("from"), day("to"));
        assert!(coverage.contains(&expected), "{expected}: {coverage}");
        for gap in list(&stream["gaps"]) {
            assert!(coverage.contains(&format!("filled by: {}", text(&gap["filled_by"]))), "{gap}: {coverage}");
        }
    }
    let (deliveries, deliveries_json) = asked.both(&["deliveries"]);
    assert!(list(&deliveries_json).len() >= 2, "{deliveries_json}");
    for message in list(&deliveries_json) {
        let line = deliveries.lines().find(|line| line.contains(text(&message["message_id"]))).expect("a line");
        assert!(line.contains(text(&message["state"])), "{line}: {message}");
    }
    let (explained, explained_json) = asked.both(&["explain", &receipt]);
    assert!(
        explained.contains(&format!("now         {} (the same)", text(&explained_json["text_now"]))),
        "{explained}"
    );
    assert!(explained.contains(&format!("exactly     {}", text(&explained_json["receipt"]["value"]))), "{explained}");
    let loads = list(&explained_json["loads"]);
    assert!(!loads.is_empty() && loads.iter().all(|load| explained.contains(text(&load["load_id"]))), "{explained}");
    let (metrics, metrics_json) = asked.both(&["metrics", "roas"]);
    assert!(flat(&metrics).contains(&flat(text(&metrics_json["definition"]))), "{metrics}");
    let (doctor, doctor_json) = asked.both(&["doctor"]);
    for finding in list(&doctor_json["findings"]) {
        assert!(flat(&doctor).contains(&format!("{}: ", text(&finding["subject"]))), "{finding}: {doctor}");
    }
    let span = ["plan", "--from", "2026-03-28", "--to", "2026-03-30"];
    let (planned, planned_json) = asked.both(&span);
    assert!(list(&planned_json).len() >= 4, "{planned_json}");
    for fire in list(&planned_json) {
        let at = text(&fire["at"]).replace('T', " ");
        let line = planned.lines().find(|line| line.starts_with(&at[..16]) && line.contains(text(&fire["job"])));
        assert!(line.is_some(), "{fire}: {planned}");
    }
    the_library_says_the_same(&asked, &planned_json);
}

/// Every query without an instant of its own, as the library gives it.
fn the_library_says_the_same(asked: &Asked, planned: &Value) {
    let json = |arguments: &[&str]| asked.both(arguments).1;
    let told = [
        json(&["runs"]),
        json(&["runs", "--loads"]),
        json(&["runs", "--quarantine"]),
        json(&["coverage"]),
        json(&["files", "list"]),
        json(&["channels", "unknown"]),
        json(&["deliveries"]),
        json(&["deliveries", "suppressed"]),
        json(&["tables"]),
        json(&["metrics"]),
        json(&["connectors"]),
        json(&["note", "list", "--holidays", "--from", "2026-12-01", "--to", "2026-12-31"]),
    ];
    let root = &asked.0.root;
    let app = App::open(root, Clock::System).expect("an installation");
    let (all, now) = (Selection::default(), app.clock.now());
    let listed = DeliveryFilter { limit: 50, ..DeliveryFilter::default() };
    let days: [NaiveDate; 2] = ["2026-12-01", "2026-12-31"].map(|day| day.parse().expect("a day"));
    let events =
        queries::events::EventsRequest { from: Some(days[0]), to: Some(days[1]), holidays: true, ..Default::default() };
    let values = [
        value(&queries::runs::runs(&app, None, None, 30).expect("runs")),
        value(&queries::loads::loads(&app, None, 30).expect("loads")),
        value(&queries::quarantine::quarantine(&app, None, 30).expect("rows")),
        value(&queries::coverage::coverage(&app, &all, (None, None)).expect("days")),
        value(&queries::files::files(&app, &all).expect("files")),
        value(&queries::channels::unknown_tags(&app, &all, None).expect("tags")),
        value(&queries::deliveries::deliveries(&app, &listed).expect("messages")),
        value(&queries::deliveries::suppressed(&app).expect("addresses")),
        value(&queries::dictionary::tables(&app.settings)),
        value(&queries::dictionary::metrics::metrics(&app.settings.metrics)),
        value(&queries::connectors::connectors(root).expect("connectors")),
        value(&queries::events::events(root, &events, now).expect("events")),
    ];
    for (told, value) in told.iter().zip(&values) {
        assert_eq!(told, value);
    }
    let at = |text: &str| Some(text.parse().expect("an instant"));
    let span = PlanRequest { from: at("2026-03-28T00:00:00Z"), to: at("2026-03-30T00:00:00Z"), ..Default::default() };
    let fires = value(&plan(root, &span, now).expect("a plan").fires);
    let when = |all: &Value| list(all).iter().map(|fire| (fire["job"].clone(), fire["at"].clone())).collect::<Vec<_>>();
    assert_eq!(when(planned), when(&fires));

    // Those that speak of now have a value as well.
    let status = queries::status::status(&app, None, now).expect("a status");
    let sources = queries::monitoring::sources(&app, now).expect("sources").into();
    let measured = queries::monitoring::measurement(&app, sources, Default::default(), now).expect("a measurement");
    let measured = value(&measured);
    let known = list(&measured["sources"]["workspaces"][0][1]);
    assert_eq!(known.len(), status.workspaces[0].sources.len());
    let messages = measured["messages"].as_object().expect("counts").values();
    assert_eq!(messages.filter_map(Value::as_u64).sum::<u64>(), list(&told[6]).len() as u64);
    let clock = value(&queries::clock::clock(&app).expect("a clock"));
    assert_eq!(clock["ahead"], value(&Vec::<()>::new()));
    let examined = value(&queries::doctor::examine_opened(&app));
    assert!(!list(&examined["findings"]).is_empty());
}

fn value(of: &impl Serialize) -> Value {
    to_value(of).expect("JSON")
}
