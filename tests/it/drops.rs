//! Dropped files: every kind loads, and whatever cannot be used is told with file, line and remedy.

use crate::support::{noon, texts};
use daybook::connectors::Engine;
use daybook::connectors::file::{DecimalMark, FileDrop, Mapping, Preset};
use daybook::domain::money::Currency;
use daybook::domain::workspace::Workspace;
use daybook::jobs::files::{FileSource, sync_files};
use daybook::jobs::sync::{StreamOutcome, SyncContext};
use daybook::support::clock::Clock;
use daybook::support::secret::Secret;
use daybook::support::stop::Stop;
use daybook::warehouse::Warehouse;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A drop folder with an installation beside it.
struct Desk {
    root: tempfile::TempDir,
    context: SyncContext,
    drop: FileDrop,
}

impl Desk {
    fn new(preset: Preset) -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let folder = root.path().join("drops");
        std::fs::create_dir(&folder).expect("a drop folder");
        let clock = Clock::fixed(noon());
        let engine = Arc::new(Engine::new(root.path().join("landing"), clock.clone()).expect("an engine"));
        let warehouse = Warehouse::in_memory().expect("a warehouse");
        let context = SyncContext { engine, warehouse, clock, person_key: Secret::new("key"), stop: Stop::default() };
        Self { root, context, drop: FileDrop::new(folder, preset) }
    }

    /// Drops a file as if it had come an hour ago.
    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.drop.folder.join(name);
        std::fs::write(&path, bytes).expect("written");
        self.rested(&path);
        path
    }

    fn rested(&self, path: &Path) {
        let an_hour_ago = noon() - chrono::TimeDelta::hours(1);
        let file = std::fs::File::options().write(true).open(path).expect("the file");
        file.set_modified(an_hour_ago.into()).expect("an age");
    }

    async fn sync(&self) -> StreamOutcome {
        let workspace = Workspace {
            id: "acme".to_owned(),
            name: "Acme".to_owned(),
            time_zone: chrono_tz::Europe::Berlin,
            currency: Currency::new("EUR").expect("a currency"),
            week_starts_on: chrono::Weekday::Mon,
        };
        let source = FileSource { workspace, id: "drop".to_owned(), drop: self.drop.clone() };
        sync_files(&self.context, &self.root.path().join("landing"), &source).await
    }

    fn texts(&self, sql: &str) -> Vec<String> {
        texts(&self.context.warehouse, sql)
    }

    fn quarantine(&self) -> Vec<String> {
        self.texts("SELECT reason FROM ops.quarantine ORDER BY record_no")
    }

    fn budgets(&self) -> Vec<String> {
        self.texts(
            "SELECT month_date || ' ' || channel || ' ' || amount || ' ' || currency FROM core.budget ORDER BY ALL",
        )
    }

    /// What a sync of one file says that must be refused.
    async fn refusal(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.put(name, bytes);
        let outcome = self.sync().await;
        assert_eq!(outcome.loaded.rows_written, 0, "{outcome:?}");
        std::fs::remove_file(path).expect("removed");
        let error = outcome.error.expect("an error");
        assert!(!error.can_retry && error.message.contains(name), "{error:?}");
        error.message
    }
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("packed");
    encoder.finish().expect("packed")
}

/// A Parquet file with the rows of a query.
fn parquet(path: &Path, query: &str) {
    let connection = duckdb::Connection::open_in_memory().expect("a database");
    connection.execute_batch(&format!("COPY ({query}) TO '{}' (FORMAT parquet)", path.display())).expect("written");
}

const BUDGETS: &str = "month,channel,amount,currency\n2026-11,paid_search,\"12,000.50\",EUR\n2026-11,Email,800,\n";
const LOADED: [&str; 2] = ["2026-11-01 email 800.000000 EUR", "2026-11-01 paid_search 12000.500000 EUR"];

#[tokio::test(flavor = "multi_thread")]
async fn csv_ndjson_and_parquet_load_packed_or_not() {
    let objects = "{\"month\": \"2026-11\", \"channel\": \"paid_search\", \"amount\": 12000.50, \"currency\": \"EUR\"}\n\
                   \n{\"channel\": \"Email\", \"month\": \"2026-11-15\", \"amount\": \"800\"}";
    let semicolons =
        "\u{feff}Month;Channel;Budget;Currency\r\n2026-11;paid_search;12,000.50;EUR\r\n2026-11;Email;800;\r\n";
    let files: [(&str, Vec<u8>); 8] = [
        ("b.csv", BUDGETS.into()),
        ("b.CSV", semicolons.into()),
        ("b.tsv", BUDGETS.replace("\"12,000.50\"", "12000.50").replace(',', "\t").into()),
        ("hint.csv", format!("sep=;\r\n{}", &semicolons[3..]).into()),
        ("b.csv.gz", gz(BUDGETS.as_bytes())),
        ("b.csv.zst", zstd::encode_all(BUDGETS.as_bytes(), 3).expect("packed")),
        ("b.ndjson", objects.into()),
        ("b.jsonl.gz", gz(objects.as_bytes())),
    ];
    for (name, bytes) in files {
        let desk = Desk::new(Preset::Budgets);
        desk.put(name, bytes);
        let outcome = desk.sync().await;
        assert_eq!((outcome.error.as_ref(), outcome.loaded.rows_quarantined), (None, 0), "{name}: {outcome:?}");
        assert_eq!(desk.budgets(), LOADED, "{name}");
        assert_eq!(desk.sync().await.slices, 0, "{name} is known");
    }
    let desk = Desk::new(Preset::Budgets);
    let path = desk.put("b.parquet", "");
    parquet(
        &path,
        "SELECT DATE '2026-11-03' AS month, 'paid_search' AS channel, 12000.50::DECIMAL(9, 2) AS amount, 'EUR' AS currency
         UNION ALL SELECT DATE '2026-11-04', 'Email', 800, NULL",
    );
    desk.rested(&path);
    assert_eq!(desk.sync().await.error, None);
    assert_eq!(desk.budgets(), LOADED);
    let landed = desk.texts("SELECT manifest FROM ops.load").remove(0);
    assert!(Path::new(&landed).with_file_name("page-00001.parquet").is_file(), "landed as it is");
}

#[tokio::test(flavor = "multi_thread")]
async fn budgets_targets_creators_rates_and_offline_conversions_all_can_be_dropped() {
    let cases = [
        (Preset::Budgets, BUDGETS, "core.budget", "2"),
        (Preset::Targets, "month,metric,target\n2026-11,leads,900\n2026-11,lead_rate,2.5%\n", "core.target", "2"),
        (Preset::Fx, "date,currency,rate\n2026-11-02,USD,1.151234567\n", "core.fx_rate", "1"),
        (
            Preset::Influencer,
            "network,creator,program,live date,cost,currency\ntiktok,@a,c,2026-11-02,1.2K,EUR\n",
            "core.influencer_post",
            "1",
        ),
        (
            Preset::OfflineConversions,
            "order_id,converted_at,value,currency\nK-1,2026-11-02T18:00:00,80.5,EUR\n",
            "core.offline_conversion",
            "1",
        ),
    ];
    for (preset, text, table, rows) in cases {
        let desk = Desk::new(preset);
        desk.put("a.csv", text);
        let outcome = desk.sync().await;
        assert_eq!((outcome.error.as_ref(), outcome.loaded.notes.as_slice()), (None, [].as_slice()), "{preset:?}");
        assert_eq!(desk.texts(&format!("SELECT count(*)::VARCHAR FROM {table}")), [rows], "{preset:?}");
        match preset {
            Preset::Targets => assert_eq!(
                desk.texts("SELECT amount::VARCHAR FROM core.target WHERE metric = 'lead_rate'"),
                ["0.025000"]
            ),
            Preset::Fx => assert_eq!(desk.texts("SELECT rate::VARCHAR FROM core.fx_rate"), ["1.151234567"]),
            Preset::Influencer => {
                assert_eq!(desk.texts("SELECT handle || ' ' || fee FROM core.influencer_post"), ["a 1200.000000"])
            }
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creators_post_is_known_by_its_address_with_or_without_a_tracking_parameter() {
    let desk = Desk::new(Preset::Influencer);
    let posts = [
        "https://www.YouTube.com/watch?v=AbC&si=x1",
        "https://youtube.com/watch?v=aBc",
        "https://www.instagram.com/p/DxY/?igsh=MW==#c",
        "https://example.com/x?single=1&utm_source=ig&page=2",
    ];
    let table = |posts: &[&str]| {
        let rows = posts.iter().map(|post| format!("youtube,@a,c,2026-11-02,{post}\n")).collect::<String>();
        format!("platform,handle,campaign,posted_at,post\n{rows}")
    };
    desk.put("a.csv", table(&posts));
    let keys = || desk.texts("SELECT post_key FROM core.influencer_post ORDER BY 1");
    let known =
        ["example.com/x?single=1&page=2", "instagram.com/p/DxY", "youtube.com/watch?v=AbC", "youtube.com/watch?v=aBc"];
    assert_eq!(desk.sync().await.error, None);
    assert_eq!(keys(), known);
    desk.put("b.csv", table(&["http://youtube.com/watch?feature=share&v=AbC", "www.instagram.com/p/DxY?utm_medium=x"]));
    assert_eq!(desk.sync().await.error, None);
    assert_eq!(keys(), known, "the same posts under other addresses");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_says_which_column_is_which_field_and_how_it_is_written() {
    let mut desk = Desk::new(Preset::OfflineConversions);
    let pairs = |all: &[(&str, &str)]| all.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    desk.drop.mapping = Some(Mapping {
        columns: pairs(&[
            ("Beleg-Nr.", "conversion_id"),
            ("Datum", "date"),
            ("Betrag", "amount"),
            ("Aktion", "utm_campaign"),
        ]),
        constants: pairs(&[("currency", "CHF"), ("utm_source", "Store")]),
    });
    desk.drop.decimal_mark = DecimalMark::Comma;
    desk.drop.date_format = Some("%d.%m.%Y".to_owned());
    desk.put("kasse.csv", "Datum;Beleg-Nr.;Betrag;Aktion;currency\n02.11.2026;K-1;1.204,50;Herbst;XXX\n2026-11-03;K-2;-5,5;;\n04.11.2026;K-3;1.5;;\n");
    let typed = desk.put("kasse.parquet", "");
    parquet(
        &typed,
        "SELECT DATE '2026-11-05' AS \"Datum\", 4 AS \"Beleg-Nr.\", 7.25::DOUBLE AS \"Betrag\", '' AS \"Aktion\"",
    );
    desk.rested(&typed);
    desk.put("kasse.ndjson", "{\"Datum\": \"06.11.2026\", \"Beleg-Nr.\": 5, \"Betrag\": 8.75, \"Aktion\": null}");
    let outcome = desk.sync().await;
    assert_eq!(outcome.error, None);
    assert_eq!(
        desk.texts("SELECT conversion_id || ' ' || date || ' ' || amount || ' ' || currency || ' ' || source || ' ' || campaign FROM core.offline_conversion ORDER BY date"),
        ["K-1 2026-11-02 1204.500000 CHF store Herbst", "K-2 2026-11-03 -5.500000 CHF store ", "4 2026-11-05 7.250000 CHF store ", "5 2026-11-06 8.750000 CHF store "]
    );
    assert_eq!(
        desk.quarantine(),
        ["kasse.csv, line 4: amount: \"1.5\" is not a number below 1,000,000,000,000 with the decimal mark \",\""]
    );

    desk.drop.date_format = Some("%m.%d.%Y".to_owned());
    assert_eq!(desk.sync().await.slices, 3, "another way of reading is another load");
    assert_eq!(
        desk.texts("SELECT date::VARCHAR FROM core.offline_conversion WHERE conversion_id = 'K-1'"),
        ["2026-02-11"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_rows_are_kept_with_reason_file_line_and_record_and_a_mended_file_clears_them() {
    let desk = Desk::new(Preset::Budgets);
    let text = "month,channel,amount,owner\n\n2026-11,paid_search,100,\"Ann\nLee\"\n2026-13,email,1,\n2026-11,seo,viel,Bo\n2026-11,sms,1,200.50,Cy\n,,,\n2026-11,tv,\"1,2M\",\n-,tv,n/a,\n";
    desk.put("plan.csv", text);
    let outcome = desk.sync().await;
    assert_eq!((outcome.loaded.rows_read, outcome.loaded.rows_written, outcome.loaded.rows_quarantined), (6, 1, 5));
    assert_eq!(
        desk.quarantine(),
        [
            "plan.csv, line 5: month: \"2026-13\" is not a month such as 2026-11",
            "plan.csv, line 6: amount: \"viel\" is not a number below 1,000,000,000,000 with the decimal mark \".\"",
            "plan.csv, line 7: the row has 5 values for 4 columns",
            "plan.csv, line 9: amount: \"1,2M\" is not a number below 1,000,000,000,000 with the decimal mark \".\"",
            "plan.csv, line 10: month is missing; amount is missing",
        ]
    );
    assert_eq!(
        desk.texts("SELECT raw FROM ops.quarantine WHERE record_no IN (6, 7) ORDER BY record_no"),
        ["{\"month\":\"2026-11\",\"channel\":\"seo\",\"amount\":\"viel\",\"owner\":\"Bo\"}", "2026-11,sms,1,200.50,Cy"]
    );
    assert!(
        outcome.loaded.notes[0].starts_with("plan.csv, line 5: month")
            && outcome.loaded.notes[0].ends_with("(set aside, with 4 more rows)"),
        "{:?}",
        outcome.loaded.notes
    );

    desk.put("plan.csv", BUDGETS);
    assert_eq!(desk.sync().await.loaded.rows_quarantined, 0);
    assert_eq!(desk.quarantine(), [""; 0], "the mended file settles the old rows");
    desk.context.clock.set(noon() + chrono::TimeDelta::minutes(1));
    desk.put("plan.csv", text);
    assert_eq!(desk.sync().await.slices, 1, "earlier contents that come back are loaded again");
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_count_the_same_whichever_machine_wrote_them() {
    let text = "month,channel,amount,note\n2026-11,a,1,\"two\nlines\"\n\n\n2026-11,b,viel,\n2026-11,c,2,\"x\n\ny\"\n2026-11,d,mehr,z";
    for ends in ["\n", "\r\n", "\r"] {
        for last in ["", ends] {
            let desk = Desk::new(Preset::Budgets);
            desk.put("w.csv", text.replace('\n', ends) + last);
            assert_eq!(desk.sync().await.error, None);
            let told: Vec<String> = desk
                .quarantine()
                .iter()
                .map(|reason| reason.split(':').next().unwrap_or_default().to_owned())
                .collect();
            assert_eq!(told, ["w.csv, line 6", "w.csv, line 10"], "{ends:?} {last:?}");
        }
    }
    let desk = Desk::new(Preset::Budgets);
    desk.put("q.csv", "month,channel,amount\r\n2026-11,a,1\r\n2026-11,\"b,2\r\n2026-11,c,3,4\r\n");
    desk.sync().await;
    assert_eq!(
        desk.quarantine(),
        ["q.csv, line 3: the row has 2 values for 3 columns; it spans several lines: is a quotation mark not closed?"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_lines_of_ndjson_are_set_aside_and_digits_survive() {
    let desk = Desk::new(Preset::OfflineConversions);
    desk.put(
        "c.ndjson",
        "{\"conversion_id\": 9007199254740993, \"date\": \"2026-11-02\", \"amount\": 123456789012.345678, \"currency\": \"EUR\"}\n{\"conversion_id\": \"x\", \n[1]\n{\"conversion_id\": \"y\", \"date\": \"2026-11-02\", \"amount\": 1e12, \"currency\": \"EUR\"}\n",
    );
    let outcome = desk.sync().await;
    assert_eq!((outcome.error, outcome.loaded.rows_quarantined), (None, 3));
    assert_eq!(
        desk.texts("SELECT conversion_id || ' ' || amount FROM core.offline_conversion"),
        ["9007199254740993 123456789012.345678"]
    );
    let told = desk.quarantine();
    assert!(told[0].starts_with("c.ndjson, line 2: the line is not a JSON object (column "), "{told:?}");
    assert!(told[2].contains("line 4: amount: \"1e12\" is not a number below"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_columns_encodings_and_empty_files_are_told_with_line_and_remedy() {
    let desk = Desk::new(Preset::Budgets);
    let cases: [(&str, &[u8], &str); 14] = [
        (
            "n.csv",
            b"month,chanel,amount\n2026-11,seo,1\n",
            "n.csv, line 1: there is no column \"channel\"; did you mean it by \"chanel\"?",
        ),
        ("n.ndjson", b"{\"monht\": \"2026-11\"}\n", "there is no column \"month\"; did you mean it by \"monht\"?"),
        ("d.csv", b"month,channel,amount,amount\n", "line 1: two columns are called \"amount\"; keep one"),
        (
            "l.csv",
            b"month,channel,amount\n2026-11,seo,1\n2026-11,B\xfccher,1\n",
            "l.csv, line 3: the text is not UTF-8 (byte 0xFC); save the file as \"CSV UTF-8\"",
        ),
        ("u.csv", b"\xff\xfem\0o\0", "the text is UTF-16, not UTF-8; save it as"),
        ("x.csv", b"PK\x03\x04rest", "this is a spreadsheet or an archive, not text; save it"),
        ("g.csv", &[0x1f, 0x8b, 8, 0], "the file is packed; give it the ending .gz or .zst"),
        ("e.csv", b"", "the file is empty; drop it again with a header and rows"),
        ("b.csv", b"\xef\xbb\xbf\r\n ", "the file is empty"),
        ("p.parquet", b"no parquet", "p.parquet: the file cannot be read as Parquet ("),
        ("j.ndjson", b"[{\"month\": 1}]", "line 1: the file is one JSON list; write one object a line"),
        ("k.ndjson", b"month,channel\n2026-11,seo\n", "no line is a JSON object; write one object a line"),
        ("z.csv.gz", b"\x1f\x8b\x08\0\0\0\0\0", "the packed file ends too early; drop it again once it is complete"),
        ("y.csv.zst", b"no zstd at all", "the file cannot be unpacked ("),
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
        landed.iter().all(|path| path.contains("-b-csv_all") || path.contains("-h-csv_all")),
        "nothing else stays: {landed:?}"
    );
    assert!(!landed.iter().any(|path| path.contains("records-")), "{landed:?}");
}

fn walk(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() {
            found.extend(walk(&entry.path()))
        } else {
            found.push(entry.path().display().to_string())
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_links_never_lead_out_of_the_folders() {
    let desk = Desk::new(Preset::Budgets);
    let outside = desk.root.path().join("secret.csv");
    std::fs::write(&outside, BUDGETS).expect("written");
    std::os::unix::fs::symlink(&outside, desk.drop.folder.join("link.csv")).expect("a link");
    std::os::unix::fs::symlink(desk.root.path(), desk.drop.folder.join("folder.csv")).expect("a link");
    std::fs::create_dir(desk.drop.folder.join("sub.csv")).expect("a folder");
    let outcome = desk.sync().await;
    assert_eq!((outcome.error, outcome.slices), (None, 0));
    assert_eq!(
        outcome.loaded.notes,
        [
            "folder.csv: left alone, it is a link; put the file itself in the folder",
            "link.csv: left alone, it is a link; put the file itself in the folder",
        ]
    );
    let hostile = [
        "x\\..\\..\\evil.csv",
        "--rm -rf.csv",
        "a\nb\u{202e}.csv",
        "'; DROP TABLE core.budget; --.csv",
        "x%2f..%2fevil.csv",
        "{{ name }}.csv",
    ];
    for (index, name) in hostile.iter().enumerate() {
        desk.put(name, format!("month,channel,amount\n2026-11,c{index},1\nbad,c,1\n"));
    }
    let long = format!("{}.csv", "n".repeat(240));
    desk.put(&long, "month,channel,amount\n2026-11,long,1\n");
    let outcome = desk.sync().await;
    assert_eq!((outcome.error, outcome.loaded.rows_written), (None, 7));
    assert!(outcome.loaded.notes.iter().all(|note| !note.contains(['\n', '\u{202e}'])), "{:?}", outcome.loaded.notes);
    let landing = desk.root.path().join("landing");
    for manifest in desk.texts("SELECT manifest FROM ops.load") {
        assert!(
            Path::new(&manifest).canonicalize().expect("there").starts_with(landing.canonicalize().expect("there"))
        );
    }
    desk.put(&long, "month,channel,amount\n2026-11,longer,1\n");
    assert_eq!(desk.sync().await.loaded.rows_written, 1, "a long name hides no change");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_still_being_written_waits_for_the_next_run() {
    let desk = Desk::new(Preset::Budgets);
    let path = desk.put("b.csv", BUDGETS);
    let file = std::fs::File::options().write(true).open(&path).expect("the file");
    file.set_modified((noon() - chrono::TimeDelta::seconds(2)).into()).expect("an age");
    desk.put("b.csv.part", BUDGETS);
    desk.put("~$plan.xlsx", "lock");
    let outcome = desk.sync().await;
    assert_eq!((outcome.error, outcome.slices), (None, 0));
    assert!(
        outcome.loaded.notes[0].starts_with("b.csv: left for the next run, it changed less than 5 s ago"),
        "{:?}",
        outcome.loaded.notes
    );
    desk.rested(&path);
    assert_eq!(desk.sync().await.slices, 1);
    assert_eq!(desk.budgets(), LOADED);
}

#[tokio::test(flavor = "multi_thread")]
async fn huge_files_and_bombs_are_refused_with_bounded_memory() {
    let mut desk = Desk::new(Preset::Budgets);
    desk.drop.max_mb = 8;
    let zeros = vec![b'0'; 1 << 20];
    let mut gz_bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut zst_bomb = zstd::Encoder::new(Vec::new(), 1).expect("an encoder");
    let mut rows = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    rows.write_all(b"month,channel,amount\n").expect("packed");
    for _ in 0..64 {
        gz_bomb.write_all(&zeros).expect("packed");
        zst_bomb.write_all(&zeros).expect("packed");
        rows.write_all("2026-11,seo,1\n".repeat(70_000).as_bytes()).expect("packed");
    }
    for (name, bytes) in [
        ("gz.csv.gz", gz_bomb.finish().expect("packed")),
        ("zst.ndjson.zst", zst_bomb.finish().expect("packed")),
        ("rows.csv.gz", rows.finish().expect("packed")),
    ] {
        assert!(bytes.len() < 1 << 20, "{name} is small: {}", bytes.len());
        let told = desk.refusal(name, bytes).await;
        assert!(told.contains("the file unpacks to more than 8 MB; split it, or raise max_mb"), "{told}");
    }
    let told = desk.refusal("huge.csv", vec![b'x'; 9 << 20]).await;
    assert!(told.contains("huge.csv: the file is larger than 8 MB"), "{told}");

    let path = desk.put("wide.parquet", "");
    parquet(
        &path,
        "SELECT '2026-11' AS month, 'seo' AS channel, i::VARCHAR || repeat('0', 90) AS amount FROM range(400000) AS t(i)",
    );
    desk.rested(&path);
    let told = desk.sync().await.error.expect("an error").message;
    assert!(told.contains("wide.parquet: the file unpacks to more than 8 MB"), "{told}");
    std::fs::remove_file(path).expect("removed");
    let path = desk.put("many.parquet", "");
    parquet(&path, "SELECT '2026-11' AS month, 'seo' AS channel, 1 AS amount FROM range(5000001)");
    desk.rested(&path);
    let told = desk.sync().await.error.expect("an error").message;
    assert!(told.contains("many.parquet: the file has more than 5,000,000 rows; split it"), "{told}");
    std::fs::remove_file(path).expect("removed");

    let open_quote =
        format!("month,channel,amount\n2026-11,seo,1\n2026-11,\"email,1\n{}", "2026-11,seo,1\n".repeat(200_000));
    let told = desk.refusal("quote.csv", open_quote).await;
    assert!(
        told.contains("quote.csv, line 3: the row that begins here is longer than 1 MB; look for a quotation mark"),
        "{told}"
    );
    let told = desk.refusal("line.ndjson", format!("{{\"month\": \"{}\"}}", "x".repeat(3 << 20))).await;
    assert!(told.contains("line.ndjson, line 1: the line is longer than 1 MB"), "{told}");
    let told = desk.refusal("cols.csv", "a,".repeat(600)).await;
    assert!(told.contains("the header has 601 columns; drop at most 500"), "{told}");
    let told = desk.refusal("keys.ndjson", (0..600).map(|i| format!("{{\"k{i}\": 1}}\n")).collect::<String>()).await;
    assert!(told.contains("keys.ndjson, line 501: the objects have more than 500 different fields"), "{told}");
    assert_eq!(walk(&desk.root.path().join("landing")), [""; 0], "nothing of it stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn days_out_of_any_calendar_and_before_the_first_day_stay_out() {
    let mut desk = Desk::new(Preset::OfflineConversions);
    desk.drop.since = Some("2026-01-01".parse().expect("a date"));
    desk.put(
        "c.csv",
        "conversion_id,date\na,0001-01-01\nb,9999-12-31\nc,infinity\nd,2026-02-30\ne,-\nf,2025-12-31\ng,2026-01-01\n",
    );
    let outcome = desk.sync().await;
    assert_eq!((outcome.error, outcome.loaded.rows_quarantined), (None, 5));
    assert_eq!(desk.texts("SELECT conversion_id FROM core.offline_conversion"), ["g"]);
    desk.drop.since = None;
    desk.sync().await;
    assert_eq!(
        desk.texts("SELECT conversion_id FROM core.offline_conversion ORDER BY 1"),
        ["f", "g"],
        "an earlier first day fetches the rest"
    );
}
