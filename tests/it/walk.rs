//! What befalls accounts and answers at Google while time passes: reported on its day, made good afterwards.

use crate::field::installation::{ship, write};
use crate::support::{noon, texts};
use crate::truth::{row, totals};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use daybook::app::issue::drafts;
use daybook::app::{App, Selection};
use daybook::report::document::Document;
use daybook::sandbox::{Faults, SHOP, SOFTWARE, Sandbox, SandboxOptions, Tenant, tenants};
use daybook::support::clock::Clock;
use rust_decimal::Decimal;

/// An installation that is walked through the days before noon.
struct Walk {
    sandbox: Sandbox,
    app: App,
    clock: Clock,
    _folder: tempfile::TempDir,
}

fn workspace(tenant: &Tenant, base: &str, since: NaiveDate) -> String {
    let mut text = format!(
        "name = '{}'\ntime_zone = '{}'\ncurrency = '{}'\n\
         [[connections]]\nid = 'analytics'\nconnector = 'google_analytics'\nsince = {since}\n\
         settings = {{ base_url = '{base}/google_analytics', token_url = '{base}/oauth2/token', property_ids = ['{}'], breakdown_days = 30 }}\n\
         secrets = {{ key_json = {{ file = 'secrets/key' }} }}\n\
         [[connections]]\nid = 'ads'\nconnector = 'google_ads'\nsince = {since}\n\
         settings = {{ base_url = '{base}/google_ads', token_url = '{base}/oauth2/token', customer_ids = {:?}, breakdown_days = 30 }}\n\
         secrets = {{ developer_token = {{ file = 'secrets/a' }}, client_id = {{ file = 'secrets/b' }}, \
         client_secret = {{ file = 'secrets/c' }}, refresh_token = {{ file = 'secrets/d' }} }}\n",
        tenant.name,
        tenant.zone.name(),
        tenant.currency.code(),
        tenant.property,
        tenant.accounts
    );
    for group in ["marketing", "executives", "specialists", "analysts"] {
        text += &format!("[recipients.{group}]\nmail = []\nfiles = true\n");
    }
    text
}

impl Walk {
    async fn begin(days: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let first_date = noon().date_naive() - Days::new(days);
        let (planted_at, faults) = (noon(), Faults::none());
        let options =
            SandboxOptions { tenants: tenants(), seed: 11, first_date, as_of: noon(), planted_at, port: 0, faults };
        let sandbox = Sandbox::start(options).await.expect("a sandbox");
        ship(folder.path());
        for tenant in tenants() {
            let text = workspace(&tenant, &sandbox.base_url(), first_date);
            write(folder.path(), &format!("config/workspaces/{}.toml", tenant.id), &text);
        }
        let keys = Sandbox::credentials();
        let secrets = [keys.developer_token, keys.client_id, keys.client_secret, keys.refresh_token];
        for (name, secret) in ["a", "b", "c", "d", "key"].iter().zip(secrets.iter().chain([&keys.service_account_key]))
        {
            write(folder.path(), &format!("config/secrets/{name}"), secret);
        }
        let clock = Clock::fixed(noon());
        let app = App::open(folder.path(), clock.clone()).expect("an installation");
        Self { sandbox, app, clock, _folder: folder }
    }

    /// Syncs at an hour of the day so many days back; gives everything that was reported.
    async fn sync(&self, back: u64, hour: u32) -> Vec<String> {
        let at: DateTime<Utc> = (day(back).and_hms_opt(hour, 0, 0).expect("an hour") + TimeDelta::minutes(6)).and_utc();
        self.clock.set(at);
        self.sandbox.set_as_of(at);
        let outcomes = self.app.sync(&Selection::default(), &|_| {}).await.expect("a sync");
        self.app.rollup(&Selection::default()).await.expect("a rollup");
        let said = outcomes.iter().flat_map(|outcome| {
            let place = format!("{} {} {}", outcome.workspace, outcome.connection, outcome.stream);
            let errors = outcome.failures.iter().map(|error| error.message.clone());
            let caveats = outcome.loaded.caveats.iter().cloned();
            let all = errors.chain(outcome.loaded.notes.iter().cloned()).chain(caveats);
            all.map(|words| format!("{place}: {words}")).collect::<Vec<_>>()
        });
        said.collect()
    }

    /// What the daily report of a day says on top, were it made now.
    async fn gaps(&self, tenant: &str, date: NaiveDate) -> Vec<String> {
        self.report(tenant, date).await.gaps
    }

    async fn report(&self, tenant: &str, date: NaiveDate) -> Document {
        let workspace = self.app.settings.workspace(tenant).expect("the workspace");
        let job = self.app.settings.jobs.iter().find(|job| job.id == "report_daily").expect("the daily report");
        let Some(job) = job.kind.report() else { panic!("no report") };
        let period = job.base.cadence.period_of(date, workspace.workspace.calendar());
        let drafts = drafts(&self.app, workspace, job, period, None).await.expect("a report");
        drafts.into_iter().next().expect("a document").data
    }

    /// How days stand that are not simply read.
    fn standing(&self, tenant: &str, connection: &str) -> Vec<String> {
        let sql = format!(
            "SELECT DISTINCT concat_ws(' ', stream, date, standing) FROM ops.coverage
             WHERE workspace = '{tenant}' AND connection = '{connection}' AND standing IS NOT NULL ORDER BY 1"
        );
        texts(&self.app.warehouse, &sql)
    }

    fn sessions(&self, tenant: &str, date: NaiveDate) -> Decimal {
        totals(&self.app.warehouse, tenant)
            .into_iter()
            .find(|(day, _)| *day == date)
            .map(|(_, sums)| sums[0])
            .unwrap_or_default()
    }

    fn true_sessions(&self, tenant: &str, date: NaiveDate) -> Decimal {
        Decimal::from(self.sandbox.truth().tenants[tenant].days[&date].sessions)
    }
}

/// The day so many days before the last planted one, as the sandbox counts them.
fn day(back: u64) -> NaiveDate {
    noon().date_naive() - Days::new(1 + back)
}

#[track_caller]
fn says(lines: &[String], words: &[&str]) {
    let found = lines.iter().any(|line| words.iter().all(|word| line.to_lowercase().contains(&word.to_lowercase())));
    assert!(found, "nothing says {words:?}: {lines:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_befalls_accounts_is_reported_on_its_day_and_made_good_afterwards() {
    let walk = Walk::begin(40).await;

    // Analytics states a fiftieth of a day's sessions; the stream of visitors has more than that.
    walk.sync(29, 7).await;
    let doubted = ["campaign_visits", "web_daily"].map(|stream| format!("{stream} {} doubted", day(30)));
    assert_eq!(walk.standing(SOFTWARE, "analytics"), doubted);
    says(&walk.gaps(SOFTWARE, day(30)).await, &["visits", "is doubted", "visitors are stated"]);
    walk.sync(24, 7).await;
    assert_eq!(walk.standing(SOFTWARE, "analytics"), [""; 0]);
    assert_eq!(walk.gaps(SOFTWARE, day(30)).await, [""; 0]);
    assert_eq!(walk.sessions(SOFTWARE, day(30)), walk.true_sessions(SOFTWARE, day(30)));

    // One of two ad accounts is closed; what is known of its past stays.
    walk.sync(21, 7).await;
    let costs = "SELECT sum(cost)::VARCHAR FROM core.ad_daily WHERE workspace = 'customerhappy'";
    let before = texts(&walk.app.warehouse, costs);
    let said = walk.sync(20, 7).await;
    says(&said, &["customerhappy ads ad_daily", "not enabled", "customer_ids"]);
    let second = tenants()[0].accounts[1];
    says(&walk.gaps(SOFTWARE, day(21)).await, &["cost by campaign", second, "lacks", "not enabled"]);
    assert!(texts(&walk.app.warehouse, costs) > before, "the first account goes on");
    let held = format!("SELECT count(DISTINCT date)::VARCHAR FROM core.ad_daily WHERE account_id = '{second}'");
    assert_eq!(texts(&walk.app.warehouse, &held), ["18"]);

    // Its tokens are gone: nothing new of Analytics, by any of its streams.
    let said = walk.sync(18, 9).await;
    says(&said, &["customerhappy analytics web_daily", "tokens", "midnight Pacific"]);
    for stream in ["visits by page", "visits", "visitors"] {
        says(&walk.gaps(SOFTWARE, day(19)).await, &[stream, "lacks", "tokens"]);
    }
    assert!(!walk.gaps(SHOP, day(19)).await.iter().any(|gap| gap.contains("lacks")), "the shop goes on");
    // They return at midnight in Los Angeles, and nobody asks before.
    walk.sync(17, 7).await;
    assert!(!walk.standing(SOFTWARE, "analytics").is_empty());
    walk.sync(17, 9).await;
    assert_eq!(walk.standing(SOFTWARE, "analytics"), [""; 0]);
    assert!(!walk.gaps(SOFTWARE, day(19)).await.iter().any(|gap| gap.contains("Analytics")));

    // The account is enabled again, and its days are filled in.
    walk.sync(13, 7).await;
    assert_eq!(walk.standing(SOFTWARE, "ads"), [""; 0]);
    assert_eq!(walk.gaps(SOFTWARE, day(20)).await, [""; 0]);
    assert_eq!(texts(&walk.app.warehouse, &held), ["26"]);

    // An answer without rows, for two hours.
    let said = walk.sync(12, 10).await;
    says(&said, &["northwind_shop analytics web_daily", "are doubted", "on the first of them", "stay"]);
    says(&walk.gaps(SHOP, day(13)).await, &["visits", "is doubted", "no row at all"]);
    assert_eq!(walk.sessions(SHOP, day(14)), walk.true_sessions(SHOP, day(14)));
    walk.sync(12, 12).await;
    assert_eq!(walk.standing(SHOP, "analytics"), [""; 0]);
    assert_eq!(walk.gaps(SHOP, day(13)).await, [""; 0]);

    // The property is set to another zone, whose day is not over yet.
    let said = walk.sync(10, 7).await;
    says(&said, &["northwind_shop analytics web_daily", "America/Los_Angeles", "Europe/Berlin", "time_zone"]);
    let report = walk.report(SHOP, day(11)).await;
    says(&report.gaps, &["visits", "reaches only"]);
    assert!(report.is_late());
    walk.sync(9, 8).await;
    let report = walk.report(SHOP, day(11)).await;
    assert!(!report.is_late(), "{:?}", report.gaps);

    walk.sync(0, 7).await;
    let truth = walk.sandbox.truth();
    for tenant in [SOFTWARE, SHOP] {
        for (date, sums) in totals(&walk.app.warehouse, tenant).into_iter().filter(|(date, _)| *date < day(0)) {
            // The shop's creators cost money as well, which no file says here.
            let columns = if tenant == SHOP { 0..4 } else { 0..7 };
            let wanted = row(&truth.tenants[tenant].days[&date]);
            assert_eq!(sums[columns.clone()], wanted[columns], "{tenant} {date}");
        }
        assert!(walk.standing(tenant, "ads").is_empty() && walk.standing(tenant, "analytics").is_empty());
    }
}
