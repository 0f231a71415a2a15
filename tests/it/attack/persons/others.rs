//! What an erasure must leave as it is: slices, paths and files of other people, and what cannot be looked into.

use super::*;

#[test]
fn erasing_one_person_leaves_slices_paths_and_files_of_others_as_they_are() {
    let dir = tempfile::tempdir().expect("a folder");
    let installation = DataFolder::open(dir.path());
    let source = source("stripe", &[]);
    let landing = dir.path().join("landing");
    let load = |page: &str, minute: i64| {
        let at = noon() + Duration::minutes(minute);
        land_and_load_at(&installation.warehouse, (&landing, &source), "charges", &[page.to_owned()], at)
            .expect("loaded")
    };
    // The vendor's ids are numbers that stamps and days have as well.
    let of_id = |number: u32, mail: &str, id: &str| charge(number, mail).replace(&format!("cus_name_{number}"), id);
    for (number, id) in (1..).zip(["120000", "202611", "20261120", "20261101T000000Z"]) {
        load(&of_id(number, "jane@yahoo.com", id), i64::from(number));
    }
    load(&charge(90, "jane@yahoo.com.br"), 30);
    load(&charge(91, "mary.jane@yahoo.com?a=b%20c+d&e==3d;\\u0026 \\\\"), 31);
    run(
        &installation.warehouse,
        "UPDATE ops.load SET slice = '202611_20261101T000000Z_20261120T120000Z', partition = '202611',
             manifest = replace(manifest, 'charges', 'charges/120000') WHERE slice = 'all';
         INSERT INTO ops.run (run_id, job, workspace, subject, started_at, outcome, detail)
         VALUES ('r1', 'sync', 'acme', '202611', now()::TIMESTAMP, 'failed', 'jane@yahoo.com, 202611, 120000 and 20261120 gone');
         INSERT INTO ops.outbox (message_id, report_id, workspace, position, route, state, attempts, created_at, kind, lane)
         VALUES ('msg_theirs', 'rep', 'other', 0, '{}', 'sent', 1, now()::TIMESTAMP, 'report', 'mail'),
             ('msg_own', 'rep', 'acme', 0, '{}', 'sent', 1, now()::TIMESTAMP, 'report', 'mail')"
            .to_owned(),
    );
    let paths = |installation: &DataFolder| {
        texts(&installation.warehouse, "SELECT manifest || slice || partition FROM ops.load ORDER BY 1")
    };
    let (before, mail) = (paths(&installation), "To: jane@yahoo.com\r\n");
    for (name, bytes) in [
        ("mail/msg_theirs.eml", mail.as_bytes()),
        ("mail/msg_pruned.eml", mail.as_bytes()),
        ("mail/msg_pruned_of_somebody.eml", b"To: jane@yahoo.com.br"),
        ("mail/msg_own.eml", mail.as_bytes()),
        ("mail/msg_own/list.csv", mail.as_bytes()),
        ("mail/notes.md", mail.as_bytes()),
        ("reports/acme/table.xlsx", b"PK\x03\x04broken"),
    ] {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("written");
    }

    let context = installation.maintain(keeps_all());
    let now = noon() + Duration::hours(9);
    let done = forget(&context, "acme", &who("jane@yahoo.com"), "cli", false, now).expect("erased");
    assert_eq!(done.landed.len(), 4, "{:?}", done.landed);
    assert_eq!(paths(&installation), before);
    let detail = texts(&installation.warehouse, "SELECT detail FROM ops.run").remove(0);
    assert!(!detail.contains("jane") && !detail.contains("2026") && detail.ends_with(" gone"), "{detail}");
    let names = |all: &[PathBuf]| -> Vec<String> {
        all.iter().map(|file| file.file_name().expect("a name").to_string_lossy().into_owned()).collect()
    };
    assert_eq!(names(&done.files), ["msg_own.eml", "list.csv"]);
    assert_eq!(done.left.len(), 2, "{:?}", done.left);
    for (problem, name) in done.left.iter().zip(["table.xlsx cannot be read", "msg_pruned.eml names the person"]) {
        assert!(problem.contains(name), "{problem}");
    }
}

#[test]
fn what_can_be_read_in_too_many_ways_is_erased_and_named() {
    let dir = tempfile::tempdir().expect("a folder");
    let installation = DataFolder::open(dir.path());
    let source = source("stripe", &[]);
    let landing = dir.path().join("landing");
    let noise = r#"\u0025u0040 %2526amp; =3D=?utf-8?q?=3D?= \"\"+ &amp;#x5c; \\x2b %3D3D =2526 &#37;41 =5Cx3d %5Cu0026amp; =26#43; &#61;2B \\u003d2B %26%2361;"#.repeat(8);
    land_and_load_at(&installation.warehouse, (&landing, &source), "charges", &[charge(1, &noise)], noon())
        .expect("loaded");
    let own = charge(2, "other@example.com");
    let at = noon() + Duration::minutes(1);
    land_and_load_at(&installation.warehouse, (&landing, &source), "charges", &[own], at).expect("loaded");
    run(
        &installation.warehouse,
        format!(
            "INSERT INTO ops.run (run_id, job, workspace, subject, started_at, outcome, detail)
             VALUES ('r1', 'sync', 'acme', '', now()::TIMESTAMP, 'failed', $${noise}$$), ('r2', 'sync', 'acme', '', now()::TIMESTAMP, 'failed', 'all is well');
             INSERT INTO ops.stream_state VALUES ('acme', 'ads', 'ad_daily', now()::TIMESTAMP, NULL, 1, $${{\"user\":\"{noise}\",\"why\":\"denied\"}}$$, true);
             INSERT INTO ops.quarantine (load_id, workspace, connection, stream, slice, table_name, page_no, record_no, reason, raw) VALUES
                 ('l', 'acme', 'stripe', 'charges', 's', 'payment', 1, 0, 'why', $${{\"a\":\"{noise}\"}}$$),
                 ('l', 'acme', 'stripe', 'charges', 's', 'payment', 1, 1, 'why', $${{\"a\":\"well\"}}$$)"
        ),
    );
    let context = installation.maintain(keeps_all());
    let now = noon() + Duration::hours(9);
    let done = forget(&context, "acme", &who("jane@example.com"), "cli", false, now).expect("erased");
    assert_eq!((done.landed.len(), done.left.len()), (1, 1), "{:?}", done.left);
    assert!(done.left[0].contains(&done.landed[0].display().to_string()) && done.left[0].contains("too many ways"));
    let left = |sql: &str| texts(&installation.warehouse, sql);
    assert_eq!(left("SELECT raw FROM ops.quarantine WHERE raw IS NOT NULL"), [r#"{"a":"well"}"#]);
    assert_eq!(left("SELECT detail FROM ops.run ORDER BY run_id"), ["***", "all is well"]);
    assert_eq!(left("SELECT error FROM ops.stream_state"), [r#"{"user":"***","why":"denied"}"#]);
}
