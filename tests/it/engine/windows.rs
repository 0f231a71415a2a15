//! Windows that a vendor cuts or refuses for their size.

use super::vendor::{Vendor, bodies, days, engine, fetch, json, source};
use chrono::NaiveDate;

const ROWS: &str = r#"
[streams.rows]
about = "Rows by creative and day."
records = "$.elements[*]"
loads = []

[streams.rows.slicing]
kind = "days"
step_days = 30
reread_days = 3

[streams.rows.request]
url = "{{ settings.base_url }}/analytics"
query = [["from", "{{ slice.start_date }}"], ["to", "{{ slice.end_date }}"]]

[streams.rows.paging]
kind = "none"
most_records = 15

[[errors]]
status = [400]
body = "reduce the amount"
action = "split_window"
note = "too much was asked for at once"
"#;

/// `a_day` rows for each day that is asked for, 15 at most.
async fn linkedin(a_day: usize) -> Vendor {
    Vendor::start(move |asked| {
        let day = |name: &str| -> NaiveDate {
            let value = asked.line.split(&format!("{name}=")).nth(1).expect("a day");
            value[..10].parse().expect("a day")
        };
        let days = usize::try_from((day("to") - day("from")).num_days()).expect("days") + 1;
        let rows: Vec<String> = (0..days * a_day)
            .map(|row| format!(r#"{{"row":"{} {row}","cost":"1.00"}}"#, asked.line))
            .take(15)
            .collect();
        json(200, &format!(r#"{{"elements":[{}],"paging":{{"start":0,"count":10,"links":[]}}}}"#, rows.join(",")))
    })
    .await
}

#[tokio::test]
async fn an_answer_that_ends_at_the_vendors_limit_is_asked_for_in_halves_until_it_does_not() {
    // OWOX/owox-data-marts#1569: exports lacked the campaigns of the first days, and a day asked again had them.
    let vendor = linkedin(4).await;
    let folder = tempfile::tempdir().expect("a folder");
    let landed = fetch(&engine(folder.path()), &source(&vendor, ROWS, &[]), &days(1, 10)).await.expect("rows");
    let rows: usize = bodies(&landed).iter().map(|(_, body)| body.matches("\"row\"").count()).sum();
    assert_eq!((rows, &landed.manifest.cut), (40, &None), "{:?}", vendor.lines());
}

#[tokio::test]
async fn a_day_that_is_cut_is_kept_and_not_called_whole() {
    let vendor = linkedin(20).await;
    let folder = tempfile::tempdir().expect("a folder");
    let landed = fetch(&engine(folder.path()), &source(&vendor, ROWS, &[]), &days(3, 4)).await.expect("rows");
    let rows: usize = bodies(&landed).iter().map(|(_, body)| body.matches("\"row\"").count()).sum();
    let cut = landed.manifest.cut.expect("a cut");
    assert_eq!((rows, cut.contains("15 at most")), (30, true), "{cut}");
}

#[tokio::test]
async fn a_page_of_a_window_that_failed_midway_is_not_kept_beside_its_halves() {
    // PostHog/posthog#49237: "too much data" on the second page.
    let paged = ROWS.replace("kind = \"none\"\nmost_records = 15", "kind = \"next_token\"\npointer = \"/next\"");
    let paged =
        paged.replace(r#""{{ slice.end_date }}"]"#, r#""{{ slice.end_date }}"], ["after", "{{ cursor.token }}"]"#);
    let vendor = Vendor::start(|asked| match asked.line.as_str() {
        "GET /analytics?from=2026-11-01&to=2026-11-30" => json(200, r#"{"elements":["51","52"],"next":"b"}"#),
        "GET /analytics?from=2026-11-01&to=2026-11-30&after=b" => {
            json(400, r#"{"error":{"code":1,"message":"Please reduce the amount of data you're asking for"}}"#)
        }
        "GET /analytics?from=2026-11-01&to=2026-11-15" => json(200, r#"{"elements":["51"]}"#),
        "GET /analytics?from=2026-11-16&to=2026-11-30" => json(200, r#"{"elements":["52","53"]}"#),
        line => panic!("nobody should ask {line}"),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let landed = fetch(&engine(folder.path()), &source(&vendor, &paged, &[]), &days(1, 30)).await.expect("rows");
    let own: Vec<String> = bodies(&landed).into_iter().map(|(_, body)| body).collect();
    assert_eq!(own, [r#"{"elements":["51"]}"#, r#"{"elements":["52","53"]}"#]);
}

#[tokio::test]
async fn a_day_that_is_refused_for_its_size_is_told() {
    let vendor = Vendor::start(|_| json(400, r#"{"message":"Please reduce the amount of data"}"#)).await;
    let folder = tempfile::tempdir().expect("a folder");
    let error = fetch(&engine(folder.path()), &source(&vendor, ROWS, &[]), &days(3, 4)).await.expect_err("refused");
    assert!(error.to_string().contains("too much was asked for at once"), "{error}");
}
