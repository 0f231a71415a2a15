//! What an admin states about the business: `daybook note`, and reports that show known events.

use crate::figures::{in_every_format, order, squeezed, worded};
use crate::init::init;
use crate::maintenance_faults::{daybook, said};
use crate::support::noon;
use crate::tenants::synced_world;
use daybook::domain::business::{EventKind, KnownEvent};
use daybook::jobs::report::{Renderings, new_report, render_all};
use daybook::report::document::Document;
use daybook::report::templates::Templates;
use daybook::sandbox::tenants;
use mail_parser::MessageParser;
use std::collections::BTreeSet;
use std::path::Path;

const ACME: &str = "config/workspaces/acme.toml";

fn begun() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let flags = ["--yes", "--workspace", "acme", "--time-zone", "Europe/Berlin", "--to", "cmo@example.com"];
    assert_eq!(init(folder.path(), &flags, None).status.code(), Some(0));
    folder
}

fn read(dir: &Path) -> String {
    std::fs::read_to_string(dir.join(ACME)).expect(ACME)
}

#[test]
fn a_note_is_shown_written_behind_its_kin_and_listed() {
    let folder = begun();
    let dir = folder.path();
    let before = read(dir);
    let one = ["note", "add", "consent banner live", "--on", "2026-11-12", "--kind", "tracking", "--yes"];
    let told = said(&daybook(dir, &one));
    assert!(told.contains("+text = \"consent banner live\"") && told.contains("+from = 2026-11-12"), "{told}");
    let after = read(dir);
    let mut lines = after.lines();
    assert!(before.lines().all(|line| lines.any(|kept| kept == line)), "comments and order stay:\n{after}");
    std::fs::write(dir.join(ACME), after.replace("kind = \"tracking\"", "kind = \"tracking\" # by law"))
        .expect("written");
    let more = ["note", "add", "say \"hi\" \\ 'all'", "--on", "2026-11-20", "--to", "2026-11-22"];
    let more =
        [&more[..], &["--channel", "email", "--country", "DE", "--metric", "sessions", "--mute", "--yes"]].concat();
    said(&daybook(dir, &more));
    assert!(read(dir).contains("# by law"));
    let list = said(&daybook(dir, &["note", "list"]));
    assert!(list.contains("consent banner") && list.contains("2026-11-20"), "{list}");
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
    let json: serde_json::Value =
        serde_json::from_str(&said(&daybook(dir, &["--json", "note", "list"]))).expect("JSON");
    assert_eq!(json[1]["text"], "say \"hi\" \\ 'all'");
    assert_eq!(json[1]["scope"], serde_json::json!(["email", "sessions", "DE"]));
    assert_eq!(json[1]["mute"], true);
    said(&daybook(dir, &["check", "--without-secrets"]));
}

#[test]
fn what_check_would_refuse_is_not_written() {
    let folder = begun();
    let dir = folder.path();
    let before = read(dir);
    let add = |more: &[&str]| daybook(dir, &[&["note", "add", "x", "--on", "2026-11-12", "--yes"], more].concat());
    for (more, why) in [
        (&["--channel", "emial"][..], "did you mean \"email\"?"),
        (&["--metric", "sesions"], "did you mean \"sessions\"?"),
        (&["--country", "UK"], "did you mean \"GB\"?"),
        (&["--to", "2026-11-11"], "to lies before from"),
        (&["--kind", "trakcing"], "did you mean \"tracking\"?"),
        (&["-w", "acne"], "did you mean \"acme\"?"),
    ] {
        let refused = add(more);
        let told = String::from_utf8_lossy(&refused.stderr).into_owned() + &String::from_utf8_lossy(&refused.stdout);
        assert_eq!(refused.status.code(), Some(2), "{more:?}: {told}");
        assert!(told.contains(why), "{more:?}: {told}");
        assert_eq!(read(dir), before, "{more:?}");
    }
    let dry = said(&daybook(dir, &["note", "add", "x", "--on", "2026-11-12", "--dry-run"]));
    assert!(dry.contains("nothing was written"), "{dry}");
    assert_eq!(read(dir), before);
}

#[test]
fn where_there_are_several_workspaces_one_must_be_named() {
    let folder = begun();
    let dir = folder.path();
    let other = read(dir).replace("name = \"", "name = \"Other ");
    std::fs::write(dir.join("config/workspaces/other.toml"), other).expect("written");
    let refused = daybook(dir, &["note", "add", "x", "--on", "2026-11-12", "--yes"]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains("acme, other") || refused.status.code() == Some(2), "{told}");
    assert!(!read(dir).contains("[[events]]"));
}

#[test]
fn holidays_are_listed_when_asked_for() {
    let folder = begun();
    let dir = folder.path();
    std::fs::write(dir.join(ACME), format!("holidays = [\"DE\"]\n{}", read(dir))).expect("written");
    let asked = ["note", "list", "--holidays", "--from", "2026-12-20", "--to", "2027-01-02"];
    let list = said(&daybook(dir, &asked));
    assert!(list.contains("Christmas Day") && list.contains("2027-01-01"), "{list}");
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
    assert!(said(&daybook(dir, &["note", "list"])).contains("no known events"));
}

fn event(kind: EventKind, day: &str, text: &str) -> KnownEvent {
    let day = day.parse().expect("a day");
    KnownEvent {
        from: day,
        to: day,
        text: text.to_owned(),
        kind,
        channels: Vec::new(),
        countries: Vec::new(),
        metrics: Vec::new(),
        is_muted: false,
    }
}

/// With DAYBOOK_LOOK naming a folder, leaves there what was rendered.
#[tokio::test(flavor = "multi_thread")]
async fn every_format_names_a_known_event_and_hostile_words_stay_words() {
    let world = synced_world(75).await;
    let templates = Templates::new(None).0;
    let software = tenants().remove(0);
    let mut context = world.report_context(&software);
    let order = order("daily_performance", &context, noon());
    let quiet = worded(&world.context.warehouse, &context, &order, &BTreeSet::new()).standard;
    let told = serde_json::to_string(&quiet).expect("JSON");
    assert!(!told.contains("\"known\"") && !told.contains("\"events\""), "documents without events stay as they were");

    context.business.events = vec![
        event(EventKind::Tracking, "2026-11-19", "consent banner live"),
        event(EventKind::Price, "2026-11-19", "</p><script>alert(1)</script> & *bold*"),
        event(EventKind::Release, "2026-11-02", "new checkout"),
    ];
    context.business.holidays = vec!["US-NY".parse().expect("a region")];
    let built = worded(&world.context.warehouse, &context, &order, &BTreeSet::new());
    in_every_format(&built, world.audience(&software), &templates, &order.definition);
    let rendered = render_all(&built.standard, &built.standard, &templates).expect("all formats");
    if let Some(folder) = daybook::support::environment::variable("DAYBOOK_LOOK").map(std::path::PathBuf::from) {
        std::fs::write(folder.join("events.pdf"), &rendered.pdf).expect("written");
        std::fs::write(folder.join("events.html"), &rendered.html).expect("written");
        std::fs::write(folder.join("events.png"), &rendered.charts[0].png).expect("written");
    }
    let named = "consent banner live (tracking)";
    let pdf = lopdf::Document::load_mem(&rendered.pdf).expect("a sound PDF");
    let pages: Vec<u32> = pdf.get_pages().keys().copied().collect();
    let pdf = squeezed(&pdf.extract_text(&pages).expect("text"));
    assert!(pdf.contains(&squeezed(named)) && pdf.contains(&squeezed("new checkout (release)")), "{pdf}");
    assert!(rendered.html.contains(named) && rendered.html.contains("class=\"event p"));
    assert!(!rendered.html.contains("<script>alert"));
    let slack = rendered.posts["slack"].to_string();
    assert!(slack.contains(named) && !slack.contains("<script>"), "{slack}");
    let mail = {
        let audience = world.audience(&software);
        let prints = Renderings::new(&built, &audience.all_locales(), &templates).expect("all formats");
        new_report(&built.standard, &order.definition, Vec::new(), &prints, &audience, &templates).expect("a report")
    };
    let mail = mail.messages.iter().find(|message| message.route.contains("mail")).expect("a mail");
    let mail = MessageParser::default().parse(&mail.payload).expect("a sound mail");
    let (text, page) = (mail.body_text(0).expect("text"), mail.body_html(0).expect("HTML"));
    assert!(squeezed(&text).contains(&squeezed(named)), "{text}");
    assert!(page.contains(named) && !page.contains("<script>alert"));
    let sums = |document: &Document| -> Vec<String> {
        document.figures().into_iter().map(|(path, figure)| format!("{path} {}", figure.text)).collect()
    };
    assert_eq!(sums(&quiet), sums(&built.standard), "events explain figures and change none");
}
