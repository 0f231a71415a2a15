//! Payloads in files beside the database: lost ones are reported and made again, erased ones go at once,
//! backups hold them.

use super::payloads::{issued, made, messages};
use super::*;
use crate::data_folder::DataFolder;
use chrono::{DateTime, Utc};
use daybook::jobs::maintenance::back_up;
use daybook::jobs::message_again::Origin;
use daybook::jobs::person::forget;
use daybook::support::secret::Secret;
use daybook::warehouse::maintenance::restore::restore;
use daybook::warehouse::maintenance::{MaintenanceConfig, backup};
use daybook::warehouse::outbox::{PayloadFiles, StoredMessage, Whose, claim, replace_lost, stored, sums_in_files};
use daybook::warehouse::privacy::person::Who;
use std::path::PathBuf;

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

/// A mail whose file was missing was not sent, and nobody was notified (muquit/mailsend#131); one went out without it
/// (mailpile/Mailpile#1753). The right value: not sent empty, reported, and made again.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_file_is_lost_is_not_sent_empty_and_is_made_again() {
    let (world, templates) = issued().await;
    let warehouse = world.context.warehouse.clone();
    let whole = messages(&warehouse);
    let own = PayloadFiles::of(warehouse.path()).expect("a folder");
    assert_eq!(files(own.folder()).len(), 4, "Slack's is small");
    files(own.folder()).iter().for_each(|file| std::fs::write(file, "cut").expect("damaged"));

    let (server, port) = Server::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let installation = TestInstallation { folder, warehouse: warehouse.clone(), clock: Clock::fixed(noon()) };
    let ways = installation.ways(port, operator);
    installation.deliver(&ways).await;
    assert_eq!(server.taken(), Vec::<String>::new());
    let sql = "SELECT DISTINCT state || ' ' || answer FROM ops.outbox
        WHERE message_id IN (SELECT message_id FROM ops.payload WHERE in_file)";
    let answers = texts(&warehouse, sql);
    assert!(answers.iter().all(|answer| answer.starts_with("failed not sent: the file with its bytes")), "{answers:?}");
    assert!(installation.notes().iter().any(|note| note.contains("not sent")), "{:?}", installation.notes());

    let to_ceo = |message: &StoredMessage| message.route.contains("ceo@example.com");
    let mail = messages(&warehouse).into_iter().find(to_ceo).expect("the mail");
    let again = made(&warehouse, &mail, &templates);
    assert_eq!(again.origin, Origin::RenderedAlike);
    assert!(Some(&again.payload) == whole.iter().find(|one| to_ceo(one)).and_then(|one| one.payload.as_ref()));
    let (id, now) = (mail.message_id.clone(), noon());
    warehouse.write_ledger_blocking(move |c| replace_lost(c, &id, &again.payload)).expect("put back");
    let id = mail.message_id.clone();
    assert!(warehouse.write_ledger_blocking(move |c| requeue(c, &id, now)).expect("put back"));
    installation.deliver(&ways).await;
    assert_eq!(server.taken(), ["ceo@example.com"]);
}

/// Files beside the database were in no backup (Budibase/budibase#18266), or one that was missing ended the backup
/// (opencats/OpenCATS#258). The right value: a new machine has every message that waits; what is missing is left out.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_brings_the_files_of_messages_to_a_new_machine() {
    let (world, _) = issued().await;
    let maintained = DataFolder { folder: world.folder.path().to_owned(), warehouse: world.context.warehouse.clone() };
    let context = maintained.maintain(MaintenanceConfig::default());
    back_up(&context, true, noon()).expect("a backup");
    back_up(&context, true, noon() + TimeDelta::hours(1)).expect("another");
    let backups = world.folder.path().join("backups");
    assert_eq!(files(&backups.join("payloads")).len(), 4, "once for all backups");
    let whole = messages(&world.context.warehouse);

    let other = tempfile::tempdir().expect("another machine");
    let copied = other.path().join("backups");
    for file in files(&backups).into_iter().chain(files(&backups.join("payloads"))) {
        let to = copied.join(file.strip_prefix(&backups).expect("within"));
        std::fs::create_dir_all(to.parent().expect("a parent")).expect("a folder");
        if file.is_file() {
            std::fs::copy(&file, &to).expect("copied");
        }
    }
    let newest = backup::list(&copied, DateTime::<Utc>::MAX_UTC).expect("a list").remove(0);
    let path = other.path().join("daybook.duckdb");
    restore(&path, &WarehouseConfig::default(), &newest, (&[], &Secret::new("key")), noon()).expect("restored");
    let restored = Warehouse::open(&path, &WarehouseConfig::default()).expect("a warehouse");
    let payloads = |all: Vec<StoredMessage>| all.into_iter().map(|one| one.payload).collect::<Vec<_>>();
    assert!(whole.iter().all(|one| one.payload.is_some()) && payloads(messages(&restored)) == payloads(whole));

    let lost = files(PayloadFiles::of(maintained.warehouse.path()).expect("a folder").folder()).remove(0);
    std::fs::remove_file(lost).expect("lost");
    back_up(&context, true, noon() + TimeDelta::hours(2)).expect("a backup all the same");
    // The last backup that names a file takes it along.
    drop(backup::remove_all(&backups, backup::Kind::Daybook, DateTime::<Utc>::MAX_UTC).expect("removed"));
    assert_eq!(files(&backups.join("payloads")), Vec::<PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_readers_mail_leaves_the_disk_at_once() {
    let (world, _) = issued().await;
    let warehouse = world.context.warehouse.clone();
    let maintained = DataFolder { folder: world.folder.path().to_owned(), warehouse: warehouse.clone() };
    let context = maintained.maintain(MaintenanceConfig::default());
    let mail = messages(&warehouse).remove(3);
    let own = PayloadFiles::of(warehouse.path()).expect("a folder");
    let before = files(own.folder()).len();
    let workspace = texts(&warehouse, "SELECT DISTINCT workspace FROM ops.report").remove(0);
    let done =
        forget(&context, &workspace, &Who::Mail("CEO@example.com".to_owned()), "cli", false, noon()).expect("erased");
    assert_eq!(done.left, Vec::<String>::new());
    assert_eq!(files(own.folder()).len(), before - 1);
    let left = warehouse.read_blocking(|reader| stored(reader, &mail.message_id)).expect("read").expect("a row");
    assert_eq!((left.payload, left.lacking_sha256), (None, None));
}

/// Whoever writes a message writes its file first: a claim always finds it.
#[test]
fn small_messages_stand_in_the_table_and_the_same_bytes_in_one_file() {
    let installation = TestInstallation::new();
    let payload = |bytes: usize| vec![b'x'; bytes];
    let message = |id: &str, bytes: usize| NewMessage {
        message_id: id.to_owned(),
        route: serde_json::to_string(&mail(id)).expect("JSON"),
        payload: payload(bytes),
        locale: None,
        made_with: None,
        refused: None,
    };
    let all = [message("small", 4095), message("large", 4096), message("again", 4096)];
    let now = noon();
    let write = move |c: &mut daybook::warehouse::LedgerWriter<'_>| enqueue(c, Kind::Report, "r", "acme", &all, now);
    assert_eq!(installation.warehouse.write_ledger_blocking(write).expect("written"), 3);
    let own = PayloadFiles::of(installation.warehouse.path()).expect("a folder");
    let sums = installation.warehouse.read_blocking(sums_in_files).expect("listed");
    assert_eq!((files(own.folder()).len(), sums.len()), (1, 1));
    for bytes in [4095, 4096, 4096] {
        let next = installation.warehouse.write_ledger_blocking(move |c| claim(c, "mail", &Whose::default(), now));
        assert_eq!(next.expect("claimed").expect("a message").payload.len(), bytes);
    }
}
