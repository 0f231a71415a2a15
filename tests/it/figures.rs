//! Every report, every format: the same figures, and each of them can be explained.

use crate::support::{is_long, noon};
use crate::tenants::synced_world;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use daybook::domain::period::Period;
use daybook::jobs::explain::{explain, sql};
use daybook::jobs::issue::{self, IssueRequest, Outcome, issue_report, readiness};
use daybook::jobs::report::{Audience, Built, Renderings, new_report, render_all};
use daybook::jobs::report_context::{Check, ReportContext};
use daybook::jobs::restatement::{StoredReceipt, differences};
use daybook::report::definition::{Definition, REPORTS};
use daybook::report::document::{Block, Document, Figure};
use daybook::report::format::Locale;
use daybook::report::readiness::LatePolicy;
use daybook::report::sections::ReceiptDraft;
use daybook::report::templates::Templates;
use daybook::sandbox::tenants;
use daybook::warehouse::issued::{issued, receipt, receipts};
use daybook::warehouse::outbox::{Ending, HandedOver, What, Whose, claim, finish, give_up_claims};
use daybook::warehouse::{Context, Warehouse};
use mail_parser::MessageParser;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

pub fn squeezed(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}

pub fn order(report: &str, context: &ReportContext, now: DateTime<Utc>) -> IssueRequest {
    let definition = daybook::report::sections::standard(report).expect("a report");
    let today = now.with_timezone(&context.workspace.time_zone).date_naive();
    let period = definition.cadence.last_whole(today, context.workspace.calendar());
    IssueRequest {
        definition,
        period,
        late: LatePolicy::SendWithBanner,
        deadline: now,
        is_insisted_on: false,
        corrects: false,
        now,
    }
}

pub fn built(warehouse: &Warehouse, context: &ReportContext, order: &IssueRequest) -> (Document, Vec<ReceiptDraft>) {
    let built = worded(warehouse, context, order, &BTreeSet::new());
    (built.standard, built.receipts)
}

pub fn worded(
    warehouse: &Warehouse,
    context: &ReportContext,
    order: &IssueRequest,
    locales: &BTreeSet<Locale>,
) -> Built {
    warehouse
        .read_blocking(|reader| {
            let ready = readiness(reader, context, order)?;
            issue::built(reader, context, order, &ready, locales, None)
        })
        .expect("a document")
}

/// Figures of the first sections and rows: mail says how many more the full report has.
fn leading(document: &Document, sections: usize, rows: usize) -> Vec<Figure> {
    let mut figures = Vec::new();
    for block in document.sections.iter().take(sections).flat_map(|section| &section.blocks) {
        let mut one = document.clone();
        one.sections.truncate(1);
        one.sections[0].blocks = vec![match block {
            Block::Table(table) => {
                let mut table = table.clone();
                table.rows.truncate(rows);
                Block::Table(table)
            }
            other => other.clone(),
        }];
        figures.extend(one.figures().into_iter().map(|(_, figure)| figure.clone()));
    }
    figures
}

#[tokio::test(flavor = "multi_thread")]
async fn every_figure_of_every_report_is_the_same_in_every_format_and_explained_as_printed() {
    let world = synced_world(75).await;
    let templates = Templates::new(None).0;
    let warehouse = &world.context.warehouse;
    // To explain a figure takes as long as to compute it: a third of each report's, unless there is time.
    let (mut first, step) = (0, if is_long() { 1 } else { 3 });
    for tenant in tenants() {
        let context = world.report_context(&tenant);
        for (report, ..) in REPORTS {
            let order = order(report, &context, noon());
            let built = worded(warehouse, &context, &order, &BTreeSet::new());
            assert!(built.standard.figures().len() > 60, "{report} {}", built.standard.figures().len());
            let pages = built.standard.figures().into_iter().filter(|(path, _)| path.starts_with("pages/")).count();
            assert!(pages >= 50, "{report} {}: {pages} figures of pages", tenant.id);
            in_every_format(&built, world.audience(&tenant), &templates, &order.definition);
            let known: BTreeSet<&String> = built.receipts.iter().map(|draft| &draft.receipt).collect();
            let figures = built.standard.figures();
            assert!(figures.iter().all(|(_, figure)| figure.receipt.as_ref().is_none_or(|one| known.contains(one))));
            explained(warehouse, &context, built.receipts.into_iter().skip(first % step).step_by(step));
            first += 1;
        }
    }
}

/// Each figure as the locale of `audience` writes it; in the CSV as the standard does.
pub fn in_every_format(built: &Built, audience: Audience, templates: &Templates, definition: &Definition) {
    let document = built.worded(audience.locale).expect("the document");
    let rendered = render_all(document, &built.standard, templates).expect("all formats");
    let standard: BTreeMap<_, _> =
        built.standard.figures().into_iter().map(|(_, figure)| (&figure.receipt, &figure.text)).collect();
    let pdf = lopdf::Document::load_mem(&rendered.pdf).expect("a sound PDF");
    let pages: Vec<u32> = pdf.get_pages().keys().copied().collect();
    let pdf = squeezed(&pdf.extract_text(&pages).expect("text"));
    // minijinja writes a slash as an entity.
    let html = rendered.html.replace("&quot;", "\"").replace("&#x2f;", "/");
    for (path, figure) in document.printed() {
        let text = &figure.text;
        assert!(pdf.contains(&squeezed(text)), "PDF {path} {text}");
        assert!(html.contains(text), "HTML {path} {text}");
    }
    for (path, figure) in document.figures() {
        let text = &figure.text;
        let receipt = figure.receipt.as_ref().expect(&path);
        let line = rendered.csv.lines().find(|line| line.contains(receipt)).expect(&path);
        assert!(line.contains(&standard[&figure.receipt].replace('−', "-")), "CSV {path} {text} {line}");
    }
    let new = {
        let prints = Renderings::new(built, &audience.all_locales(), templates).expect("all formats");
        new_report(&built.standard, definition, Vec::new(), &prints, &audience, templates)
    }
    .expect("a report");
    let mail = new.messages.iter().find(|message| message.route.contains("mail")).expect("a mail");
    let mail = MessageParser::default().parse(&mail.payload).expect("a sound mail");
    let text = mail.body_text(0).expect("text");
    let page = mail.body_html(0).expect("html").replace("&#x2f;", "/");
    assert!(page.len() < 102_000, "{}", page.len());
    // A mail that would grow too large for Gmail says how many sections are in the attached report.
    let hidden = text.split(" more sections are").next().filter(|start| start.len() < text.len()).map_or(0, |start| {
        start.rsplit(|letter: char| !letter.is_ascii_digit()).next().and_then(|n| n.parse().ok()).expect("a count")
    });
    let shown = document.sections.len() - hidden;
    assert!(shown >= 6, "{} of {}", shown, document.sections.len());
    for figure in leading(document, shown, 5) {
        assert!(text.contains(&figure.text), "mail text {figure:?}");
        assert!(page.contains(&figure.text), "mail HTML {figure:?}");
    }
    let slack = rendered.posts["slack"].to_string();
    // The message is a few lines; the headline figures follow in its thread.
    for (path, figure) in document.figures().into_iter().filter(|(path, _)| path.starts_with("headline/")) {
        assert!(slack.contains(&figure.text), "Slack {path} {figure:?}");
    }
}

/// Each receipt gives the printed value again, by the way `daybook explain` goes and by its SQL.
fn explained(warehouse: &Warehouse, context: &ReportContext, drafts: impl Iterator<Item = ReceiptDraft>) {
    for draft in drafts {
        let define = |basis: &daybook::report::receipt::Expression| basis.definition(&context.metrics);
        let query = warehouse.read_blocking(|reader| sql(reader, context, &draft.basis)).expect("a query");
        let (text, label) = (draft.text.clone(), draft.label.clone());
        let receipt = daybook::jobs::report::kept(draft, &define).expect("kept");
        let kept = StoredReceipt::of(&receipt).expect("read again");
        let told = warehouse
            .read_blocking(|reader| {
                let explained = explain(reader, context, &receipt)?.expect("explained");
                let run = format!("SELECT CAST(({query}) AS DOUBLE)");
                let by_hand: Option<f64> = reader.query_row(&run, [], |row| row.get(0)).context(|| query.clone())?;
                Ok((explained, by_hand))
            })
            .unwrap_or_else(|error| panic!("{label}: {error}"));
        let (explained, by_hand) = told;
        // Words that stand for a change depend on both of its figures; explained is its exact value.
        if !["too few", "from 0", "no change"].contains(&text.as_str()) {
            assert_eq!(explained.now_text, text, "{label}");
        }
        assert_eq!(explained.definition, receipt.definition);
        let exact = kept.value.map(|value| value.to_string().parse::<f64>().expect("a number"));
        match (exact, by_hand) {
            (Some(exact), Some(found)) => {
                assert!((exact - found).abs() <= 1e-6 * exact.abs().max(1.0), "{label} {exact} {found}\n{query}");
            }
            (exact, found) => assert_eq!(exact, found, "{label}\n{query}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_issued_once_shown_again_byte_for_byte_and_sent_once() {
    let world = synced_world(60).await;
    let templates = Templates::new(None).0;
    let warehouse = &world.context.warehouse;
    let tenant = tenants().remove(1);
    let context = world.report_context(&tenant);
    let order = order("daily_performance", &context, noon());
    let issue = || issue_report(warehouse, &context, &order, &world.audience(&tenant), &templates).expect("an outcome");
    let (id, outcome) = issue();
    assert!(matches!(outcome, Outcome::Issued { .. }), "{outcome:?}");
    assert_eq!(issue(), (id.clone(), Outcome::Known), "issued twice");

    let kept = warehouse.read_blocking(|reader| issued(reader, &id)).expect("read").expect("issued");
    let document: Document = serde_json::from_str(&kept.document).expect("a document");
    let again = render_all(&document, &document, &templates).expect("all formats");
    assert_eq!(again.sums(&document.file_stem).len(), 4);
    let by_name: BTreeSet<_> = kept.files.iter().map(|file| (&file.name, &file.sha256)).collect();
    assert!(again.sums(&document.file_stem).iter().all(|file| by_name.contains(&(&file.name, &file.sha256))));
    let all = warehouse.read_blocking(|reader| receipts(reader, &id)).expect("receipts");
    let (of, one) = warehouse.read_blocking(|reader| receipt(reader, &all[0].receipt)).expect("read").expect("one");
    assert_eq!((of, &one), (id, &all[0]));

    let next = |lane: &'static str| {
        warehouse.write_ledger_blocking(move |c| claim(c, lane, &Whose::default(), noon())).expect("claimed")
    };
    // Three files and a mail; then Slack.
    for lane in std::iter::repeat_n("file", 3).chain(["mail"]) {
        let message = next(lane).expect("a message");
        let accepted = Ending::Accepted { answer: "ok".to_owned() }.into();
        warehouse.write_ledger_blocking(move |c| finish(c, &message, &accepted, noon())).expect("finished");
    }
    // A message that was handed over, and whose sender is gone, is shown as unknown and not handed out again.
    let lost = next("slack:marketing").expect("a message");
    let handed = HandedOver::beside(warehouse.path()).expect("a list");
    handed.add(&lost.message_id, What::Handed, noon()).expect("noted");
    assert_eq!(warehouse.write_ledger_blocking(|c| give_up_claims(c, noon())).expect("given up"), 1);
    assert_eq!(next("slack:marketing"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_reported_is_held_against_what_is_known_later() {
    let world = synced_world(40).await;
    let templates = Templates::new(None).0;
    let warehouse = &world.context.warehouse;
    let tenant = tenants().remove(1);
    let context = world.report_context(&tenant);
    let first = order("daily_performance", &context, noon());
    let (id, _) = issue_report(warehouse, &context, &first, &world.audience(&tenant), &templates).expect("issued");
    let issue = warehouse.read_blocking(|reader| issued(reader, &id)).expect("read").expect("issued");
    let changed = || warehouse.read_blocking(|reader| differences(reader, &context, &issue)).expect("differences");
    assert_eq!(changed(), [], "nothing has come since");

    // Three days later Google has credited more conversions to the reported day.
    let later = noon() + TimeDelta::days(3);
    world.move_to(later);
    world.sync().await;
    world.rollup().await;
    let found = changed();
    assert!(!found.is_empty());
    assert!(found.iter().all(|item| item.why.contains("restated by Google Ads")), "{found:#?}");
    let second = order("daily_performance", &context, later);
    assert!(second.period.start > first.period.start);
    let (document, _) = built(warehouse, &context, &second);
    let section = document.sections.iter().find(|section| section.id == "restated").expect("the section");
    let Block::Table(table) = &section.blocks[0] else { panic!("{section:?}") };
    assert_eq!(table.rows.len(), found.len().min(12));
    let said = found.iter().find(|item| item.label == table.rows[0].name).expect("the first row");
    let figures = document.figures();
    let printed = |column: &str| {
        let path = format!("restated/restated/{}/{column}", said.label);
        figures.iter().find(|(found, _)| *found == path).expect("a figure").1.clone()
    };
    assert_eq!(printed("said").receipt, said.said.receipt, "the receipt of the report that said it");
    assert_eq!((printed("said").text, printed("now").value), (said.said.text.clone(), said.now));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_waits_for_late_data_and_faults_until_its_deadline() {
    let world = synced_world(30).await;
    let warehouse = &world.context.warehouse;
    let tenant = tenants().remove(0);
    let templates = Templates::new(None).0;
    let mut context = world.report_context(&tenant);
    // The next day has ended, and nothing was read since.
    let now = noon() + TimeDelta::days(1);
    let mut order = order("daily_performance", &context, now);
    order.late = LatePolicy::Hold;
    order.deadline = now + TimeDelta::hours(2);
    let issue = |order: &IssueRequest, context: &ReportContext| {
        issue_report(warehouse, context, order, &world.audience(&tenant), &templates).expect("an outcome").1
    };
    let Outcome::Held { until, missing } = issue(&order, &context) else { panic!("not held") };
    assert_eq!(until, order.deadline);
    assert!(missing.contains("Stripe: payments reaches only to Thu 19 Nov 2026"), "{missing}");

    let dropping = IssueRequest { late: LatePolicy::DropSection, ..order.clone() };
    let (document, _) = built(warehouse, &context, &dropping);
    assert!(
        document.gaps.iter().any(|gap| gap.starts_with("Left out because their data is late:")),
        "{:?}",
        document.gaps
    );
    assert!(document.figures().iter().all(|(path, _)| !path.contains("net_revenue") && !path.contains("cost")));

    let insisted = IssueRequest { is_insisted_on: true, ..order.clone() };
    let (document, _) = built(warehouse, &context, &insisted);
    let late = document.gaps.iter().filter_map(|gap| Some(gap.split_once(" reaches only to Thu 19 Nov 2026")?.0));
    let expected = [
        "Google Ads: cost by campaign",
        "Google Analytics 4: visits by page",
        "Google Analytics 4: visits",
        "Google Analytics 4: visitors",
        "HubSpot: contacts",
        "Stripe: payments",
        "Stripe: disputes",
        "Stripe: refunds",
        "Stripe: subscriptions",
    ];
    assert_eq!(late.collect::<BTreeSet<_>>(), BTreeSet::from(expected), "each late source is named");

    // The data comes, but a check finds a fault.
    world.move_to(now);
    context.now = now;
    world.sync().await;
    world.rollup().await;
    let sql = "SELECT workspace, date FROM mart.metric_daily WHERE sessions > 0".to_owned();
    context.checks = vec![Check { claim: "nobody comes".to_owned(), sql }];
    let Outcome::Held { missing, .. } = issue(&order, &context) else { panic!("not held") };
    assert!(missing.contains("nobody comes"), "{missing}");
    let late = IssueRequest { now: order.deadline, ..order.clone() };
    let Outcome::Issued { gaps, .. } = issue(&late, &context) else { panic!("not issued at its deadline") };
    let (document, _) = built(warehouse, &context, &late);
    assert_eq!(document.gaps.len(), gaps);
    assert_eq!(document.gaps.iter().filter(|gap| gap.contains("nobody comes")).count(), 1, "{:?}", document.gaps);
    assert!(document.gaps.iter().all(|gap| !gap.contains("reaches only to")), "the data came: {:?}", document.gaps);
}

#[tokio::test(flavor = "multi_thread")]
async fn movements_of_recurring_revenue_close_with_the_daily_rollup() {
    let world = synced_world(120).await;
    let tenant = tenants().remove(0);
    let context = world.report_context(&tenant);
    let warehouse = &world.context.warehouse;
    let month = Period::month_of(date("2026-10-10"));
    let asked = ("mrr_movements".to_owned(), month);
    let needs = daybook::report::data::Needs { answers: BTreeSet::from([asked.clone()]), ..Default::default() };
    let book = warehouse
        .read_blocking(|reader| daybook::jobs::report_context::filled(reader, &context, &needs))
        .expect("a book");
    let moved = &book.answers[&asked][&Vec::new()].values;
    let of = |movement: &str| moved[movement];
    let parts = ["opening", "exchange_rates", "new", "reactivation", "expansion", "contraction", "churned"];
    assert_eq!(parts.map(of).into_iter().sum::<Decimal>(), of("closing"));
    let none = Decimal::ZERO;
    assert!(of("new") > none && of("churned") < none && of("exchange_rates") != none, "{moved:?}");
    let daily = |date: &str| {
        let sql = format!(
            "SELECT CAST(mrr AS VARCHAR) FROM mart.mrr_daily WHERE workspace = '{}' AND date = DATE '{date}'",
            tenant.id
        );
        crate::support::texts(warehouse, &sql).remove(0).parse::<Decimal>().expect("a number")
    };
    assert_eq!((of("opening"), of("closing")), (daily("2026-09-30").normalize(), daily("2026-10-31").normalize()));
}
