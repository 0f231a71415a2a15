//! A world that means harm, from the vendors to every format: nothing breaks out, and the figures
//! are right.

use crate::figures::{order, squeezed, worded};
use crate::support::{noon, texts};
use crate::tenants::{Simulation, world};
use crate::truth::totals;
use chrono::Days;
use daybook::jobs::report::{Rendered, Renderings, new_report, render_all};
use daybook::report::document::Document;
use daybook::report::templates::Templates;
use daybook::sandbox::{Faults, hostile, tenants};
use mail_parser::MessageParser;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// A tenant may be called so by its configuration: no control characters, all else.
const NAME: &str = "=1+1 </script><script>alert(2)</script> <!channel> \u{202e}gnp.exe 秋 🚀 {{ 7 * 7 }}";

async fn hostile_world() -> Simulation {
    let world = world(10, Faults { is_hostile: true, ..Faults::none() }).await;
    for outcome in world.sync().await {
        // Two rows of the creators are bad in any world.
        let is_planted = outcome.stream == "influencer";
        assert!(is_planted || outcome.error.is_none(), "{outcome:?}");
    }
    world.rollup().await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_and_amounts_at_the_limit_leave_the_figures_right() {
    let world = hostile_world().await;
    let warehouse = &world.context.warehouse;
    let last = noon().date_naive() - Days::new(1);
    for (tenant, truth) in &world.sandbox.truth().tenants {
        let found = totals(warehouse, tenant);
        let (_, row) = found.iter().find(|(date, _)| *date == last).expect("the day");
        let day = &truth.days[&last];
        let n = Decimal::from;
        let wanted = [n(day.sessions), n(day.impressions), n(day.clicks), day.cost, n(day.orders), day.revenue];
        assert_eq!([0, 4, 5, 6, 12, 13].map(|index: usize| row[index]), wanted, "{tenant}");
        assert!(day.cost > n(1_999_999_999_999u64) && day.revenue > n(1_000_000_000_000u64), "{day:?}");
        let reasons = texts(
            warehouse,
            &format!(
                "SELECT reason FROM ops.quarantine WHERE workspace = '{tenant}' AND (raw LIKE '%past the limit%' OR raw LIKE '%ch_limit%') ORDER BY ALL"
            ),
        );
        assert_eq!(
            reasons,
            [
                "amount_captured: \"100000000000000\" is not a number of minor units that fits an amount",
                "amount_captured: \"9223372036854775807\" is not a number of minor units that fits an amount",
                "metrics.costMicros: \"1000000000000000000\" is not a number of millionths that fits an amount",
                "metrics.costMicros: \"9223372036854775807\" is not a number of millionths that fits an amount",
                "metrics.impressions: \"1000000000000\" is not below 1,000,000,000,000; metrics.clicks: \"1000000000000\" is not below 1,000,000,000,000",
            ],
            "{tenant}: what is past the limit is set aside and told"
        );
    }
    for name in hostile::names() {
        let held = format!(
            "SELECT count(*)::VARCHAR FROM core.ad_daily WHERE campaign_id BETWEEN '7000' AND '7899' AND campaign_name = '{}'",
            name.replace('\'', "''")
        );
        assert_eq!(texts(warehouse, &held), ["2"], "{:?}", &name.chars().take(40).collect::<String>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_format_of_a_hostile_day_comes_out_safe() {
    let world = hostile_world().await;
    let templates = Templates::new(None).0;
    for tenant in tenants() {
        let mut context = world.report_context(&tenant);
        context.workspace.name = NAME.to_owned();
        let warehouse = &world.context.warehouse;
        let order = order("daily_performance", &context, noon());
        let built = worded(warehouse, &context, &order, &BTreeSet::new());
        let document = &built.standard;
        let rendered = render_all(document, document, &templates).expect("all formats");
        page_is_safe(&rendered.html, "the page");
        figures_are_in_all(document, &rendered);
        csv_is_safe(&rendered.csv);
        slack_is_safe(&rendered.posts["slack"]);
        pdf_is_safe(&rendered.pdf);
        let audience = world.audience(&tenant);
        let prints = Renderings::new(&built, &audience.all_locales(), &templates).expect("all formats");
        let new =
            new_report(document, &order.definition, Vec::new(), &prints, &audience, &templates).expect("a report");
        let mail = new.messages.iter().find(|message| message.route.contains("mail")).expect("a mail");
        mail_is_safe(&mail.payload);
    }
}

fn figures_are_in_all(document: &Document, rendered: &Rendered) {
    let pdf = lopdf::Document::load_mem(&rendered.pdf).expect("a sound PDF");
    let pages: Vec<u32> = pdf.get_pages().keys().copied().collect();
    let pdf = squeezed(&pdf.extract_text(&pages).expect("text"));
    let html = rendered.html.replace("&quot;", "\"").replace("&#x2f;", "/");
    let trillion = Decimal::from(1_000_000_000_000u64);
    let large = document.figures().into_iter().filter(|(_, figure)| figure.value.is_some_and(|value| value > trillion));
    assert!(large.count() >= 4, "amounts past any single one's limit are shown");
    for (path, figure) in document.printed() {
        assert!(pdf.contains(&squeezed(&figure.text)), "PDF {path} {}", figure.text);
        assert!(html.contains(&figure.text), "HTML {path} {}", figure.text);
    }
    for (path, figure) in document.figures() {
        assert!(rendered.csv.contains(&figure.text.replace('−', "-")), "CSV {path} {}", figure.text);
    }
}

/// No tag, attribute or script of a name's own; nothing that turns the direction of what follows.
fn page_is_safe(html: &str, what: &str) {
    for harm in [
        "<script>alert",
        "<img src=x",
        "\" onmouseover=\"",
        "<!channel>",
        "<b>body</b>",
        "\u{202e}",
        "\u{1b}",
        ">49<",
        "= 49",
    ] {
        assert!(!html.contains(harm), "{what} holds {harm:?}");
    }
    let lower = html.to_lowercase();
    assert_eq!(lower.matches("<script").count(), lower.matches("</script").count(), "{what}: a script ends early");
    assert!(!lower.contains("href=\"http://evil") && !lower.contains("src=\"http"), "{what} leads out");
}

fn csv_is_safe(csv: &str) {
    let text = csv.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().has_headers(true).from_reader(text.as_bytes());
    let is_number = |cell: &str| cell.parse::<Decimal>().is_ok();
    let mut names = 0;
    for record in reader.records() {
        let record = record.expect("each line has every column");
        assert_eq!(record.len(), 19);
        for cell in &record {
            let starts = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
            assert!(
                !starts || is_number(cell) || cell.starts_with(['+', '-']) && cell.ends_with('%'),
                "a spreadsheet would run {cell:?}"
            );
            names += usize::from(cell.contains("HYPERLINK"));
        }
    }
    assert!(names > 0 && csv.contains("'=HYPERLINK"), "the name is there, as text");
}

fn slack_is_safe(slack: &serde_json::Value) {
    let blocks = slack["blocks"].as_array().expect("blocks");
    assert!(blocks.len() <= 50);
    let mut all = Vec::new();
    collect(slack, &mut all);
    for text in &all {
        assert!(text.chars().count() <= 4000, "{} characters", text.chars().count());
        for harm in ["<!", "<@", "<#", "<http", "\u{202e}"] {
            assert!(!text.contains(harm), "Slack would act on {harm:?} in {text:?}");
        }
    }
}

fn collect(value: &serde_json::Value, texts: &mut Vec<String>) {
    match value {
        // The header is plain text: Slack reads nothing into it.
        serde_json::Value::Object(entries) if entries.get("type").is_some_and(|kind| kind == "plain_text") => {}
        serde_json::Value::Object(entries) => entries.values().for_each(|inner| collect(inner, texts)),
        serde_json::Value::Array(inner) => inner.iter().for_each(|inner| collect(inner, texts)),
        serde_json::Value::String(text) => texts.push(text.clone()),
        _ => {}
    }
}

fn pdf_is_safe(bytes: &[u8]) {
    let pdf = lopdf::Document::load_mem(bytes).expect("a sound PDF");
    assert!((1..=20).contains(&pdf.get_pages().len()), "{} pages", pdf.get_pages().len());
    for (id, object) in &pdf.objects {
        let Ok(dictionary) = object.as_dict() else { continue };
        for key in [b"JS".as_slice(), b"JavaScript", b"OpenAction", b"AA", b"Launch", b"EmbeddedFiles"] {
            assert!(!dictionary.has(key), "{id:?} holds {}", String::from_utf8_lossy(key));
        }
        let uri = dictionary.get(b"URI").ok().and_then(|uri| uri.as_str().ok());
        assert!(uri.is_none_or(|uri| !uri.windows(4).any(|word| word == b"evil")), "{id:?} leads out");
    }
}

fn mail_is_safe(raw: &[u8]) {
    let end = raw.windows(4).position(|four| four == b"\r\n\r\n").expect("headers end");
    let head = std::str::from_utf8(&raw[..end]).expect("headers are ASCII");
    assert!(head.is_ascii(), "{head}");
    for line in head.split("\r\n") {
        assert!(line.len() <= 998 && !line.contains(['\r', '\n']), "{line:?}");
    }
    let mail = MessageParser::default().parse(raw).expect("a sound mail");
    assert!(mail.bcc().is_none() && mail.cc().is_none(), "no name adds a recipient");
    let to: Vec<_> = mail.to().expect("to").iter().filter_map(|address| address.address()).collect();
    assert_eq!(to, ["ceo@example.com"]);
    for name in ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"] {
        let count = head
            .split("\r\n")
            .filter(|line| line.to_lowercase().starts_with(&format!("{}:", name.to_lowercase())))
            .count();
        assert_eq!(count, 1, "{name}: {head}");
    }
    let subject = mail.subject().expect("a subject");
    assert!(
        !subject.contains('\u{202e}') && subject.contains("alert(2)"),
        "{subject:?}: the name, without what turns it"
    );
    let (text, page) = (mail.body_text(0).expect("text"), mail.body_html(0).expect("html"));
    assert!(!text.contains('\u{202e}') && !text.contains('\u{1b}'));
    page_is_safe(&page, "the mail");
    assert!(page.len() < 102 << 10, "clipped at {} bytes", page.len());
}
