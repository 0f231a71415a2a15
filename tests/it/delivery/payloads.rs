//! Payloads of reports that went out are dropped after thirty days and made again from the issued document.

use crate::figures::{audience, context, order};
use crate::support::{noon, texts};
use crate::tenants::{Simulation, world};
use chrono::TimeDelta;
use daybook::jobs::issue::issue_report;
use daybook::jobs::message_again::{MessageBytes, Origin, bytes_of};
use daybook::jobs::report::{Audience, Formats};
use daybook::report::templates::Templates;
use daybook::sandbox::{Faults, tenants};
use daybook::support::secret::Secret;
use daybook::warehouse::outbox::{
    Ending, StoredMessage, Whose, claim, drop_payloads, finish, requeue, send_again, stored,
};
use daybook::warehouse::{Context, Warehouse};
use std::collections::BTreeMap;

/// A report as it goes to files, mail, and Slack; the mail in German, with one attachment and an unsubscribe link.
fn readers() -> Audience {
    let only_pdf = Formats { pdf: true, html: false, csv: false, xlsx: false };
    Audience {
        attachments: BTreeMap::from([("ceo@example.com".to_owned(), only_pdf)]),
        locales: BTreeMap::from([("ceo@example.com".to_owned(), "de".parse().expect("a locale"))]),
        reply_to: Some("marketing@example.com".to_owned()),
        unsubscribe: vec!["https://example.com/off/{reader}".to_owned()],
        unsubscribe_key: key(),
        ..audience()
    }
}

fn key() -> Option<Secret> {
    Some(Secret::new("key of the links"))
}

fn messages(warehouse: &Warehouse) -> Vec<StoredMessage> {
    let ids = texts(warehouse, "SELECT message_id FROM ops.outbox ORDER BY position");
    let one = |id: &String| warehouse.read_blocking(|reader| stored(reader, id)).expect("read").expect("a message");
    ids.iter().map(one).collect()
}

fn send_all(warehouse: &Warehouse, at: chrono::DateTime<chrono::Utc>) {
    for lane in ["file", "mail", "slack:marketing"] {
        let next = || warehouse.write_ledger_blocking(move |c| claim(c, lane, &Whose::default(), at)).expect("claimed");
        while let Some(message) = next() {
            let accepted = Ending::Accepted { answer: "ok".to_owned() }.into();
            warehouse.write_ledger_blocking(move |c| finish(c, &message, &accepted, at)).expect("finished");
        }
    }
}

async fn issued() -> (Simulation, Templates) {
    let world = world(30, Faults::none()).await;
    world.sync().await;
    world.rollup().await;
    let templates = Templates::new(None).0;
    let tenant = tenants().remove(1);
    let context = context(&tenant);
    let order = order("daily_performance", &context, noon());
    issue_report(&world.context.warehouse, &context, &order, &readers(), &templates).expect("issued");
    (world, templates)
}

fn made(warehouse: &Warehouse, message: &StoredMessage, templates: &Templates) -> MessageBytes {
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

    let drop_at = |days: i64| {
        let now = noon() + TimeDelta::days(days);
        warehouse.write_ledger_blocking(move |ledger| drop_payloads(ledger, now)).expect("looked")
    };
    assert_eq!(drop_at(29).messages, 0, "thirty days are not over");
    let dropped = drop_at(31);
    let bytes: usize = sent.iter().map(|message| message.payload.as_ref().map_or(0, Vec::len)).sum();
    assert_eq!((dropped.messages, dropped.bytes), (5, bytes as u64));
    assert_eq!(drop_at(32).messages, 0, "once");

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
async fn a_changed_template_and_a_changed_key_are_said_to_be_why_the_bytes_are_others() {
    let (world, templates) = issued().await;
    let warehouse = &world.context.warehouse;
    send_all(warehouse, noon());
    let later = noon() + TimeDelta::days(31);
    warehouse.write_ledger_blocking(move |ledger| drop_payloads(ledger, later)).expect("dropped");
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
    let (world, templates) = issued().await;
    let warehouse = &world.context.warehouse;
    send_all(warehouse, noon());
    let later = noon() + TimeDelta::days(31);
    warehouse.write_ledger_blocking(move |ledger| drop_payloads(ledger, later)).expect("dropped");
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
    let later = noon() + TimeDelta::days(31);
    let dropped = warehouse.write_ledger_blocking(move |ledger| drop_payloads(ledger, later)).expect("dropped");
    assert_eq!(dropped.messages, 4, "files and Slack");
    let mail = messages(warehouse).remove(3);
    assert_eq!(made(warehouse, &mail, &templates).origin, Origin::Kept);
    let erased = StoredMessage { payload: None, dropped: None, ..mail };
    assert_eq!(bytes_of(warehouse, &erased, &templates, None).expect("looked"), None);
}
