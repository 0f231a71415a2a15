//! Every format and packing loads, with the lines counted as an editor counts them.

use super::{BUDGETS, DaemonHandle, LOADED, gz, parquet};
use std::path::Path;

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
        let desk = DaemonHandle::new("budgets");
        desk.put(name, bytes);
        let outcome = desk.sync().await;
        assert_eq!((outcome.error.as_ref(), outcome.loaded.rows_quarantined), (None, 0), "{name}: {outcome:?}");
        assert_eq!(desk.budgets(), LOADED, "{name}");
        assert_eq!(desk.sync().await.slices, 0, "{name} is known");
    }
    let desk = DaemonHandle::new("budgets");
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
async fn lines_count_the_same_whichever_machine_wrote_them() {
    let text = "month,channel,amount,note\n2026-11,a,1,\"two\nlines\"\n\n\n2026-11,b,viel,\n2026-11,c,2,\"x\n\ny\"\n2026-11,d,mehr,z";
    for ends in ["\n", "\r\n", "\r"] {
        for last in ["", ends] {
            let desk = DaemonHandle::forgiving("budgets");
            desk.put("w.csv", text.replace('\n', ends) + last);
            assert_eq!(desk.sync().await.loaded.rows_quarantined, 2);
            let told: Vec<String> = desk
                .quarantine()
                .iter()
                .map(|reason| reason.split(':').next().unwrap_or_default().to_owned())
                .collect();
            assert_eq!(told, ["w.csv, line 6", "w.csv, line 10"], "{ends:?} {last:?}");
        }
    }
    let desk = DaemonHandle::new("budgets");
    desk.put("q.csv", "month,channel,amount\r\n2026-11,a,1\r\n2026-11,\"b,2\r\n2026-11,c,3,4\r\n");
    let told = desk.sync().await.error.expect("an error").message;
    assert!(told.contains("q.csv, line 3") && told.contains("quotation mark"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_lines_of_ndjson_are_set_aside_and_digits_survive() {
    let desk = DaemonHandle::forgiving("offline_conversions");
    desk.put(
        "c.ndjson",
        "{\"conversion_id\": 9007199254740993, \"date\": \"2026-11-02\", \"amount\": 123456789012.345678, \"currency\": \"EUR\"}\n{\"conversion_id\": \"x\", \n[1]\n{\"conversion_id\": \"y\", \"date\": \"2026-11-02\", \"amount\": 1e12, \"currency\": \"EUR\"}\n",
    );
    let outcome = desk.sync().await;
    assert_eq!(outcome.loaded.rows_quarantined, 3, "{:?}", outcome.error);
    assert_eq!(
        desk.texts("SELECT conversion_id || ' ' || amount FROM core.offline_conversion"),
        ["9007199254740993 123456789012.345678"]
    );
    let told = desk.quarantine();
    assert!(told[0].starts_with("c.ndjson, line 2: the line is not a JSON object (column "), "{told:?}");
    assert!(told[2].contains("line 4: amount: \"1e12\" is out of range"), "{told:?}");
}
