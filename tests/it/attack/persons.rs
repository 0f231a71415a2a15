//! A person is found and erased however their address is spelt, and stays so.

mod others;

use crate::data_folder::DataFolder;
use crate::maintenance::keeps_all;
use crate::support::{land_and_load_at, noon, source, texts};
use chrono::Duration;
use daybook::domain::channel::ChannelRules;
use daybook::jobs::maintenance::back_up;
use daybook::jobs::person::{ERASURES, about, forget, object};
use daybook::support::secret::Secret;
use daybook::support::spelling::{Outcome, Words};
use daybook::warehouse::maintenance::backup;
use daybook::warehouse::maintenance::restore::restore;
use daybook::warehouse::privacy::person::Who;
use daybook::warehouse::privacy::{erased, objection};
use daybook::warehouse::rollup::{RollupSql, rollup};
use daybook::warehouse::{Context, Warehouse, WarehouseConfig};
use std::path::{Path, PathBuf};

const JOERG: &str = "jörg.müller+news@example.com";

fn who(mail: &str) -> Who {
    Who::Mail(mail.to_owned())
}

/// A page of one charge whose payer's address is written as given, straight into the JSON.
fn charge(number: u32, written: &str) -> String {
    format!(
        r#"{{"object":"list","has_more":false,"data":[{{"id":"ch_{number}","object":"charge","created":{},"amount":1000,
        "amount_captured":1000,"currency":"eur","status":"succeeded","captured":true,"disputed":false,
        "customer":"cus_name_{number}","billing_details":{{"email":"{written}"}},"metadata":{{}}}}]}}"#,
        noon().timestamp() - 100_000
    )
}

fn run(warehouse: &Warehouse, sql: String) {
    warehouse.write_blocking(move |c| c.execute_batch(&sql).context(|| sql.clone())).expect("written");
}

/// Every file below a folder, but the database, whose tables are read one by one.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        match entry.file_type().expect("a kind").is_dir() {
            true => files(&entry.path(), found),
            false => found.push(entry.path()),
        }
    }
}

/// Where one of `words` stands: in every file, unpacked, in its name, and in every column of every table.
fn places(installation: &DataFolder, words: &Words) -> Vec<String> {
    let mut all = Vec::new();
    files(&installation.folder, &mut all);
    let is_database = |file: &Path| file.to_string_lossy().contains("duckdb");
    let mut places: Vec<String> = all
        .iter()
        .filter(|file| {
            let name = file.strip_prefix(&installation.folder).expect("below").to_string_lossy();
            words.are_in_text(&name) || !is_database(file) && words.look_in_file(file).expect("read") != Outcome::Absent
        })
        .map(|file| file.display().to_string())
        .collect();
    let columns = texts(
        &installation.warehouse,
        "SELECT schema_name || '.' || table_name || ' ' || column_name FROM duckdb_columns()
         WHERE database_name = current_database() AND NOT internal AND (schema_name, table_name) IN (SELECT (schema_name, table_name) FROM duckdb_tables())",
    );
    assert!(columns.len() > 400, "only {} columns are looked at", columns.len());
    for column in columns {
        let (table, name) = column.split_once(' ').expect("two words");
        let text = format!(
            "CASE WHEN typeof({name}) = 'BLOB' THEN decode(TRY_CAST({name}::VARCHAR AS BLOB)) ELSE {name}::VARCHAR END"
        );
        let sql = format!("SELECT DISTINCT coalesce({text}, '') FROM {table}");
        if texts(&installation.warehouse, &sql).iter().any(|text| words.are_in_text(text)) {
            places.push(column);
        }
    }
    places
}

/// The address as vendors, programs and mails write it, each for a page of its own.
fn written() -> Vec<String> {
    use base64::Engine;
    let escaped: String = JOERG.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
    let percent: String = JOERG.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let base64 = base64::engine::general_purpose::STANDARD.encode(format!("id={JOERG}"));
    vec![
        JOERG.to_owned(),
        r"j\u00f6rg.m\u00fcller\u002bnews@example.com".to_owned(),
        escaped,
        "JÖRG.MÜLLER+NEWS@EXAMPLE.COM".to_owned(),
        "jo\u{308}rg.mu\u{308}ller+news@example.com".to_owned(),
        format!("https:\\/\\/example.com\\/?u={percent}&x=1"),
        format!("token {base64}"),
    ]
}

#[test]
fn an_erased_person_is_in_no_file_and_no_column_however_they_were_spelt() {
    let dir = tempfile::tempdir().expect("a folder");
    let installation = DataFolder::open(dir.path());
    let source = source("stripe", &[]);
    let landing = dir.path().join("landing");
    let load = |number: u32, mail: &str| {
        let at = noon() + Duration::minutes(i64::from(number));
        land_and_load_at(&installation.warehouse, (&landing, &source), "charges", &[charge(number, mail)], at)
            .expect("loaded");
    };
    let all = written();
    for (number, mail) in (1..).zip(&all) {
        load(number, mail);
    }
    load(90, "joerg@example.com");
    let percent = "j%C3%B6rg.m%C3%BCller%2Bnews%40example.com";
    run(
        &installation.warehouse,
        format!(
            "UPDATE ops.load SET notes = ['400 for {percent}', 'fine'], partition = '{JOERG}.csv',
                 slice = 'j-rg-m-ller-news-example-com-csv_all' WHERE slice = 'all';
             INSERT INTO ops.run (run_id, job, workspace, subject, started_at, outcome, detail)
             VALUES ('r1', 'sync', 'acme', '', now()::TIMESTAMP, 'failed', 'no such user: {percent}'), ('r2', 'sync', 'acme', '', now()::TIMESTAMP, 'failed', 'mailto:{JOERG} and cus_name_1 gone');
             INSERT INTO ops.stream_state VALUES ('acme', 'ads', 'ad_daily', now()::TIMESTAMP, NULL, 1, '{{\"user\":\"j\\u00f6rg.m\\u00fcller\\u002bnews@example.com\",\"why\":\"denied\"}}', true);
             INSERT INTO ops.quarantine (load_id, workspace, connection, stream, slice, table_name, page_no, record_no, reason, raw) VALUES
                 ('l', 'acme', 'stripe', 'charges', 's', 'payment', 1, 0, 'why', '{{\"a\":\"j\\u00f6rg.m\\u00fcller\\u002bnews@example.com\"}}'),
                 ('l', 'acme', 'stripe', 'charges', 's', 'payment', 1, 1, 'email: \"{JOERG}\" is not a number', '{{\"a\":1}}'),
                 ('l', 'acme', 'stripe', 'charges', 's', 'payment', 1, 2, 'why', '{{\"a\":\"cus\\u005fname_1\"}}'),
                 ('l', 'acme', 'stripe', 'charges', 's', 'payment', 1, 3, 'why', '{{\"a\":\"cus_name_11\"}}');
             INSERT INTO ops.outbox (message_id, report_id, workspace, position, route, state, attempts, created_at, kind, lane)
             SELECT 'msg_' || i, 'rep', 'acme', 0, '{{}}', 'sent', 1, now()::TIMESTAMP, 'report', 'mail' FROM range(1, 3) AS r(i);
             INSERT INTO ops.report (report_id, workspace, report, period_start, period_end, issued_at, document)
             VALUES ('rep', 'acme', 'daily', DATE '2026-11-09', DATE '2026-11-10', now()::TIMESTAMP, '{{\"gaps\":[\"no access for {JOERG}\"],\"n\":\"1.50\"}}');
             INSERT INTO core.deal (workspace, connection, deal_id, name, source, created_at, created_date, modified_at, is_closed, is_won, load_id)
             VALUES ('acme', 'crm', 'd1', 'Offer to {JOERG}', 'x', now()::TIMESTAMP, DATE '2026-11-10', now()::TIMESTAMP, false, false, 'l')"
        ),
    );
    for (name, text) in [
        ("mail/msg_1.eml", "To: =?utf-8?q?j=C3=B6rg=2Em=C3=BCller=2Bnews?=@example.com\r\n\r\nHi\r\n".to_owned()),
        ("mail/msg_2.eml", "To: other@example.com\r\n\r\nHi\r\n".to_owned()),
        ("reports/acme/daily.html", format!("<p>{}</p>", JOERG.replace('@', "&#64;"))),
        ("reports/acme/daily.pdf", "%PDF".to_owned()),
        ("reports/acme/weekly.html", "<p>all is well</p>".to_owned()),
    ] {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("written");
    }
    let words = Words::new(&[JOERG, "cus_name_1"]).expect("words");
    let before = places(&installation, &words);
    for place in [
        "ops.run detail",
        "ops.stream_state error",
        "ops.load notes",
        "ops.quarantine raw",
        "ops.report document",
        "core.deal name",
        "core.payment customer_id",
    ] {
        assert!(before.iter().any(|found| found == place), "{place} in {before:?}");
    }
    assert!(before.len() > all.len() + 8, "{before:?}");

    let context = installation.maintain(keeps_all());
    let found = about(&context, "acme", &who(JOERG)).expect("found");
    assert_eq!(found.landed.len(), all.len(), "each page, but not the neighbour's");
    assert!(found.held.tables["ops.run"].len() == 2 && found.held.quarantine.len() == 3, "{:?}", found.held);
    let done = forget(&context, "acme", &who(JOERG), "cli", false, noon() + Duration::hours(9)).expect("erased");
    assert_eq!(done.left, Vec::<String>::new());
    assert_eq!(places(&installation, &words), Vec::<String>::new());
    let gone: Vec<_> = done.files.iter().map(|file| file.file_name().expect("a name").to_string_lossy()).collect();
    assert_eq!(gone, ["daily.html", "daily.pdf", "msg_1.eml"], "and the others stay");
    assert!(about(&context, "acme", &who(JOERG)).expect("looked").is_empty());

    // A vendor's error names the person once more: the night's care erases that too.
    let late = format!(
        "INSERT INTO ops.run (run_id, job, workspace, subject, started_at, outcome, detail) VALUES ('r3', 'sync', 'acme', '', now()::TIMESTAMP, 'failed', 'no such user: {percent}')"
    );
    run(&installation.warehouse, late);
    assert_eq!(places(&installation, &words), ["ops.run detail"]);
    let night = daybook::jobs::maintenance::maintain(&context, noon() + Duration::hours(10));
    let step = night.steps.iter().find(|step| step.name == "erasures").expect("a step");
    assert!(step.is_ok && step.says.starts_with("1 texts named erased people"), "{step:?}");
    std::fs::remove_dir_all(dir.path().join("backups")).expect("made by care");
    assert_eq!(places(&installation, &words), Vec::<String>::new());

    let left = |sql: &str| texts(&installation.warehouse, sql);
    assert_eq!(left("SELECT raw FROM ops.quarantine WHERE raw IS NOT NULL"), ["{\"a\":\"cus_name_11\"}"]);
    let error = left("SELECT error FROM ops.stream_state").remove(0);
    assert!(error.starts_with("{\"user\":\"erased_") && error.ends_with("\"why\":\"denied\"}"), "{error}");
    let detail = left("SELECT detail FROM ops.run ORDER BY run_id").remove(1);
    assert!(
        detail.starts_with("mailto:erased_") && detail.contains(" and erased_") && detail.ends_with(" gone"),
        "{detail}"
    );
    assert_eq!(left("SELECT json_extract_string(document, '$.n') FROM ops.report"), ["1.50"], "it is JSON still");
    assert_eq!(left("SELECT count(*)::VARCHAR FROM core.payment"), [(all.len() + 1).to_string()], "the books stay");
}

#[test]
fn columns_that_hold_addresses_are_known_and_a_new_one_is_looked_through() {
    use daybook::warehouse::privacy::traces::{KNOWN, OWN};
    let dir = tempfile::tempdir().expect("a folder");
    let installation = DataFolder::open(dir.path());
    let columns = texts(
        &installation.warehouse,
        "SELECT DISTINCT column_name FROM duckdb_columns() WHERE database_name = current_database()
             AND schema_name IN ('core', 'history', 'mart', 'ops') AND data_type LIKE 'VARCHAR%' ORDER BY 1",
    );
    for name in OWN.iter().chain(&KNOWN) {
        assert!(columns.iter().any(|column| column == name), "no table has a column {name}");
    }
    // Columns of text that nobody looks through, because Daybook or the configuration wrote all that is in them.
    for name in
        ["detail", "error", "reason", "notes", "document", "name", "campaign", "answer", "replies", "raw", "value"]
    {
        assert!(!OWN.contains(&name), "{name} may hold what others wrote");
    }
}

#[test]
fn an_erasure_outlives_the_loss_of_its_list_when_a_backup_is_restored() {
    for (lost, keeps_database) in [(true, true), (true, false), (false, false)] {
        let dir = tempfile::tempdir().expect("a folder");
        let installation = DataFolder::open(dir.path());
        installation.pay(0, 30, noon()).expect("loaded");
        let context = installation.maintain(keeps_all());
        back_up(&context, true, noon()).expect("a backup that still holds the person");
        forget(&context, "acme", &who("payer17@example.com"), "cli", false, noon() + Duration::hours(1))
            .expect("erased");
        back_up(&context, true, noon() + Duration::hours(2)).expect("a later backup");
        let (database, folder) = (installation.warehouse.path().to_owned(), installation.folder.clone());
        drop((installation, context));
        if lost {
            std::fs::remove_file(folder.join(ERASURES)).expect("the list is lost");
        }
        if !keeps_database {
            std::fs::write(&database, "broken").expect("the database too");
        }
        let oldest = backup::list(&folder.join("backups"), chrono::DateTime::<chrono::Utc>::MAX_UTC)
            .expect("a list")
            .pop()
            .expect("a backup");
        let erasures = erased::read_file(&folder.join(ERASURES)).expect("what is left of the list");
        let done = restore(&database, &WarehouseConfig::default(), &oldest, (&erasures, &Secret::new("key")), noon());
        assert_eq!(done.expect("restored").erased_again, 2);
        let installation = DataFolder::open(&folder);
        let words = Words::new(&["cus_17", "payer17@example.com"]).expect("words");
        assert_eq!(places(&installation, &words), Vec::<String>::new());
        // The vendor sends the person again.
        installation.pay(0, 30, noon() + Duration::days(1)).expect("loaded");
        let named = texts(&installation.warehouse, "SELECT payment_id FROM core.payment WHERE customer_id = 'cus_17'");
        assert_eq!(named, Vec::<String>::new());
    }
}

/// A workspace whose payers the CRM knows by their addresses.
fn with_contacts(folder: &Path) -> DataFolder {
    let installation = DataFolder::open(folder);
    installation.pay(0, 3, noon()).expect("loaded");
    run(
        &installation.warehouse,
        "INSERT INTO core.contact BY NAME
         SELECT 'acme' AS workspace, 'crm' AS connection, 'contact_' || payment_id AS contact_id, person_key, created_at - INTERVAL 9 DAY AS created_at,
             date AS created_date, created_at AS modified_at, 'newsletter' AS source, 'email' AS medium, 'spring' AS campaign, []::VARCHAR[] AS merged_contact_ids, 'l' AS load_id
         FROM core.payment"
            .to_owned(),
    );
    installation
}

fn by_source(installation: &DataFolder) -> Vec<String> {
    let workspace = daybook::domain::workspace::Workspace {
        id: "acme".to_owned(),
        name: "Acme".to_owned(),
        time_zone: chrono_tz::UTC,
        currency: daybook::domain::money::Currency::new("EUR").expect("a currency"),
        week_starts_on: chrono::Weekday::Mon,
        fiscal_year: Default::default(),
    };
    let today = noon().date_naive();
    installation
        .warehouse
        .write_blocking(move |c| {
            rollup(c, &workspace, &ChannelRules::new(&[]).expect("no rules"), &RollupSql::shipped(), today)
        })
        .expect("rolled up");
    texts(
        &installation.warehouse,
        "SELECT source || ': ' || sum(customers) || ' customers, ' || sum(orders) || ' orders, ' || sum(revenue)::DECIMAL(9, 2)
         FROM mart.metric_daily GROUP BY source ORDER BY source",
    )
}

#[test]
fn a_person_who_objects_is_led_back_to_no_origin_and_every_sum_stays() {
    let dir = tempfile::tempdir().expect("a folder");
    let installation = with_contacts(dir.path());
    let all = ["newsletter: 3 customers, 3 orders, 30.00"];
    assert_eq!(by_source(&installation), all);
    let context = installation.maintain(keeps_all());
    let objects = |lifts| object(&context, "acme", &who("payer1@example.com"), ("cli", lifts), noon()).expect("noted");
    assert_eq!(objects(false), (3, None), "the address, the customer and the contact");
    assert_eq!(objects(false), (0, None), "once");
    let without = ["(unknown): 1 customers, 1 orders, 10.00", "newsletter: 2 customers, 2 orders, 20.00"];
    assert_eq!(by_source(&installation), without);
    let found = about(&context, "acme", &who("payer1@example.com")).expect("found");
    assert_eq!(found.held.objects_since, Some(noon()));

    // A restored backup of before keeps to it, whatever of the two copies is left.
    let key = Secret::new("key");
    let made = backup_of_before(dir.path());
    let folder = dir.path().to_owned();
    let database = installation.warehouse.path().to_owned();
    drop((installation, context));
    for (minute, lost) in [(1, folder.join(objection::FILE)), (2, database.clone())] {
        let (held, away) = (lost.clone(), lost.with_extension("away"));
        std::fs::rename(&held, &away).expect("lost");
        restore(&database, &WarehouseConfig::default(), &made, (&[], &key), noon() + Duration::minutes(minute))
            .expect("restored");
        let installation = DataFolder::open(&folder);
        assert_eq!(
            texts(&installation.warehouse, "SELECT count(*)::VARCHAR FROM ops.objection WHERE lifted_at IS NULL"),
            ["3"]
        );
        drop(installation);
        std::fs::rename(&away, &held).expect("found again");
    }

    // Erased, the person objects still; lifted, they count again.
    let installation = DataFolder::open(&folder);
    let context = installation.maintain(keeps_all());
    forget(&context, "acme", &who("payer1@example.com"), "cli", false, noon()).expect("erased");
    let words = Words::new(&["cus_1", "contact_ch_1"]).expect("words");
    assert_eq!(places_of_objections(&installation, &words), Vec::<String>::new());
    assert_eq!(by_source(&installation), without);
    let two = who("payer2@example.com");
    let set = |lifts| object(&context, "acme", &two, ("cli", lifts), noon()).expect("noted").0;
    assert_eq!((set(false), set(true), set(true)), (3, 3, 0));
    assert_eq!(by_source(&installation), without);
}

fn places_of_objections(installation: &DataFolder, words: &Words) -> Vec<String> {
    let mut all = texts(&installation.warehouse, "SELECT value FROM ops.objection");
    all.push(std::fs::read_to_string(installation.folder.join(objection::FILE)).expect("the list"));
    all.retain(|text| words.are_in_text(text));
    all
}

/// A backup of the same workspace in which nobody objected yet.
fn backup_of_before(folder: &Path) -> backup::Backup {
    let dir = tempfile::tempdir().expect("a folder");
    let installation = with_contacts(dir.path());
    back_up(&installation.maintain(keeps_all()), true, noon()).expect("a backup");
    let backups = folder.join("backups");
    std::fs::create_dir_all(&backups).expect("a folder");
    for file in std::fs::read_dir(dir.path().join("backups")).expect("backups").flatten() {
        std::fs::copy(file.path(), backups.join(file.file_name())).expect("copied");
    }
    backup::list(&backups, chrono::DateTime::<chrono::Utc>::MAX_UTC).expect("a list").remove(0)
}
