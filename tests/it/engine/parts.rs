//! Further questions of the same slice.

use super::vendor::{Vendor, bodies, days, engine, fetch, json, source};
use daybook::connectors::ConnectorError;

const PARTS: &str = r#"
[streams.rows]
about = "Rows by campaign, and the account as a whole."
records = "$.rows[*]"
loads = []

[streams.rows.slicing]
kind = "days"
step_days = 30
reread_days = 3

[streams.rows.request]
url = "{{ settings.base_url }}/campaigns"
query = [["after", "{{ cursor.token }}"]]

[streams.rows.paging]
kind = "next_token"
pointer = "/next"

[[streams.rows.parts]]
name = "account"

[streams.rows.parts.request]
url = "{{ settings.base_url }}/account"
"#;

#[tokio::test]
async fn pages_of_a_part_bear_its_name_and_those_of_the_streams_own_request_none() {
    let vendor = Vendor::start(|asked| match asked.line.as_str() {
        "GET /campaigns" => json(200, r#"{"rows":[1],"next":"b"}"#),
        "GET /campaigns?after=b" => json(200, r#"{"rows":[2]}"#),
        _ => json(200, r#"{"rows":[3]}"#),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let landed = fetch(&engine(folder.path()), &source(&vendor, PARTS, &[]), &days(1, 9)).await.expect("rows");
    let own = |body: &str| (String::new(), body.to_owned());
    let rows = [
        own(r#"{"rows":[1],"next":"b"}"#),
        own(r#"{"rows":[2]}"#),
        ("account".to_owned(), r#"{"rows":[3]}"#.to_owned()),
    ];
    assert_eq!(bodies(&landed), rows);
}

#[tokio::test]
async fn a_part_that_may_be_refused_is_missed_by_name_and_any_other_failure_fails_the_slice() {
    let spec = PARTS.replace("name = \"account\"", "name = \"account\"\nif_refused = \"the account may not be read\"");
    for (status, is_read) in [(403, true), (400, false)] {
        let vendor = Vendor::start(move |asked| match asked.line.as_str() {
            "GET /account" => json(status, "{}"),
            _ => json(200, r#"{"rows":[1]}"#),
        })
        .await;
        let folder = tempfile::tempdir().expect("a folder");
        let landed = fetch(&engine(folder.path()), &source(&vendor, &spec, &[]), &days(1, 9)).await;
        assert_eq!(landed.is_ok(), is_read, "{status}");
        if let Ok(landed) = landed {
            assert_eq!(bodies(&landed), [(String::new(), r#"{"rows":[1]}"#.to_owned())]);
            assert_eq!(landed.manifest.notes, ["the account may not be read"]);
        }
    }
}

#[tokio::test]
async fn a_part_that_fails_fails_the_slice() {
    // airbytehq/airbyte#29175: rows with 18 of 48 fields.
    let vendor = Vendor::start(|asked| match asked.line.as_str() {
        "GET /account" => json(403, "{}"),
        _ => json(200, r#"{"rows":[1]}"#),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let error = fetch(&engine(folder.path()), &source(&vendor, PARTS, &[]), &days(1, 9)).await.expect_err("no part");
    assert!(matches!(error, ConnectorError::Rejected { status: 403, .. }), "{error:?}");
}
