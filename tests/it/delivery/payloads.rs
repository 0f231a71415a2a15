//! Payloads of reports that went out are dropped after thirty days and made again from the issued document.

use crate::data_folder::DataFolder;
use crate::figures::order;
use crate::support::{noon, send_all, texts};
use crate::tenants::{Simulation, synced_world};
use chrono::TimeDelta;
use daybook::jobs::issue::issue_report;
use daybook::jobs::message_again::{MessageBytes, Origin, bytes_of, from_sender};
use daybook::jobs::person::forget;
use daybook::jobs::report::{Audience, Formats};
use daybook::report::templates::Templates;
use daybook::sandbox::tenants;
use daybook::support::secret::Secret;
use daybook::warehouse::maintenance::{MaintenanceConfig, compact};
use daybook::warehouse::outbox::{
    Dropped, Kind, NewMessage, StoredMessage, Whose, claim, drop_payloads, enqueue, remake, requeue, send_again, stored,
};
use daybook::warehouse::privacy::person::Who;
use daybook::warehouse::{Context, LedgerWriter, Warehouse, WarehouseConfig};
use std::collections::BTreeMap;

/// A report as it goes to files, mail, and Slack; the mail in German, with one attachment and an unsubscribe link.
fn readers(usual: Audience) -> Audience {
    let only_pdf = Formats { pdf: true, html: false, csv: false, xlsx: false };
    Audience {
        attachments: BTreeMap::from([("ceo@example.com".to_owned(), only_pdf)]),
        locales: BTreeMap::from([("ceo@example.com".to_owned(), "de".parse().expect("a locale"))]),
        reply_to: Some("marketing@example.com".to_owned()),
        unsubscribe: vec!["https://example.com/off/{reader}".to_owned()],
        unsubscribe_key: key(),
        ..usual
    }
}

fn key() -> Option<Secret> {
    Some(Secret::new("key of the links"))
}

pub(super) fn messages(warehouse: &Warehouse) -> Vec<StoredMessage> {
    let ids = texts(warehouse, "SELECT message_id FROM ops.outbox ORDER BY position");
    let one = |id: &String| warehouse.read_blocking(|reader| stored(reader, id)).expect("read").expect("a message");
    ids.iter().map(one).collect()
}

/// A company's daily report, issued, and its templates.
pub(super) async fn issued() -> (Simulation, Templates) {
    let world = synced_world(30).await;
    let templates = Templates::new(None).0;
    let tenant = tenants().remove(1);
    let context = world.report_context(&tenant);
    let order = order("daily_performance", &context, noon());
    issue_report(&world.context.warehouse, &context, &order, &readers(world.audience(&tenant)), &templates)
        .expect("issued");
    (world, templates)
}

fn drop_after(warehouse: &Warehouse, days: i64) -> Dropped {
    let now = noon() + TimeDelta::days(days);
    warehouse.write_ledger_blocking(move |ledger| drop_payloads(ledger, now)).expect("looked")
}

/// The same, sent, and its payloads dropped.
async fn sent_and_dropped() -> (Simulation, Templates) {
    let (world, templates) = issued().await;
    send_all(&world.context.warehouse, noon());
    drop_after(&world.context.warehouse, 31);
    (world, templates)
}

pub(super) fn made(warehouse: &Warehouse, message: &StoredMessage, templates: &Templates) -> MessageBytes {
    bytes_of(warehouse, message, templates, key()).expect("made").expect("bytes")
}

/// Invoices were made anew from the settings and payments of the day they were looked at
/// (baselbers/woocommerce-pdf-invoices#203). The right value: what was issued, byte for byte.
#[tokio::test(flavor = "multi_thread")]
async fn what_went_out_is_made_again_byte_for_byte_whatever_the_data_are_today() {
    let (world, templates) = issued().await;
    let warehouse = &world.context.warehouse;
    send_all(warehouse, noon());
    let sent = messages(warehouse);
    assert_eq!(sent.len(), 5, "three files, a mail, Slack");
    let mail = String::from_utf8_lossy(sent[3].payload.as_deref().expect("a payload")).into_owned();
    assert!(mail.contains("Reply-To") && mail.contains("List-Unsubscribe"), "{}", &mail[..800]);

    assert_eq!(drop_after(warehouse, 29).messages, 0, "thirty days are not over");
    let dropped = drop_after(warehouse, 31);
    let bytes: usize = sent.iter().map(|message| message.payload.as_ref().map_or(0, Vec::len)).sum();
    assert_eq!((dropped.messages, dropped.bytes), (5, bytes as u64));
    assert_eq!(drop_after(warehouse, 32).messages, 0, "once");

    // Everything that the figures came from is another now.
    warehouse
        .write_blocking(|c| {
            c.execute_batch("UPDATE mart.metric_daily SET clicks = clicks + 1000; DELETE FROM core.payment")
                .context(String::new)
        })
        .expect("changed");
    for (then, now) in sent.iter().zip(messages(warehouse)) {
        assert_eq!((now.payload.as_ref(), &now.state), (None, &"sent".to_owned()));
        let again = made(warehouse, &now, &templates);
        assert_eq!(again.origin, Origin::RenderedAlike, "{}", now.route);
        assert!(Some(&again.payload) == then.payload.as_ref(), "{}", now.route);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_template_and_a_changed_key_are_reported_as_why_the_bytes_are_others() {
    let (world, templates) = sent_and_dropped().await;
    let warehouse = &world.context.warehouse;
    let mail = messages(warehouse).remove(3);

    let folder = tempfile::tempdir().expect("a folder");
    let theme = "accent = \"#c2185b\"\naccent_dark = \"#5bb3e6\"\nlogo_text = \"Daybook\"\n";
    std::fs::write(folder.path().join("theme.toml"), theme).expect("a theme");
    let (changed, problems) = Templates::new(Some(folder.path()));
    assert!(problems.is_empty(), "{problems:?}");
    let other = made(warehouse, &mail, &changed);
    let Origin::RenderedOtherwise { why } = &other.origin else { panic!("{:?}", other.origin) };
    assert!(why.contains("templates, the theme or the logo changed"), "{why}");
    assert!(other.origin.text().contains("other bytes than went out"), "{}", other.origin.text());

    let keyless = bytes_of(warehouse, &mail, &templates, Some(Secret::new("another key"))).expect("made");
    let Some(MessageBytes { origin: Origin::RenderedOtherwise { why }, .. }) = keyless else { panic!("{keyless:?}") };
    assert!(why.contains("the key of the unsubscribe links"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_went_out_is_sent_once_more_only_because_a_person_says_so() {
    let (world, templates) = sent_and_dropped().await;
    let (warehouse, later) = (&world.context.warehouse, noon() + TimeDelta::days(31));
    let mail = messages(warehouse).remove(3);
    let id = mail.message_id.clone();
    let of = id.clone();
    assert!(!warehouse.write_ledger_blocking(move |c| requeue(c, &of, later)).expect("asked"), "it went out");
    let of = id.clone();
    let bare = warehouse.write_ledger_blocking(move |c| send_again(c, &of, None, later)).expect("asked");
    assert!(!bare, "a mail without bytes is none");
    let payload = made(warehouse, &mail, &templates).payload;
    let (of, bytes) = (id.clone(), payload.clone());
    assert!(warehouse.write_ledger_blocking(move |c| send_again(c, &of, Some(&bytes), later)).expect("asked"));
    let next = warehouse.write_ledger_blocking(move |c| claim(c, "mail", &Whose::default(), later)).expect("claimed");
    let next = next.expect("it goes once more");
    assert_eq!((next.message_id, next.payload == payload), (id, true));
}

/// Mails of earlier versions do not say what they were made with, and what is erased is made again by nobody.
#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_made_again_is_kept_and_what_was_erased_is_not_made() {
    let (world, templates) = issued().await;
    let warehouse = &world.context.warehouse;
    send_all(warehouse, noon());
    warehouse
        .write_ledger_blocking(|c| c.execute_batch("UPDATE ops.outbox SET made_with = NULL").context(String::new))
        .expect("as of before");
    assert_eq!(drop_after(warehouse, 31).messages, 4, "files and Slack");
    let mail = messages(warehouse).remove(3);
    assert_eq!(made(warehouse, &mail, &templates).origin, Origin::Kept);
    let erased = StoredMessage { payload: None, lacking_sha256: None, ..mail };
    assert_eq!(bytes_of(warehouse, &erased, &templates, None).expect("looked"), None);
}

/// A reader's own words: another locale's document would not be what went out.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_localized_document_is_gone_keeps_its_payload_and_is_not_made_in_english() {
    let (world, templates) = issued().await;
    let warehouse = &world.context.warehouse;
    send_all(warehouse, noon());
    let gone = |c: &mut LedgerWriter<'_>| c.execute_batch("DELETE FROM ops.report_wording").context(String::new);
    warehouse.write_ledger_blocking(gone).expect("gone");
    assert_eq!(drop_after(warehouse, 31).messages, 4, "all but the German mail");
    let mail = messages(warehouse).remove(3);
    assert_eq!(made(warehouse, &mail, &templates).origin, Origin::Kept);
    let dropped = StoredMessage { payload: None, lacking_sha256: Some("0".repeat(64)), ..mail };
    assert_eq!(bytes_of(warehouse, &dropped, &templates, key()).expect("looked"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_erasure_the_bytes_are_reported_to_be_others_because_of_it() {
    let (world, templates) = sent_and_dropped().await;
    let warehouse = &world.context.warehouse;
    let person = "Jane.Roe@example.org";
    // As a campaign's name that a report printed; the person is erased as anybody else.
    let named = format!(
        "UPDATE ops.report SET document = json_merge_patch(document, '{{\"title\":\"asked by {person}\"}}')::VARCHAR"
    );
    warehouse.write_ledger_blocking(move |c| c.execute_batch(&named).context(String::new)).expect("named");
    let workspace = texts(warehouse, "SELECT DISTINCT workspace FROM ops.report").remove(0);
    let installation = DataFolder { folder: world.folder.path().to_owned(), warehouse: warehouse.clone() };
    let context = installation.maintain(MaintenanceConfig::default());
    forget(&context, &workspace, &Who::Mail(person.to_owned()), "cli", false, noon()).expect("erased");
    let file = messages(warehouse).into_iter().find(|one| one.route.contains(".html")).expect("a file");
    let again = made(warehouse, &file, &templates);
    let Origin::RenderedOtherwise { why } = &again.origin else { panic!("{:?}", again.origin) };
    assert!(why.contains("a person was erased in it on 2026-"), "{why}");
}

#[test]
fn large_payloads_are_dropped_and_put_back_beside_one_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("daybook.duckdb");
    let warehouse = Warehouse::open(&path, &WarehouseConfig::default()).expect("a warehouse");
    let issued = "INSERT INTO ops.report (report_id, workspace, report, period_start, period_end, issued_at, document)
        VALUES ('rep', 'acme', 'daily', DATE '2026-09-01', DATE '2026-09-02', TIMESTAMP '2026-09-02', '{}')";
    warehouse.write_ledger_blocking(move |c| c.execute_batch(issued).context(String::new)).expect("issued");
    let count = 150;
    for number in 0..count {
        // Bytes that no compression makes fewer.
        let mut state: u64 = number + 1;
        let payload = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 32).to_le_bytes()
        });
        let message = NewMessage {
            message_id: format!("m{number:03}"),
            route: format!("{{\"kind\":\"file\",\"path\":\"{number}.pdf\"}}"),
            payload: payload.take(192 << 7).flatten().collect(),
            locale: None,
            made_with: None,
            refused: None,
        };
        warehouse
            .write_ledger_blocking(move |c| enqueue(c, Kind::Report, "rep", "acme", &[message], noon()))
            .expect("written");
        if number % 50 == 49 {
            warehouse.write_both_blocking(|c| compact::checkpoint(c)).expect("folded");
        }
    }
    send_all(&warehouse, noon());
    let dropped = drop_after(&warehouse, 31);
    assert_eq!((dropped.messages, dropped.bytes), (count, count * (192 << 10)));
    let later = noon() + TimeDelta::days(32);
    let sent_again = warehouse.write_ledger_blocking(move |c| send_again(c, "m007", Some(b"again"), later));
    assert!(sent_again.expect("put back"));
    let next = warehouse.write_ledger_blocking(move |c| claim(c, "file", &Whose::default(), later)).expect("claimed");
    assert_eq!(next.expect("one").payload, b"again");
}

// truenas/middleware#8047: mails of a queue kept the sender that was configured before, and the server took none.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_waits_is_made_again_from_the_sender_of_today_under_its_message_id() {
    let (world, templates) = issued().await;
    let warehouse = &world.context.warehouse;
    let mail = messages(warehouse).remove(3);
    let again = |sender: &str| from_sender(warehouse, &mail, sender, &templates, key()).expect("made");
    let (route, payload) = again("Reports <reports@example.org>").expect("a mail of another sender");
    let id = mail.message_id.clone();
    warehouse.write_ledger_blocking(move |ledger| remake(ledger, &id, &route, &payload)).expect("kept");
    let now = messages(warehouse).remove(3);
    assert!(now.route.contains("reports@example.org") && now.state == "pending", "{}", now.route);
    let header = |message: &StoredMessage, name: &str| {
        let text = String::from_utf8_lossy(message.payload.as_deref().expect("a payload")).into_owned();
        text.lines().find(|line| line.starts_with(name)).expect("the header").to_owned()
    };
    assert_eq!(header(&now, "From:"), "From: Reports <reports@example.org>");
    assert_eq!(header(&now, "To:"), header(&mail, "To:"));
    assert_ne!(header(&now, "From:"), header(&mail, "From:"));
    let slack = messages(warehouse).remove(4);
    assert_eq!(from_sender(warehouse, &slack, "x@example.org", &templates, key()).expect("looked"), None);
    assert_eq!(from_sender(warehouse, &now, "Reports <reports@example.org>", &templates, key()).expect("looked"), None);
}
