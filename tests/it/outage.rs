//! Vendors that cannot be found, and one that is down for a day: reported, outlasted, and made up for.

use crate::support::{noon, place_database, texts};
use crate::tenants::world;
use chrono::{DateTime, Days, TimeDelta, Utc};
use daybook::app::App;
use daybook::daemon::scheduler::Scheduler;
use daybook::jobs::sync::{Gathered, SyncContext, sync_connection};
use daybook::sandbox::{Armed, Fault, Faults, Sandbox, SandboxOptions, tenants};
use daybook::support::clock::Clock;
use daybook::warehouse::{Warehouse, WarehouseConfig};
use std::path::Path;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_does_not_resolve_is_reported_as_one_and_tried_again_later() {
    let world = world(5, Faults::none()).await;
    let shop = tenants().remove(1);
    let good = world.sources(&shop).into_iter().find(|source| source.connection.id == "google_ads").expect("ads");
    let mut lost = good.clone();
    let mut connector = (*lost.connection.connector).clone();
    connector.spec.limits.attempts = 2;
    lost.connection.connector = Arc::new(connector);
    lost.connection.settings.insert("base_url".to_owned(), "https://api.nowhere.invalid".into());
    let outcomes = sync_connection(&world.context, &lost, &|_| {}).await;
    let told = outcomes[0].error.clone().expect("an error");
    assert_eq!(
        (told.message.as_str(), told.can_retry),
        ("the name api.nowhere.invalid leads to no address (DNS)", true)
    );
    let warehouse = &world.context.warehouse;
    assert_eq!(texts(warehouse, "SELECT count(*)::VARCHAR FROM ops.coverage WHERE standing IS NULL"), ["0"]);

    let outcomes = sync_connection(&world.context, &good, &|_| {}).await;
    assert_eq!(outcomes[0].error, None, "once the name is known again");
    assert_eq!(texts(warehouse, "SELECT count(DISTINCT date)::VARCHAR FROM core.ad_daily"), ["5"]);
}

/// An installation of the shop's ads and payments with the shipped hourly sync, whose requests are made
/// once: the waits between attempts would be real ones.
pub fn write_installation(root: &Path, base: &str, since: chrono::NaiveDate) {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (shop, keys) = (tenants().remove(1), Sandbox::credentials());
    let workspace = format!(
        "name = 'Shop'\ntime_zone = 'UTC'\ncurrency = 'EUR'\n\
         [[connections]]\nid = 'ads'\nconnector = 'google_ads'\nsince = {since}\n\
         settings = {{ base_url = '{base}/google_ads', token_url = '{base}/oauth2/token', customer_ids = ['{}'] }}\n\
         secrets = {{ developer_token = {{ file = 'a' }}, client_id = {{ file = 'b' }}, client_secret = {{ file = 'c' }}, refresh_token = {{ file = 'd' }} }}\n\
         [[connections]]\nid = 'payments'\nconnector = 'stripe'\nsince = {since}\n\
         settings = {{ base_url = '{base}/stripe/{}' }}\nsecrets = {{ api_key = {{ file = 'e' }} }}\n",
        shop.accounts[0], shop.id
    );
    let write = |file: &str, text: &str| {
        let path = root.join(file);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        std::fs::write(path, text).expect("a file");
    };
    write("config/daybook.toml", "[warehouse]\nthreads = 1\n");
    place_database(&root.join("daybook.duckdb"));
    write("config/workspaces/shop.toml", &workspace);
    let secrets = [keys.developer_token, keys.client_id, keys.client_secret, keys.refresh_token, keys.stripe_key];
    ["a", "b", "c", "d", "e"].iter().zip(secrets).for_each(|(name, secret)| write(&format!("config/{name}"), secret));
    let shipped = std::fs::read_to_string(repository.join("jobs/sync_hourly.toml")).expect("the shipped job");
    write("jobs/sync_hourly.toml", &shipped.replace("jitter_secs = 120", "jitter_secs = 0"));
    for entry in std::fs::read_dir(repository.join("src/connectors/catalog/stripe")).expect("a folder").flatten() {
        let text =
            std::fs::read_to_string(entry.path()).expect("a file").replace("[limits]\n", "[limits]\nattempts = 1\n");
        write(&format!("config/connectors/stripe/{}", entry.file_name().to_string_lossy()), &text);
    }
}

/// Beats until nothing is at work.
async fn live(scheduler: &mut Scheduler, now: DateTime<Utc>) {
    scheduler.tick(now).await.expect("a beat");
    while !scheduler.status().at_work.is_empty() {
        scheduler.ended().await;
        scheduler.tick(now).await.expect("a beat");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_down_for_a_day_leaves_the_others_going_and_is_made_up_for_without_a_hole() {
    let root = tempfile::tempdir().expect("a folder");
    let first = noon().date_naive() - Days::new(4);
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
    let app = Arc::new(App::open(root.path(), clock.clone()).expect("an installation"));
    let mut scheduler = Scheduler::open(app.clone(), noon()).await.expect("a scheduler");
    let mut at = noon();
    let pass = |at: DateTime<Utc>| {
        clock.set(at);
        sandbox.set_as_of(at);
    };
    at += TimeDelta::minutes(6);
    pass(at);
    live(&mut scheduler, at).await;
    let succeeded = |id: &str| {
        texts(
            &app.warehouse,
            // Some streams are read once a day.
            &format!(
                "SELECT min(succeeded_at)::VARCHAR FROM ops.stream_state WHERE connection = '{id}'
                 AND stream NOT IN ('regions', 'keywords', 'search_terms')"
            ),
        )
    };
    let before = succeeded("payments");

    sandbox.arm(Armed { path: "/stripe".to_owned(), fault: Fault::Failure, times: u64::MAX });
    for hour in 1..=24 {
        // The slot, and a second attempt a quarter of an hour later.
        for minutes in [0, 15] {
            at = noon() + TimeDelta::hours(hour) + TimeDelta::minutes(6 + minutes);
            pass(at);
            live(&mut scheduler, at).await;
        }
        assert_eq!(succeeded("payments"), before, "hour {hour}");
        let ads: DateTime<Utc> = format!("{}Z", succeeded("ads")[0].replace(' ', "T")).parse().expect("an instant");
        let why = texts(
            &app.warehouse,
            "SELECT concat_ws(' ', stream, succeeded_at, error) FROM ops.stream_state WHERE connection = 'ads' ORDER BY ALL",
        );
        assert!(at - ads < TimeDelta::hours(1), "hour {hour}: ads were last read at {ads}: {why:?}");
    }
    let status = scheduler.status();
    let circuit = status.circuits.first().unwrap_or_else(|| panic!("no circuit is open: {status:?}"));
    assert_eq!((circuit.job.as_str(), circuit.workspace.as_str()), ("sync_hourly", "shop"));
    assert!(circuit.failures_in_row >= 30, "{circuit:?}");
    let streams = "SELECT count(*)::VARCHAR FROM ops.stream_state WHERE connection = 'payments' AND error IS NOT NULL AND can_retry";
    let told: usize = texts(&app.warehouse, streams)[0].parse().expect("a number");
    assert!(told >= 4, "every stream of the vendor is told as failing for now: {told}");

    sandbox.disarm();
    at = noon() + TimeDelta::hours(25) + TimeDelta::minutes(30);
    pass(at);
    live(&mut scheduler, at).await;
    assert_eq!(scheduler.status().circuits, [], "one success closes the circuit");
    let holes = "SELECT stream || ' ' || d::VARCHAR FROM (SELECT DISTINCT stream FROM ops.coverage WHERE connection = 'payments') AS s,
        (SELECT unnest(generate_series(DATE '2026-11-16', DATE '2026-11-20', INTERVAL 1 DAY))::DATE AS d) AS days
        WHERE NOT EXISTS (SELECT 1 FROM ops.coverage AS c WHERE c.connection = 'payments' AND c.stream = s.stream
            AND c.date = d AND c.is_whole_day)";
    assert_eq!(texts(&app.warehouse, holes), [""; 0]);

    // As if the vendor had never been away: one who reads everything now has the same payments.
    let fresh = tempfile::tempdir().expect("a folder");
    let warehouse =
        Warehouse::open(&fresh.path().join("daybook.duckdb"), &WarehouseConfig::default()).expect("a warehouse");
    let context = SyncContext { warehouse: warehouse.clone(), gathered: Gathered::default(), ..app.sync.clone() };
    let sources = app.sources(app.settings.workspace("shop").expect("the shop")).expect("sources");
    for source in sources.iter().filter(|source| source.connection.id == "payments") {
        let outcomes = sync_connection(&context, source, &|_| {}).await;
        assert!(outcomes.iter().all(|outcome| outcome.error.is_none()), "{outcomes:?}");
    }
    let payments = "SELECT payment_id || ' ' || amount || ' ' || status FROM core.payment ORDER BY ALL";
    let held = texts(&app.warehouse, payments);
    assert!(held.len() > 20 && held == texts(&warehouse, payments), "{} payments", held.len());
}
