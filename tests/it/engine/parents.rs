//! Objects within objects, and accounts that a credential can see.

use super::vendor::{Asked, Vendor, bodies, engine, fetch, json, source};
use crate::support::texts;
use daybook::connectors::landing::PageLabel;
use daybook::connectors::listed::Listed;
use daybook::connectors::parts_of::PartOf;
use daybook::connectors::{Connection, Slice, Window};
use daybook::jobs::sync::{Source, SyncContext, sync_connection};
use daybook::support::clock::Clock;
use daybook::support::secret::Secret;
use daybook::warehouse::Warehouse;
use std::path::Path;
use std::sync::Arc;

const LISTS: &str = r#"
[streams.rows]
about = "Lists, their mailings, and the clicks of each."
records = "$.rows[*]"
loads = []

[streams.rows.slicing]
kind = "whole"

[streams.rows.request]
url = "{{ settings.base_url }}/lists"

[streams.rows.follow]
part = "mailings"
ids = { records_pointer = "/rows", id_pointers = ["/id"] }

[streams.rows.follow.request]
url = "{{ settings.base_url }}/lists/{{ cursor.ids[0] | path }}/mailings"
query = [["after", "{{ cursor.token }}"]]

[streams.rows.follow.paging]
kind = "next_token"
pointer = "/next"

[[streams.rows.follow_also]]
part = "clicks"
from_part = "mailings"
ids = { records_pointer = "/rows", id_pointers = ["/id"] }

[streams.rows.follow_also.request]
url = "{{ settings.base_url }}/lists/{{ cursor.parent | path }}/mailings/{{ cursor.ids[0] | path }}/clicks"
"#;

#[tokio::test]
async fn children_are_paged_and_know_their_parents_two_levels_down() {
    let vendor = Vendor::start(|asked| match asked.line.as_str() {
        "GET /lists" => json(200, r#"{"rows":[{"id":"a"},{"id":"b"}]}"#),
        "GET /lists/a/mailings" => json(200, r#"{"rows":[{"id":1}],"next":"2"}"#),
        "GET /lists/a/mailings?after=2" => json(200, r#"{"rows":[{"id":2}]}"#),
        "GET /lists/b/mailings" => json(200, r#"{"rows":[]}"#),
        "GET /lists/a/mailings/1/clicks" => json(200, r#"{"rows":[{"clicks":5}]}"#),
        "GET /lists/a/mailings/2/clicks" => json(200, r#"{"rows":[{"clicks":6}]}"#),
        line => panic!("nobody should ask {line}"),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let whole = Slice { partition: String::new(), window: Window::Whole };
    let landed = fetch(&engine(folder.path()), &source(&vendor, LISTS, &[]), &whole).await.expect("rows");
    let labels: Vec<(&str, &str)> =
        landed.manifest.pages.iter().map(|page| (page.label.part.as_str(), page.label.parent.as_str())).collect();
    let wanted = [("", ""), ("mailings", "a"), ("mailings", "a"), ("mailings", "b"), ("clicks", "1"), ("clicks", "2")];
    assert_eq!(labels, wanted);
    assert_eq!(landed.manifest.pages[0].label, PageLabel::default());
}

const BATCH: &str = r#"
[streams.rows]
about = "Objects by id."
records = "$.results[*]"
loads = []

[streams.rows.slicing]
kind = "whole"

[streams.rows.request]
url = "{{ settings.base_url }}/ids"

[streams.rows.follow]
ids = { records_pointer = "/results", id_pointers = ["/id"] }
batch = 2
failed = { records_pointer = "/errors", id_pointer = "/context/id", message_pointer = "/message" }

[streams.rows.follow.request]
method = "POST"
url = "{{ settings.base_url }}/batch"
body = '{"ids": {{ cursor.ids | tojson }}}'
"#;

#[tokio::test]
async fn objects_that_a_batch_could_not_be_given_are_named_and_the_others_are_kept() {
    let vendor = Vendor::start(|asked: &Asked| match (asked.line.as_str(), asked.before) {
        ("GET /ids", _) => json(200, r#"{"results":[{"id":"1"},{"id":"2"},{"id":"3"}]}"#),
        (_, 0) => json(
            207,
            r#"{"results":[{"id":"1"}],"errors":[{"status":"error","context":{"id":["2"]},"message":"Could not get some CONTACT objects"}]}"#,
        ),
        _ => json(200, r#"{"results":[{"id":"3"}]}"#),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let whole = Slice { partition: String::new(), window: Window::Whole };
    let landed = fetch(&engine(folder.path()), &source(&vendor, BATCH, &[]), &whole).await.expect("rows");
    assert_eq!(bodies(&landed).len(), 3);
    assert_eq!(landed.unread(), [("2".to_owned(), "Could not get some CONTACT objects".to_owned())]);
}

const ACCOUNTS: &str = r#"
[settings.accounts]
about = "Accounts to read; all if empty."
kind = "list"
default = []

[settings.ignored]
about = "Accounts not to read."
kind = "list"
default = []

[partitions.accounts]
label = "ad accounts"
setting = "accounts"
ignored = "ignored"
ids = { records_pointer = "/elements", id_pointers = ["/id"] }

[partitions.accounts.request]
url = "{{ settings.base_url }}/accounts"

[streams.rows]
about = "Rows of an account."
partition_over = "accounts"
records = "$.elements[*]"
loads = []

[streams.rows.slicing]
kind = "days"
step_days = 30
reread_days = 3

[streams.rows.request]
url = "{{ settings.base_url }}/rows/{{ partition | path }}"
"#;

/// With these values of the two settings, and what is on the disk.
fn with(source: &Source, folder: &Path, accounts: &[&str], ignored: &[&str]) -> Source {
    let mut connection = source.connection.clone();
    for (name, list) in [("accounts", accounts), ("ignored", ignored)] {
        let list = list.iter().map(|entry| toml::Value::from(*entry)).collect();
        connection.settings.insert(name.to_owned(), toml::Value::Array(list));
    }
    let listed = Listed::read(folder, "acme", "vendor");
    Source { connection: Connection { listed, ..connection }, ..source.clone() }
}

fn read(parts: &[PartOf]) -> Vec<(&str, bool)> {
    parts.iter().map(|part| (part.partition.as_str(), part.refused.is_none())).collect()
}

#[tokio::test]
async fn accounts_are_those_that_the_credential_can_see_and_one_that_is_lost_is_missed() {
    let vendor = Vendor::start(|asked| match (asked.line.as_str(), asked.before) {
        ("GET /accounts", 0) => json(200, r#"{"elements":[{"id":1},{"id":2}]}"#),
        ("GET /accounts", _) => json(200, r#"{"elements":[{"id":2},{"id":3}]}"#),
        _ => json(200, r#"{"elements":[]}"#),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let source = source(&vendor, ACCOUNTS, &[]);
    // A new engine each time: an answer serves for ten minutes.
    let parts = async |accounts: &[&str], ignored: &[&str]| {
        let of = with(&source, folder.path(), accounts, ignored);
        engine(folder.path())
            .parts_of(&of.connection, &of.connection.connector.spec.streams["rows"])
            .await
            .expect("accounts")
    };
    assert_eq!(read(&parts(&[], &[]).await), [("1", true), ("2", true)]);
    let later = parts(&[], &[]).await;
    assert_eq!(read(&later), [("1", false), ("2", true), ("3", true)]);
    let why = later[0].refused.as_deref().expect("a reason");
    assert!(why.contains("1 is not among the ad accounts that this credential can see; it was until"), "{why}");
    assert!(why.contains("name it in ignored"), "{why}");
    assert_eq!(read(&parts(&[], &["1", "3"]).await), [("2", true)]);
    // One that was named is missed as well: LinkedIn answers an account without access with an empty list.
    assert_eq!(read(&parts(&["1", "2"], &[]).await), [("1", false), ("2", true)]);
    let named = with(&source, folder.path(), &["2"], &["1"]);
    let others = engine(folder.path()).unnamed(&named.connection);
    assert_eq!(others["ad accounts"], ["3"], "nobody decided about it");
    assert_eq!(with(&source, folder.path(), &[], &["1"]).connection.partitions(Some("accounts")), ["2", "3"]);
}

#[tokio::test]
async fn days_of_an_account_that_is_lost_are_not_covered_and_the_others_are_read() {
    // learn.microsoft.com/linkedin, Reporting: an empty answer means no activity or no access.
    let vendor = Vendor::start(|asked| match asked.line.as_str() {
        "GET /accounts" => json(200, r#"{"elements":[{"id":2}]}"#),
        _ => json(200, r#"{"elements":[]}"#),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let source = with(&source(&vendor, ACCOUNTS, &[]), folder.path(), &["1", "2"], &[]);
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let clock = Clock::fixed("2026-11-20T12:00:00Z".parse().expect("an instant"));
    let own = daybook::connectors::Engine::new(folder.path().to_owned(), clock.clone()).expect("an engine");
    let context = SyncContext::new(Arc::new(own), warehouse.clone(), clock, Secret::new("key"));
    let outcomes = sync_connection(&context, &source, &|_| ()).await;
    let error = outcomes[0].error.clone().expect("an account is lost");
    assert!(error.message.contains("1 is not among the ad accounts") && !error.can_retry, "{error:?}");
    assert_eq!((vendor.count("GET /rows/1"), vendor.count("GET /rows/2")), (0, 1));
    let standing = "SELECT partition || ' ' || s || ' ' || n FROM (SELECT partition, coalesce(standing, 'whole') AS s, count(*) AS n FROM ops.coverage GROUP BY ALL) ORDER BY ALL";
    assert_eq!(texts(&warehouse, standing), ["1 refused 20", "2 whole 20"]);
}
