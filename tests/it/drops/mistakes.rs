//! Mistakes of honest people: reported with file, line and remedy.

use super::{BUDGETS, DaemonHandle, LOADED, walk};
use crate::support::noon;

#[tokio::test(flavor = "multi_thread")]
async fn bad_rows_are_kept_with_reason_file_line_and_record_and_a_mended_file_clears_them() {
    let desk = DaemonHandle::forgiving("budgets");
    let text = "month,channel,amount,owner\n\n2026-11,paid_search,100,\"Ann\nLee\"\n2026-13,email,1,\n2026-11,seo,viel,Bo\n2026-11,sms,1,200.50,Cy\n,,,\n2026-11,tv,\"1;2M\",\n-,tv,n/a,\n";
    desk.put("plan.csv", text);
    let outcome = desk.sync().await;
    assert_eq!((outcome.loaded.rows_read, outcome.loaded.rows_written, outcome.loaded.rows_quarantined), (6, 1, 5));
    assert_eq!(
        desk.quarantine(),
        [
            "plan.csv, line 5: month: \"2026-13\" is not a month such as 2026-11",
            "plan.csv, line 6: amount: \"viel\" is not a number",
            "plan.csv, line 7: the row has 5 values for 4 columns",
            "plan.csv, line 9: amount: \"1;2M\" is not a number",
            "plan.csv, line 10: month is missing; amount is missing",
        ]
    );
    assert_eq!(
        desk.texts("SELECT raw FROM ops.quarantine WHERE record_no IN (6, 7) ORDER BY record_no"),
        ["{\"month\":\"2026-11\",\"channel\":\"seo\",\"amount\":\"viel\",\"owner\":\"Bo\"}", "2026-11,sms,1,200.50,Cy"]
    );
    assert!(
        outcome.loaded.notes[0].starts_with("plan.csv, line 5: month")
            && outcome.loaded.notes[0].ends_with("(quarantined, with 4 more rows)"),
        "{:?}",
        outcome.loaded.notes
    );

    desk.put("plan.csv", BUDGETS);
    let mended = desk.sync().await;
    assert_eq!((mended.error, mended.loaded.rows_quarantined), (None, 0));
    assert_eq!(desk.quarantine(), [""; 0], "the mended file settles the old rows");
    desk.context.clock.set(noon() + chrono::TimeDelta::minutes(1));
    desk.put("plan.csv", text);
    assert_eq!(desk.sync().await.slices, 1, "earlier contents that come back are loaded again");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_columns_encodings_and_empty_files_are_reported_with_line_and_remedy() {
    let desk = DaemonHandle::new("budgets");
    let cases: [(&str, &[u8], &str); 13] = [
        (
            "n.csv",
            b"month,chanel,amount\n2026-11,seo,1\n",
            "n.csv, line 1: there is no column \"channel\"; did you mean it by \"chanel\"? Then write columns = { \"chanel\" = \"channel\" }",
        ),
        (
            "n.ndjson",
            b"{\"monht\": \"2026-11\"}\n",
            "there are no columns \"month\", \"channel\", \"amount\"; it has \"monht\"; say which columns",
        ),
        ("d.csv", b"month,channel,amount,amount\n", "line 1: two columns are called \"amount\"; keep one"),
        (
            "l.csv",
            b"month,channel,amount\n2026-11,seo,1\n2026-11,B\x81\x8dcher,1\n",
            "l.csv, line 3: the text is not UTF-8 (byte 0x81)",
        ),
        (
            "x.csv",
            b"PK\x03\x04rest",
            "this is a zip archive, although its name says otherwise; give it the ending .zip",
        ),
        ("g.csv", &[0x1f, 0x8b, 8, 0], "the file is packed (.gz), although its name says otherwise"),
        ("e.csv", b"", "the file is empty; drop it again with a header and rows"),
        ("b.csv", b"\xef\xbb\xbf\r\n ", "the file is empty"),
        ("p.parquet", b"no parquet", "p.parquet: the file cannot be read as Parquet ("),
        ("j.ndjson", b"[{\"month\": 1}]", "j.ndjson, line 1: there are no columns \"channel\", \"amount\""),
        ("k.ndjson", b"month,channel\n2026-11,seo\n", "no line is a JSON object; write one object a line"),
        ("z.csv.gz", b"\x1f\x8b\x08\0\0\0\0\0", "the packed file ends too early: it seems cut; drop it again"),
        ("y.csv.zst", b"no zstd at all", "the file is not packed, although its name says so"),
    ];
    for (name, bytes, wanted) in cases {
        let told = desk.refusal(name, bytes).await;
        assert!(told.contains(wanted), "{name}: {told}");
    }
    let only_header = desk.put("h.csv", "month,channel,amount,curency\n");
    let outcome = desk.sync().await;
    assert_eq!(outcome.error, None);
    assert_eq!(
        outcome.loaded.notes,
        [
            "h.csv: the column \"curency\" is not read; did you mean \"currency\"?",
            "h.csv: the file has columns but no rows"
        ]
    );
    std::fs::remove_file(only_header).expect("removed");
    desk.put("a.csv", "month,channel\n");
    desk.put("b.csv", BUDGETS);
    desk.put("c.csv", "");
    let outcome = desk.sync().await;
    let told = outcome.error.expect("an error").message;
    assert!(told.contains("a.csv, line 1") && told.contains("c.csv: the file is empty"), "every file is told: {told}");
    assert_eq!(desk.budgets(), LOADED, "and the sound one is loaded");
    let landed = walk(&desk.root.path().join("landing"));
    assert!(
        landed.iter().all(|path| path.contains("-b-csv") || path.contains("-h-csv")),
        "nothing else stays: {landed:?}"
    );
    assert!(!landed.iter().any(|path| path.contains("records-")), "{landed:?}");
}

/// logstash-plugins/logstash-input-s3#227, airbytehq/airbyte#12568: a file whose clock was ahead hid what came
/// after it.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_time_has_not_come_yields_to_a_later_correction_and_is_reported() {
    let desk = DaemonHandle::new("budgets");
    let budget = |amount| format!("month,channel,amount\n2026-11,seo,{amount}\n");
    super::rest(&desk.put("a.csv", budget(10)), -400 * 24 * 60);
    let first = desk.sync().await;
    assert_eq!((first.error, first.slices), (None, 1));
    let told = "a.csv: its time, 2027-12-25 12:00 UTC, lies ahead of now: what came after it counts";
    assert!(first.loaded.notes.iter().any(|note| note.starts_with(told)), "{:?}", first.loaded.notes);
    desk.put("b.csv", budget(11));
    let second = desk.sync().await;
    assert_eq!(desk.budgets(), ["2026-11-01 seo 11.000000 EUR"]);
    assert!(second.loaded.notes.iter().any(|note| note.starts_with(told)), "it is still told");
    desk.rested(&desk.drop.folder.join("a.csv"));
    let set_right = desk.sync().await;
    assert_eq!(set_right.loaded.notes, Vec::<String>::new());
    assert_eq!(desk.budgets(), ["2026-11-01 seo 11.000000 EUR"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_still_being_written_waits_for_the_next_run() {
    let desk = DaemonHandle::new("budgets");
    let path = desk.put("b.csv", BUDGETS);
    let file = std::fs::File::options().write(true).open(&path).expect("the file");
    file.set_modified((noon() - chrono::TimeDelta::seconds(2)).into()).expect("an age");
    desk.put("b.csv.part", BUDGETS);
    desk.put("~$plan.xlsx", "lock");
    let outcome = desk.sync().await;
    assert_eq!((outcome.error, outcome.slices), (None, 0));
    assert_eq!(outcome.loaded.notes[1], "b.csv.part: it is still being written, as its name says");
    assert!(
        outcome.loaded.notes[0].starts_with("b.csv: left for the next run, it changed less than 5 s ago"),
        "{:?}",
        outcome.loaded.notes
    );
    desk.rested(&path);
    assert_eq!(desk.sync().await.slices, 1);
    assert_eq!(desk.budgets(), LOADED);
}
