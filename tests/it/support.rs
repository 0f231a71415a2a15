//! What several tests need: connections, landed bodies, answers as texts.

#[path = "../../src/support/skip.rs"]
mod skip;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use daybook::connectors::landing::{Landing, Manifest, PageLabel, PageRecord};
use daybook::connectors::spec::{SettingKind, SlicingSpec};
use daybook::connectors::{Catalog, Connection, Slice, Window};
use daybook::domain::money::Currency;
use daybook::domain::period::Period;
use daybook::jobs::sync::{Source, decoded, load_request};
use daybook::support::secret::Secret;
use daybook::warehouse::load::{Loaded, load};
use daybook::warehouse::outbox::{Ending, Whose, claim, finish};
use daybook::warehouse::{Context, Warehouse, WarehouseConfig, WarehouseError};
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

pub use skip::skip;

/// The instant of fixed clocks in tests.
pub fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 20, 12, 0, 0).single().expect("an instant")
}

/// Sends what waits in the lanes of the simulation: each message is taken.
pub fn send_all(warehouse: &Warehouse, at: DateTime<Utc>) {
    for lane in ["file", "mail", "slack:marketing"] {
        let next = || warehouse.write_ledger_blocking(move |c| claim(c, lane, &Whose::default(), at)).expect("claimed");
        while let Some(message) = next() {
            let accepted = Ending::Accepted { answer: "ok".to_owned() }.into();
            warehouse.write_ledger_blocking(move |c| finish(c, &message, &accepted, at)).expect("finished");
        }
    }
}

const DIGITS: &str = "1234567890";

/// A source of a built-in connector whose required settings and secrets hold harmless values.
pub fn source(connector: &str, settings: &[(&str, toml::Value)]) -> Source {
    let connector = Catalog::built_in().expect("a sound catalog").get(connector).expect("a connector");
    let mut all: BTreeMap<String, toml::Value> =
        settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    for (name, spec) in &connector.spec.settings {
        if spec.default.is_none() && !all.contains_key(name) {
            // Digits where these will do, else what the connector gives as an example.
            let fits =
                |pattern: &String| regex::Regex::new(&format!("^(?:{pattern})$")).expect("a pattern").is_match(DIGITS);
            let example = || spec.looks_like.as_deref().and_then(|words| words.split('"').nth(1)).unwrap_or(DIGITS);
            let value = if spec.pattern.as_ref().is_none_or(fits) { DIGITS } else { example() };
            let value = match spec.kind {
                SettingKind::List => toml::Value::Array(vec![value.into()]),
                SettingKind::Url => "https://vendor.example".into(),
                _ => value.into(),
            };
            all.insert(name.clone(), value);
        }
    }
    let secrets = connector.spec.secrets.keys().map(|name| (name.clone(), Secret::new("s3cret"))).collect();
    let zone = chrono_tz::UTC;
    let connection =
        Connection::new("acme", &connector.spec.name.clone(), connector, all, secrets, zone).expect("a connection");
    let currency = Currency::new("USD").expect("a currency");
    Source { connection, currency, since: "2026-01-01".parse().expect("a date") }
}

/// Lands `bodies` as if a vendor had sent them, and loads them.
pub fn land_and_load(
    warehouse: &Warehouse,
    folder: &Path,
    source: &Source,
    stream: &str,
    bodies: &[String],
) -> Result<Loaded, WarehouseError> {
    land_and_load_at(warehouse, (folder, source), stream, bodies, noon())
}

/// The same at an instant.
pub fn land_and_load_at(
    warehouse: &Warehouse,
    (folder, source): (&Path, &Source),
    stream: &str,
    bodies: &[String],
    at: DateTime<Utc>,
) -> Result<Loaded, WarehouseError> {
    land_and_load_days(warehouse, (folder, source), stream, bodies, (at, None))
}

/// The same as the answer about some days; about all, where none are named.
pub fn land_and_load_days(
    warehouse: &Warehouse,
    (folder, source): (&Path, &Source),
    stream: &str,
    bodies: &[String],
    (at, days): (DateTime<Utc>, Option<Period>),
) -> Result<Loaded, WarehouseError> {
    let pages: Vec<(PageLabel, String)> = bodies.iter().map(|body| (PageLabel::default(), body.clone())).collect();
    land_and_load_pages(warehouse, (folder, source), stream, &pages, (at, days))
}

/// The same of pages, each with what it is of.
pub fn land_and_load_pages(
    warehouse: &Warehouse,
    (folder, source): (&Path, &Source),
    stream: &str,
    pages: &[(PageLabel, String)],
    (at, days): (DateTime<Utc>, Option<Period>),
) -> Result<Loaded, WarehouseError> {
    let spec = &source.connection.connector.spec.streams[stream];
    let all = Period::new("2020-01-01".parse().expect("a date"), "2030-01-01".parse().expect("a date")).expect("days");
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    let window = match (&spec.slicing, days) {
        (SlicingSpec::Days { .. }, days) => Window::Days { period: days.unwrap_or(all) },
        (SlicingSpec::Instants { .. }, Some(days)) => {
            Window::Instants { start: midnight(days.start), end: midnight(days.end) }
        }
        _ => Window::Whole,
    };
    let partition = source.connection.partitions(spec.partition_over.as_deref()).remove(0);
    let manifest = Manifest {
        workspace: source.connection.workspace.clone(),
        connection: source.connection.id.clone(),
        connector: source.connection.connector.spec.name.clone(),
        stream: stream.to_owned(),
        slice: Slice { partition, window },
        fetched_at: at,
        pages: Vec::new(),
        notes: Vec::new(),
        is_folded: false,
        quota_note: None,
        cut: None,
        caveats: Vec::new(),
        is_refused: false,
    };
    let mut landing = Landing::begin(folder, manifest).expect("a landing folder");
    for (label, body) in pages {
        let mut page = landing.file(spec.body.ending()).expect("a page");
        page.write(body.as_bytes()).expect("written");
        landing.keep(PageRecord { label: label.clone(), ..page.finish().expect("finished") });
    }
    let landed = landing.finish().expect("landed");
    let request = load_request(source, &landed, &daybook::warehouse::facts::builtin(), &Secret::new("key"), true)?;
    let mut request = decoded(request, source, &landed)?;
    // The clock stands still, and each load has an id of its own.
    static LOADS: AtomicU32 = AtomicU32::new(0);
    request.load_id += &format!("_{}", LOADS.fetch_add(1, Ordering::Relaxed));
    // Pages of before are loaded again at a later instant.
    let newest = texts(
        warehouse,
        "SELECT strftime(max(fetched_at), '%Y-%m-%dT%H:%M:%S') FROM ops.load HAVING max(fetched_at) IS NOT NULL",
    );
    let newest = newest.first().map(|text| text.parse::<NaiveDateTime>().expect("an instant").and_utc());
    let now = newest.map_or(at, |newest| newest.max(at));
    warehouse.write_blocking(move |connection| load(connection, &request, now))
}

/// A new database with the built-in tables, made once: making it takes longer than most tests.
static NEW_DATABASE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("new.duckdb");
    drop(Warehouse::open(&path, &one_thread()).expect("a database"));
    std::fs::read(&path).expect("read")
});

/// Puts a new database where an installation would make its own at the first start, unless there is one.
pub fn place_database(path: &Path) {
    if !path.exists() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let mut options = std::fs::OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(path);
        file.expect("a file").write_all(&NEW_DATABASE).expect("written");
    }
}

/// Tests run beside one another; a query that waits for another thread of its own spins.
pub fn one_thread() -> WarehouseConfig {
    WarehouseConfig { threads: 1, ..WarehouseConfig::default() }
}

/// Whether `DAYBOOK_LONG` asks for the long form of a proof.
pub fn is_long() -> bool {
    daybook::support::environment::variable("DAYBOOK_LONG").is_some()
}

/// The first column of a query's rows, as texts.
pub fn texts(warehouse: &Warehouse, sql: &str) -> Vec<String> {
    warehouse
        .read_blocking(|connection| {
            let mut statement = connection.prepare(sql).context(|| sql.to_owned())?;
            let rows = statement.query_map([], |row| row.get(0)).context(|| sql.to_owned())?;
            rows.collect::<Result<_, _>>().context(|| sql.to_owned())
        })
        .expect(sql)
}
