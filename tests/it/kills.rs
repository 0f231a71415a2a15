//! The process is killed at random instants of sync, load, rollup, report and delivery; in the end
//! everything is as if nothing had happened. `DAYBOOK_LONG` asks for a longer form, `DAYBOOK_KILLS=300` for
//! the longest.

use crate::support::is_long;
use daybook::warehouse::{Context, Warehouse, WarehouseConfig};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A mail server that takes everything and counts each Message-ID.
#[derive(Clone, Default)]
pub struct MailSink(pub Arc<Mutex<BTreeMap<String, u32>>>);

impl MailSink {
    pub fn start() -> (Self, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let sink = Self::default();
        let counts = sink.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counts = counts.clone();
                // A client that is killed breaks the line off; that is the point.
                std::thread::spawn(move || drop(counts.talk(&stream)));
            }
        });
        (sink, port)
    }

    fn talk(&self, stream: &TcpStream) -> std::io::Result<()> {
        let mut out = stream;
        let mut lines = BufReader::new(stream).lines();
        out.write_all(b"220 sink\r\n")?;
        while let Some(line) = lines.next().transpose()? {
            match line.get(..4).unwrap_or_default() {
                "EHLO" => out.write_all(b"250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")?,
                "DATA" => {
                    out.write_all(b"354 go on\r\n")?;
                    let mut id = String::new();
                    loop {
                        // A client that dies before the dot has handed nothing over.
                        let Some(line) = lines.next().transpose()? else { return Ok(()) };
                        if line == "." {
                            break;
                        }
                        if let Some(value) = line.strip_prefix("Message-ID: ") {
                            id = value.to_owned();
                        }
                    }
                    *self.0.lock().expect("no panic").entry(id).or_default() += 1;
                    // Long enough to be killed between the server's taking a mail and the client's knowing it.
                    std::thread::sleep(Duration::from_millis(40));
                    out.write_all(b"250 taken\r\n")?;
                }
                "QUIT" => return out.write_all(b"221 bye\r\n"),
                _ => out.write_all(b"250 fine\r\n")?,
            }
        }
        Ok(())
    }
}

/// A folder whose demo mails by SMTP.
fn prepare(folder: &Path, port: u16) {
    let settings = include_str!("../../src/cli/demo/daybook.toml").replace(
        "kind = \"folder\"\npath = \"mail\"\n",
        &format!("kind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"plain\"\n"),
    );
    assert!(settings.contains("smtp") && settings.contains("threads = 2"), "the demo's settings have changed");
    let settings = settings.replace("threads = 2", "threads = 1");
    let settings = settings.replacen("[delivery.mail]", "[delivery]\nconfirmed = true\n\n[delivery.mail]", 1);
    std::fs::create_dir_all(folder.join("config")).expect("a folder");
    std::fs::write(folder.join("config/daybook.toml"), settings).expect("written");
}

/// Runs the demo; kills it after `limit`. Whether it came to its end.
fn demo(folder: &Path, limit: Option<Duration>) -> bool {
    let mut child = Command::new(env!("CARGO_BIN_EXE_daybook"))
        .args(["demo", "--days", "60", "--dir"])
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary");
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child") {
            let mut told = String::new();
            drop(std::io::Read::read_to_string(&mut child.stderr.take().expect("stderr"), &mut told));
            // Messages whose fate a kill left unknown end a run with 3: they are reported, not sent again.
            assert!(matches!(status.code(), Some(0 | 3)), "{status}: {told}");
            return true;
        }
        if limit.is_some_and(|limit| begun.elapsed() >= limit) {
            child.kill().expect("killed");
            child.wait().expect("reaped");
            return false;
        }
        std::thread::sleep(Duration::from_millis(3));
    }
}

/// What must be the same in the end. The running day is left out: its data grows while the test runs.
fn state(folder: &Path) -> Vec<String> {
    let warehouse =
        Warehouse::open(&folder.join("daybook.duckdb"), &WarehouseConfig::default()).expect("the database opens");
    let today = daybook::support::clock::Clock::System.now().date_naive();
    let sql = "
        SELECT 'days ' || count(*) || ' ' || sum(sessions) || ' ' || sum(leads) || ' ' || sum(orders) || ' '
            || sum(revenue) || ' ' || sum(cost) || ' ' || sum(refunds) FROM mart.metric_daily WHERE date < today()
        UNION ALL SELECT 'payments ' || count(*) || ' ' || sum(amount) FROM core.payment WHERE date < today()
        UNION ALL SELECT 'ads ' || count(*) || ' ' || sum(cost) FROM core.ad_daily WHERE date < today()
        UNION ALL SELECT 'web ' || count(*) || ' ' || sum(sessions) FROM core.web_daily WHERE date < today()
        -- Who was merged or deleted while the test ran left something behind only where he was read before.
        UNION ALL SELECT 'stages ' || count(*) FROM core.contact_stage
            ANTI JOIN (SELECT workspace, contact_id FROM core.contact WHERE absence IS NOT NULL) USING (workspace, contact_id)
            WHERE entered_date < today()
        UNION ALL SELECT 'mrr ' || sum(mrr) FROM mart.mrr_daily WHERE date < today()
        UNION ALL SELECT 'covered ' || connection || '/' || stream || ' ' || count(*) FROM ops.coverage
            WHERE is_whole_day AND date < today() GROUP BY connection, stream
        UNION ALL SELECT 'aside ' || table_name || ' ' || count(*) FROM ops.quarantine GROUP BY table_name
        UNION ALL SELECT 'figure ' || path || ' ' || string_agg(text, ' | ' ORDER BY workspace, period_start, text)
            FROM ops.receipt GROUP BY path
        UNION ALL SELECT 'messages ' || workspace || ' ' || count(*) FROM ops.outbox GROUP BY workspace
        ORDER BY 1"
        .replace("today()", &format!("DATE '{today}'"));
    read(&warehouse, &sql)
}

fn read(warehouse: &Warehouse, sql: &str) -> Vec<String> {
    warehouse
        .read_blocking(|reader| {
            let step = || sql.to_owned();
            let mut statement = reader.prepare(sql).context(step)?;
            let rows = statement.query_map([], |row| row.get(0)).context(step)?;
            rows.collect::<Result<_, _>>().context(step)
        })
        .expect("an answer")
}

#[test]
fn killed_at_any_instant_it_ends_as_if_nothing_had_happened() {
    let wanted: u32 = daybook::support::environment::text("DAYBOOK_KILLS")
        .and_then(|text| text.parse().ok())
        .unwrap_or(if is_long() { 6 } else { 1 });
    let seed = daybook::support::environment::text("DAYBOOK_SEED").and_then(|text| text.parse().ok()).unwrap_or(1);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let calm = tempfile::tempdir().expect("a folder");
    let (sink, port) = MailSink::start();
    prepare(calm.path(), port);
    let begun = Instant::now();
    assert!(demo(calm.path(), None));
    let whole = begun.elapsed();
    let expected = state(calm.path());
    let mails = sink.0.lock().expect("no panic").len();
    assert!(mails > 0);

    let (mut kills, mut unknown) = (0, 0);
    while kills < wanted {
        let folder = tempfile::tempdir().expect("a folder");
        let (sink, port) = MailSink::start();
        prepare(folder.path(), port);
        loop {
            // Later lives have less to do, so that a share of the kills falls into delivery.
            let limit = whole.mul_f64(random.random_range(0.02..0.6));
            if kills >= wanted || demo(folder.path(), Some(limit)) {
                break;
            }
            kills += 1;
        }
        assert!(demo(folder.path(), None));
        assert_eq!(state(folder.path()), expected, "after {kills} kills, seed {seed}");
        unknown += check_mails(folder.path(), &sink, mails);
    }
    println!("{kills} kills; {mails} mails each time, none doubled, {unknown} of unknown fate in all");
}

/// Each mail arrived once, or its fate is reported as unknown; how many are.
fn check_mails(folder: &Path, sink: &MailSink, mails: usize) -> usize {
    let warehouse =
        Warehouse::open(&folder.join("daybook.duckdb"), &WarehouseConfig::default()).expect("the database opens");
    let states = read(&warehouse, "SELECT state FROM ops.outbox WHERE route LIKE '%mail%'");
    let counts = sink.0.lock().expect("no panic");
    assert!(counts.values().all(|count| *count == 1), "a mail came twice: {counts:?}");
    let unknown = states.iter().filter(|state| *state == "unknown").count();
    assert!(states.iter().all(|state| matches!(state.as_str(), "accepted" | "sent" | "unknown")), "{states:?}");
    let settled = states.len() - unknown;
    assert!(counts.len() >= settled && counts.len() <= mails, "{} arrived, {settled} settled", counts.len());
    assert_eq!(states.len(), mails, "every mail is in the books");
    unknown
}
