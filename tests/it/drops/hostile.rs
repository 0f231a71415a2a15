//! Names, links and bombs that mean harm.

use super::{BUDGETS, DaemonHandle, parquet, walk};
use std::io::Write;
use std::path::Path;

#[tokio::test(flavor = "multi_thread")]
async fn names_and_links_never_lead_out_of_the_folders() {
    let desk = DaemonHandle::forgiving("budgets");
    let outside = desk.root.path().join("secret.csv");
    std::fs::write(&outside, BUDGETS).expect("written");
    std::os::unix::fs::symlink(&outside, desk.drop.folder.join("link.csv")).expect("a link");
    std::os::unix::fs::symlink(desk.root.path(), desk.drop.folder.join("folder.csv")).expect("a link");
    std::fs::create_dir(desk.drop.folder.join("sub.csv")).expect("a folder");
    let outcome = desk.sync().await;
    assert_eq!(outcome.slices, 0);
    assert_eq!(
        outcome.error.expect("an error").message,
        "folder.csv: it is a link; put the file itself in the folder | \
         link.csv: it is a link; put the file itself in the folder | \
         sub.csv: folders inside the folder are not read; move the files up into the drop folder"
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
    assert_eq!(outcome.loaded.rows_written, 7);
    let told = [vec![outcome.error.expect("an error").message], outcome.loaded.notes].concat();
    assert!(told.iter().all(|note| !note.contains(['\n', '\u{202e}'])), "{told:?}");
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
async fn huge_files_and_bombs_are_refused_with_bounded_memory() {
    let mut desk = DaemonHandle::new("budgets");
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
    assert!(told.contains("the header has 600 columns; drop at most 500"), "{told}");
    let told = desk.refusal("keys.ndjson", (0..600).map(|i| format!("{{\"k{i}\": 1}}\n")).collect::<String>()).await;
    assert!(told.contains("keys.ndjson, line 501: the objects have more than 500 different fields"), "{told}");
    assert_eq!(walk(&desk.root.path().join("landing")), [""; 0], "nothing of it stays");
}
