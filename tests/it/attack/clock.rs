//! A clock that stood wrong for an hour: nothing is lost, nothing is believed, and it heals.

use crate::outage::write_installation;
use crate::support::{noon, texts};
use chrono::{DateTime, Days, TimeDelta, Utc};
use daybook::app::App;
use daybook::app::Selection;
use daybook::jobs::maintenance::{MaintenanceContext, maintain};
use daybook::queries::status::{Health, SourceStatus, status};
use daybook::sandbox::{Faults, Sandbox, SandboxOptions, tenants};
use daybook::support::clock::Clock;
use daybook::warehouse::clock::{ahead, correct};
use tempfile::TempDir;

const ROWS: &str = "SELECT (SELECT count(*) FROM core.ad_daily) || ' ' || (SELECT count(*) FROM core.payment)";

struct Simulation {
    _root: TempDir,
    sandbox: Sandbox,
    clock: Clock,
    app: App,
}

impl Simulation {
    async fn start() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let first = noon().date_naive() - Days::new(10);
        let options = SandboxOptions {
            tenants: tenants(),
            seed: 11,
            first_date: first,
            as_of: noon(),
            planted_at: noon(),
            port: 0,
            faults: Faults::none(),
        };
        let sandbox = Sandbox::start(options).await.expect("a sandbox");
        write_installation(root.path(), &sandbox.base_url(), first);
        let clock = Clock::fixed(noon());
        let app = App::open(root.path(), clock.clone()).expect("an installation");
        Self { _root: root, sandbox, clock, app }
    }

    /// Syncs with Daybook's clock at `shown` while it is `truly` for the vendor.
    async fn sync(&self, shown: DateTime<Utc>, truly: DateTime<Utc>) {
        self.clock.set(shown);
        self.sandbox.set_as_of(truly);
        // As every start does.
        daybook::warehouse::clock::note(&self.app.warehouse, shown).expect("noted");
        let outcomes = self.app.sync(&Selection::default(), &|_| {}).await.expect("synced");
        assert!(outcomes.iter().all(|outcome| outcome.error.is_none()), "{outcomes:?}");
    }

    fn source(&self, id: &str, now: DateTime<Utc>) -> SourceStatus {
        let found = status(&self.app, None, now).expect("a status");
        found.workspaces[0].sources.iter().find(|source| source.connection == id).expect("the source").clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_under_a_clock_a_year_ahead_is_not_believed_and_heals() {
    let world = Simulation::start().await;
    world.sync(noon(), noon()).await;
    world.sync(noon() + TimeDelta::days(365), noon()).await;
    let now = noon() + TimeDelta::days(3);
    // Before anything is synced again, nobody is told that all is fine.
    let ads = world.source("ads", now);
    assert_ne!(ads.health, Health::Fine, "{ads:?}");
    assert!(ads.data_through.is_none_or(|day| day < now.date_naive()), "{ads:?}");
    let told = status(&world.app, None, now).expect("a status").clock.expect("the clock is told of");
    assert!(told.says.contains("2027-11-20"), "{told:?}");

    world.sync(now, now).await;
    let yesterday = now.date_naive() - Days::new(1);
    for id in ["ads", "payments"] {
        let source = world.source(id, now);
        assert_eq!((source.data_through, source.days_missing), (Some(yesterday), 0), "{id}: {source:?}");
    }
    let twin = Simulation::start().await;
    twin.sync(now, now).await;
    let facts = "SELECT date || ' ' || campaign_id || ' ' || device || ' ' || cost || ' ' || clicks FROM core.ad_daily ORDER BY ALL";
    assert_eq!(texts(&world.app.warehouse, facts), texts(&twin.app.warehouse, facts));
    let payments = "SELECT payment_id || ' ' || amount || ' ' || status FROM core.payment ORDER BY ALL";
    assert_eq!(texts(&world.app.warehouse, payments), texts(&twin.app.warehouse, payments));

    let warehouse = &world.app.warehouse;
    warehouse.write_both_blocking(move |writer| correct(writer, now)).expect("corrected");
    assert_eq!(warehouse.read_blocking(|reader| ahead(reader, now)).expect("a list"), []);
    assert!(status(&world.app, None, now).expect("a status").clock.is_none());
    assert_eq!(world.source("ads", now).data_through, Some(yesterday));
}

#[tokio::test(flavor = "multi_thread")]
async fn care_under_a_clock_years_ahead_removes_nothing() {
    let world = Simulation::start().await;
    world.sync(noon(), noon()).await;
    let (rows, pages) = (texts(&world.app.warehouse, ROWS), landed(&world));
    let later = noon() + TimeDelta::days(3 * 365);
    for synced in [false, true] {
        if synced {
            world.sync(later, noon()).await;
        }
        let night = maintain(&world.app.maintenance(), later);
        for step in ["retention", "landing"] {
            let told = night.steps.iter().find(|told| told.name == step).expect("the step");
            assert!(!told.is_ok && told.can_retry && told.says.contains("--clock-is-right"), "{told:?}");
        }
        assert_eq!(texts(&world.app.warehouse, ROWS), rows);
        assert!(landed(&world) >= pages);
    }
    let context = MaintenanceContext { is_clock_right: true, ..world.app.maintenance() };
    assert!(maintain(&context, later).is_ok());
    assert_eq!(
        texts(&world.app.warehouse, "SELECT count(*)::VARCHAR FROM core.ad_daily"),
        ["0"],
        "a person may insist"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_of_the_future_push_none_of_now_away() {
    let world = Simulation::start().await;
    let backups =
        || daybook::warehouse::maintenance::backup::list(&world.app.maintenance().backups(), noon()).expect("a list");
    for days in [400, 401, 402] {
        let made_at = noon() + TimeDelta::days(days);
        daybook::jobs::maintenance::back_up(&world.app.maintenance(), true, made_at).expect("a backup");
    }
    for hours in 1..=20 {
        let made_at = noon() + TimeDelta::hours(hours - 20);
        daybook::jobs::maintenance::back_up(&world.app.maintenance(), true, made_at).expect("a backup");
    }
    let keep = usize::try_from(world.app.maintenance().config.backup.keep).expect("a number");
    assert_eq!(backups()[0].manifest.made_at, noon());
    let of_now = backups().iter().filter(|backup| backup.manifest.made_at <= noon()).count();
    assert!(of_now >= keep.min(20) - 3, "{of_now} of {keep}");
}

fn landed(world: &Simulation) -> usize {
    daybook::connectors::landed::entries(&world.app.landing()).expect("entries").len()
}
