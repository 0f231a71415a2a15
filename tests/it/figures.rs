//! One report, every format: the same figures.

use crate::support::noon;
use crate::tenants::{World, world};
use chrono::Days;
use daybook::domain::metric::Registry;
use daybook::jobs::report::{Audience, ReportContext, build_daily, new_report, render_all};
use daybook::report::templates::Templates;
use daybook::sandbox::{Faults, tenants};
use daybook::warehouse::outbox::{Ending, claim, finish, give_up_claims, issue};
use daybook::warehouse::rollup::SUMMED;
use mail_parser::MessageParser;
use std::collections::BTreeMap;

pub fn context(tenant: &daybook::sandbox::Tenant) -> ReportContext {
    let specs = toml::from_str(include_str!("../../jobs/metrics.toml")).expect("metrics");
    ReportContext {
        workspace: World::workspace(tenant),
        metrics: Registry::new(specs, &SUMMED).expect("a registry"),
        channel_labels: BTreeMap::new(),
        budgets: BTreeMap::new(),
        targets: BTreeMap::new(),
        streams: BTreeMap::new(),
        rate_check: include_str!("../../jobs/checks/every_amount_has_a_rate.sql").to_owned(),
    }
}

pub fn squeezed(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_format_prints_the_same_figures_and_each_is_sent_once() {
    let world = world(60, Faults::none()).await;
    world.sync().await;
    world.rollup().await;
    let templates = Templates::new(None).0;
    for tenant in tenants() {
        let context = context(&tenant);
        let date = noon().date_naive() - Days::new(1);
        let warehouse = &world.context.warehouse;
        let (document, receipts) =
            warehouse.read_blocking(|reader| build_daily(reader, &context, date, noon())).expect("a document");
        let rendered = render_all(&document, &templates).expect("all formats");
        assert!(document.figures().len() > 40, "{}", document.figures().len());
        assert!(document.sections.iter().any(|section| section.id == "budget"), "{} has budgets", tenant.id);

        let pdf = lopdf::Document::load_mem(&rendered.pdf).expect("a sound PDF");
        let pages: Vec<u32> = pdf.get_pages().keys().copied().collect();
        let pdf = squeezed(&pdf.extract_text(&pages).expect("text"));
        // minijinja writes a slash as an entity.
        let html = rendered.html.replace("&quot;", "\"").replace("&#x2f;", "/");
        let slack = rendered.slack.to_string();
        for (path, figure) in document.figures() {
            assert!(pdf.contains(&squeezed(&figure.text)), "PDF {path} {}", figure.text);
            assert!(html.contains(&figure.text), "HTML {path} {}", figure.text);
            assert!(rendered.csv.contains(&figure.text), "CSV {path} {}", figure.text);
        }
        let audience = Audience {
            mail_from: Some("Daybook <reports@example.com>".to_owned()),
            mail_to: vec!["ceo@example.com".to_owned()],
            slack_hooks: vec!["marketing".to_owned()],
            files: true,
            ..Audience::default()
        };
        let new = new_report(&document, receipts, &rendered, &audience, &templates).expect("a report");
        let mail = new.messages.iter().find(|message| message.route.contains("mail")).expect("a mail");
        let mail = MessageParser::default().parse(&mail.payload).expect("a sound mail");
        let (text, page) = (mail.body_text(0).expect("text"), mail.body_html(0).expect("html"));
        for (path, figure) in document.figures().iter().filter(|(path, _)| path.starts_with("headline")) {
            assert!(text.contains(&figure.text), "mail text {path} {}", figure.text);
            assert!(page.contains(&figure.text), "mail HTML {path} {}", figure.text);
        }
        let cards = document
            .figures()
            .into_iter()
            .filter(|(path, _)| path.starts_with("headline") && path.matches('/').count() == 1);
        for (path, figure) in cards.take(10) {
            assert!(slack.contains(&figure.text), "Slack {path} {}", figure.text);
        }

        let (again, messages) = (new.clone(), new.messages.len());
        assert!(warehouse.write_blocking(move |c| issue(c, &new, noon())).expect("issued"));
        assert!(!warehouse.write_blocking(move |c| issue(c, &again, noon())).expect("known"), "issued twice");
        let next =
            |lane: &'static str| warehouse.write_blocking(move |c| claim(c, lane, None, noon())).expect("claimed");
        for lane in std::iter::repeat_n("file", messages - 2).chain(["mail"]) {
            let message = next(lane).expect("a message");
            let accepted = Ending::Accepted { answer: "ok".to_owned() }.into();
            warehouse.write_blocking(move |c| finish(c, &message, &accepted, noon())).expect("finished");
        }
        // A claim whose sender is gone is shown as unknown, and not handed out again.
        assert!(next("slack:marketing").is_some());
        assert_eq!(warehouse.write_blocking(|c| give_up_claims(c, noon())).expect("given up"), 1);
        assert_eq!(next("slack:marketing"), None);
    }
}
