//! Readers who want numbers and dates written their own way get the same figures, in every format.

use crate::figures::{in_every_format, order, squeezed, worded};
use crate::support::noon;
use crate::tenants::{Simulation, synced_world};
use daybook::jobs::issue::{Outcome, issue_report};
use daybook::jobs::report::{Audience, render_all};
use daybook::jobs::report_context::ReportContext;
use daybook::report::definition::REPORTS;
use daybook::report::document::Document;
use daybook::report::format::{Language, Locale};
use daybook::report::templates::Templates;
use daybook::sandbox::{Tenant, tenants};
use daybook::warehouse::issued::{Issued, issued, locale_of, localized, receipts};
use daybook::warehouse::outbox::stored;
use daybook::warehouse::{Context, Warehouse};
use mail_parser::{MessageParser, MimeHeaders};
use std::collections::{BTreeMap, BTreeSet};

fn locale(text: &str) -> Locale {
    text.parse().expect("a locale")
}

/// The messages of a report by where they go: an address, a hook's lane or a file's ending.
fn messages(warehouse: &Warehouse, id: &str) -> BTreeMap<String, (String, Vec<u8>)> {
    let rows = |reader: &duckdb::Connection| {
        let sql = "SELECT coalesce(recipient, route ->> '$.path', lane), wording, message_id FROM ops.outbox
            JOIN ops.payload USING (message_id) WHERE report_id = ?";
        let mut statement = reader.prepare(sql).context(String::new)?;
        let rows = statement.query_map([id], |row| {
            let place: String = row.get(0)?;
            let place = place.rsplit('.').next().filter(|_| !place.contains('@')).unwrap_or(&place).to_owned();
            Ok((place, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
        });
        let rows: Vec<_> = rows.context(String::new)?.collect::<Result<_, _>>().context(String::new)?;
        let payload = |id: &str| Ok(stored(reader, id)?.and_then(|message| message.payload).unwrap_or_default());
        rows.into_iter().map(|(place, locale, id)| Ok((place, (locale, payload(&id)?)))).collect()
    };
    warehouse.read_blocking(rows).expect("the outbox")
}

fn in_ledger(warehouse: &Warehouse, id: &str) -> Issued {
    warehouse.read_blocking(|reader| issued(reader, id)).expect("read").expect("issued")
}

fn document(json: &str) -> Document {
    serde_json::from_str(json).expect("a document")
}

/// Text, HTML and files of a mail, by ending.
fn mail(raw: &[u8]) -> (String, String, String, BTreeMap<String, Vec<u8>>) {
    let mail = MessageParser::default().parse(raw).expect("a sound mail");
    let files = mail.attachments().filter_map(|part| {
        let name = part.attachment_name()?;
        Some((name.rsplit('.').next()?.to_owned(), part.contents().to_vec()))
    });
    let html = mail.body_html(0).expect("HTML").replace("&#x2f;", "/");
    let subject = mail.subject().expect("a subject").to_owned();
    (subject, mail.body_text(0).expect("text").into_owned(), html, files.collect())
}

fn text_of_pdf(bytes: &[u8]) -> String {
    let pdf = lopdf::Document::load_mem(bytes).expect("a sound PDF");
    let pages: Vec<u32> = pdf.get_pages().keys().copied().collect();
    squeezed(&pdf.extract_text(&pages).expect("text"))
}

/// The shop, and what its reports are made from.
fn of_shop(world: &Simulation) -> (Tenant, ReportContext) {
    let shop = tenants().remove(1);
    let context = world.report_context(&shop);
    (shop, context)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_readers_get_the_same_figures_each_in_their_own_wording() {
    let world = synced_world(60).await;
    let templates = Templates::new(None).0;
    let warehouse = &world.context.warehouse;
    let (shop, context) = of_shop(&world);
    let order = order("daily_performance", &context, noon());
    let german = locale("de:code");
    let audience = Audience {
        mail_to: vec!["ceo@example.com".to_owned(), "CFO@example.com".to_owned()],
        locales: BTreeMap::from([("CFO@example.com".to_owned(), german)]),
        ..world.audience(&shop)
    };
    let (id, outcome) = issue_report(warehouse, &context, &order, &audience, &templates).expect("an outcome");
    assert!(matches!(outcome, Outcome::Issued { .. }), "{outcome:?}");

    // The ledger: the same figures and receipts, worded twice.
    let kept = in_ledger(warehouse, &id);
    let others = warehouse.read_blocking(|reader| localized(reader, &id)).expect("read");
    assert_eq!((kept.locale.as_str(), others.len(), others[0].locale.as_str()), ("en", 1, "de:code"));
    let (ours, theirs) = (document(&kept.document), document(&others[0].document));
    assert!(!kept.document.contains("wording"), "a stored document of the standard reads as ever");
    let (own, other) = (ours.figures(), theirs.figures());
    assert!(own.len() > 60 && own.len() == other.len(), "{} {}", own.len(), other.len());
    let mut differing = 0;
    for ((path, a), (_, b)) in own.iter().zip(&other) {
        assert_eq!(
            (a.value, a.unit, &a.receipt, a.provisional),
            (b.value, b.unit, &b.receipt, b.provisional),
            "{path}"
        );
        let worded = [german.value_text(b.value, b.unit, ours.currency), german.change_text(b.value)];
        assert!(worded.contains(&b.text), "{path}: {} {}", a.text, b.text);
        differing += usize::from(a.text != b.text);
    }
    assert!(differing > 30, "{differing}");
    let known = warehouse.read_blocking(|reader| receipts(reader, &id)).expect("receipts");
    assert!(
        own.iter().all(|(_, figure)| known
            .iter()
            .any(|r| Some(&r.receipt) == figure.receipt.as_ref() && r.text == figure.text))
    );

    // The mails: each with its own texts, the CSV of both the same.
    let sent = messages(warehouse, &id);
    let of = |place: &str| sent.get(place).unwrap_or_else(|| panic!("{place}: {:?}", sent.keys()));
    assert_eq!((of("ceo@example.com").0.as_str(), of("cfo@example.com").0.as_str()), ("en", "de:code"));
    assert_eq!(of("slack:marketing").0, "en");
    let (ceo, cfo) = (mail(&of("ceo@example.com").1), mail(&of("cfo@example.com").1));
    assert!(ceo.0.contains(", Thu 19 Nov 2026: ") && cfo.0.contains(", Do., 19. Nov. 2026: "), "{} {}", ceo.0, cfo.0);
    for (mail, document) in [(&ceo, &ours), (&cfo, &theirs)] {
        let card = &document.figures()[0].1.text;
        assert!(mail.0.contains(card) && mail.1.contains(card) && mail.2.contains(card), "{card} {}", mail.0);
        let issued = document.locale.date_text(order.period.start);
        assert!(mail.1.contains(&issued) && mail.2.contains(&issued), "{issued}");
        let pdf = text_of_pdf(&mail.3["pdf"]);
        assert!(document.printed().iter().all(|(_, figure)| pdf.contains(&squeezed(&figure.text))));
        assert!(pdf.contains(&squeezed(&issued)) && !pdf.contains("[U+00A0"));
        assert_eq!(document.locale.is_standard(), !mail.1.contains("\u{a0}EUR"));
    }
    assert_eq!(ceo.3["csv"], cfo.3["csv"], "data is data");
    assert_ne!(ceo.3["pdf"], cfo.3["pdf"]);

    // What each of them got can be made again, byte for byte.
    let got = |address: &str| {
        warehouse.read_blocking(|reader| locale_of(reader, &id, address)).expect("read").map(|text| locale(&text))
    };
    assert_eq!((got("cfo@example.com"), got("x@example.com")), (Some(german), None));
    let again = render_all(&theirs, &ours, &templates).expect("all formats");
    let mut sums = again.sums(&theirs.file_stem);
    assert_eq!((sums.len(), &sums), (4, &others[0].files));
    assert_eq!((&again.pdf, again.html.as_bytes()), (&cfo.3["pdf"], cfo.3["html"].as_slice()));
    let again = render_all(&ours, &ours, &templates).expect("all formats");
    sums = again.sums(&ours.file_stem);
    sums.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!((&sums, &again.pdf), (&kept.files, &ceo.3["pdf"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn folder_and_slack_follow_the_workspace_and_what_nobody_reads_is_not_made() {
    let world = synced_world(40).await;
    let templates = Templates::new(None).0;
    let warehouse = &world.context.warehouse;
    let (shop, context) = of_shop(&world);
    let order = order("daily_performance", &context, noon());
    let audience = Audience { locale: locale("fr"), ..world.audience(&shop) };
    let (id, _) = issue_report(warehouse, &context, &order, &audience, &templates).expect("an outcome");
    let kept = in_ledger(warehouse, &id);
    assert_eq!((kept.locale.as_str(), kept.files.len()), ("fr", 0));
    assert!(document(&kept.document).locale.is_standard(), "the books are kept in one locale");
    let sent = messages(warehouse, &id);
    assert!(sent.values().all(|(locale, _)| locale == "fr"), "{:?}", sent.keys());
    let slack = String::from_utf8(sent["slack:marketing"].1.clone()).expect("text");
    let page = String::from_utf8(sent["html"].1.clone()).expect("text");
    assert!(slack.contains("jeu. 19 nov. 2026") && page.contains("jeu. 19 nov. 2026"));
    assert!(slack.contains("\u{a0}€") && page.contains("\u{a0}€"));
    let csv = String::from_utf8(sent["csv"].1.clone()).expect("text");
    assert!(csv.contains(",2026-11-19,") && csv.contains("\"€") && !csv.contains("\u{a0}€"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_language_comes_through_every_format() {
    let world = synced_world(75).await;
    let templates = Templates::new(None).0;
    let software = tenants().remove(0);
    let context = world.report_context(&software);
    for (index, language) in Language::ALL.into_iter().enumerate() {
        let order = order(REPORTS[index % REPORTS.len()].0, &context, noon());
        let locale = Locale { language, ..Locale::default() };
        let built = worded(&world.context.warehouse, &context, &order, &BTreeSet::from([locale]));
        let audience = Audience { locale, ..world.audience(&software) };
        in_every_format(&built, audience, &templates, &order.definition);
    }
}
