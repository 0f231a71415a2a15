//! The sandbox's ad accounts on networks: what the built-in connectors read of them, from the first request to the
//! tables.

mod linkedin;
mod tiktok;

use crate::support::{noon, place_database, texts};
use chrono::{DateTime, Days, NaiveDate, Utc};
use daybook::app::App;
use daybook::jobs::sync::{Source, StreamOutcome, sync_connection};
use daybook::sandbox::{Faults, Sandbox, SandboxOptions, tenants};
use daybook::support::clock::Clock;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// An installation with one connection to the sandbox.
struct Installation {
    sandbox: Sandbox,
    app: App,
    _folder: tempfile::TempDir,
}

/// How its connection is configured.
struct Configured<'a> {
    connector: &'a str,
    workspace: &'a str,
    zone: &'a str,
    /// Settings beside where the vendor answers; `{base}` is that.
    settings: &'a str,
    secrets: &'a [(&'a str, &'a str)],
    /// What the connector's file has in place of something else.
    other: &'a [(&'a str, &'a str)],
}

impl Installation {
    async fn new(days: u64, of: &Configured<'_>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let first_date = noon().date_naive() - Days::new(days);
        let options = SandboxOptions {
            tenants: tenants(),
            seed: 5,
            first_date,
            as_of: noon(),
            planted_at: noon(),
            port: 0,
            faults: Faults::none(),
        };
        let sandbox = Sandbox::start(options).await.expect("a sandbox");
        let write = |name: String, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, text).expect("written");
        };
        let secret = |(name, value): &(&str, &str)| {
            write(format!("config/{name}"), value);
            format!("{name} = {{ file = {name:?} }}")
        };
        let secrets: Vec<String> = of.secrets.iter().map(secret).collect();
        let base = format!("{}/{}", sandbox.base_url(), of.connector);
        let workspace = format!(
            "name = \"A company\"\ntime_zone = \"{}\"\ncurrency = \"EUR\"\n\n[[connections]]\nid = \"ads\"\nconnector = \"{}\"\n\
             since = {first_date}\nsettings = {{ base_url = \"{base}\", {} }}\nsecrets = {{ {} }}\n",
            of.zone,
            of.connector,
            of.settings.replace("{base}", &base),
            secrets.join(", ")
        );
        write(format!("config/workspaces/{}.toml", of.workspace), &workspace);
        write("config/daybook.toml".to_owned(), "[warehouse]\nthreads = 1\n");
        let catalog = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/connectors/catalog").join(of.connector);
        for entry in std::fs::read_dir(catalog).expect("a connector").flatten() {
            let mut text = std::fs::read_to_string(entry.path()).expect("a file");
            let name = entry.file_name().to_string_lossy().into_owned();
            if name == "connector.toml" {
                for (from, to) in of.other {
                    assert!(text.contains(from), "{from}");
                    text = text.replace(from, to);
                }
            }
            write(format!("config/connectors/{}/{name}", of.connector), &text);
        }
        place_database(&folder.path().join("daybook.duckdb"));
        let app = App::open(folder.path(), Clock::fixed(noon())).unwrap_or_else(|error| panic!("{error}: {error:?}"));
        Self { sandbox, app, _folder: folder }
    }

    fn source(&self) -> Source {
        let workspace = &self.app.settings.workspaces[0];
        self.app.sources(workspace).expect("connections").remove(0)
    }

    async fn sync_as(&self, source: &Source) -> Vec<StreamOutcome> {
        sync_connection(&self.app.sync, source, &|_| {}).await
    }

    /// Syncs all and expects nothing to be wrong with it.
    async fn sync(&self) {
        for outcome in self.sync_as(&self.source()).await {
            let told = (&outcome.loaded.notes, &outcome.loaded.caveats, outcome.loaded.rows_quarantined);
            assert_eq!((&outcome.error, told), (&None, (&Vec::new(), &Vec::new(), 0)), "{}", outcome.stream);
            assert!(outcome.loaded.doubted.is_empty(), "{}: {:?}", outcome.stream, outcome.loaded.doubted);
        }
    }

    /// Time passes.
    fn move_to(&self, at: DateTime<Utc>) {
        self.app.sync.clock.set(at);
        self.sandbox.set_as_of(at);
    }

    fn texts(&self, sql: &str) -> Vec<String> {
        texts(&self.app.warehouse, sql)
    }

    /// Sums of one table that are not those of the other, group by group. Rows that a key takes for one, of other
    /// campaigns or of other days, would be missing here.
    fn apart(&self, of: &str, parts: &str, keys: &str, measures: &[&str]) -> Vec<String> {
        let sums: Vec<String> = measures.iter().map(|name| format!("sum({name}) AS {name}")).collect();
        let grouped = |of: &str| format!("SELECT {keys}, {} FROM {of} GROUP BY {keys}", sums.join(", "));
        let (of, parts) = (grouped(of), grouped(parts));
        let both = format!("({of} EXCEPT {parts}) UNION ALL ({parts} EXCEPT {of})");
        self.texts(&format!("SELECT CAST(t AS VARCHAR) FROM ({both}) AS t"))
    }

    /// All rows of the tables but for what loaded them.
    fn rows(&self, tables: &[&str]) -> Vec<String> {
        let of = |table: &&str| {
            self.texts(&format!("SELECT '{table} ' || CAST(t AS VARCHAR) FROM (SELECT * EXCLUDE (load_id) FROM core.{table}) AS t ORDER BY 1"))
        };
        tables.iter().flat_map(of).collect()
    }

    /// Sessions and conversions by day that a network brought.
    fn visits(&self, tenant: &str, source: &str) -> BTreeMap<NaiveDate, (u64, u64)> {
        let worlds = self.sandbox.worlds();
        let world = worlds.iter().find(|world| world.tenant.id == tenant).expect("a company");
        let mut days: BTreeMap<NaiveDate, (u64, u64)> = BTreeMap::new();
        for visit in world.visits.iter().filter(|visit| visit.source == source) {
            let day = days.entry(visit.date).or_default();
            *day = (day.0 + visit.sessions, day.1 + visit.key_events);
        }
        days
    }

    /// Days whose clicks are not those of the visits, or whose conversions are not all there though `settled` days passed.
    fn amiss(&self, days: &BTreeMap<NaiveDate, (u64, u64)>, settled: u64, of: &str) -> Vec<String> {
        let sums = self.texts(&format!(
            "SELECT concat_ws(' ', date, sum(clicks), sum(conversions)::INTEGER) FROM {of} GROUP BY date ORDER BY date"
        ));
        let is_settled = |date: &NaiveDate| *date + Days::new(settled + 1) <= noon().date_naive();
        assert!(days.keys().any(is_settled) && days.values().any(|day| day.1 > 0), "too few days");
        let mut amiss = Vec::new();
        assert_eq!(sums.len(), days.len());
        for (sum, (date, (sessions, conversions))) in sums.iter().zip(days) {
            let clicks = sessions + sessions / 12;
            let has_all = *sum == format!("{date} {clicks} {conversions}");
            if !has_all && (is_settled(date) || !sum.starts_with(&format!("{date} {clicks} "))) {
                amiss.push(sum.clone());
            }
        }
        amiss
    }
}

const MEASURES: [&str; 4] = ["impressions", "clicks", "cost", "conversions"];

/// The same connection whose requests are made once.
fn impatient(mut source: Source) -> Source {
    let mut connector = (*source.connection.connector).clone();
    connector.spec.limits.attempts = 1;
    connector.spec.errors.iter_mut().for_each(|rule| rule.wait.secs = Some(0));
    source.connection.connector = Arc::new(connector);
    source
}
