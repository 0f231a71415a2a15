//! Days of the past, fetched later.

use crate::support::texts;
use crate::tenants::{Simulation, world};
use chrono::{Days, TimeDelta};
use daybook::domain::period::Period;
use daybook::jobs::backfill::{Backfilled, backfill};
use daybook::jobs::sync::{Progress, Source, sync_connection};
use daybook::sandbox::{Armed, Fault, Faults, tenants};
use std::path::Path;
use std::sync::Arc;

const DAYS: u64 = 120;
const RECENT: u64 = 20;

/// A world whose advertising was connected with the last days only, and those synced.
async fn begun() -> (Simulation, Source, Period) {
    let world = world(DAYS, Faults::none()).await;
    let shop = tenants().remove(1);
    let mut source = world.sources(&shop).into_iter().find(|s| s.connection.id == "google_ads").expect("a source");
    let past = Period { start: world.first, end: world.first + Days::new(DAYS - RECENT) };
    source.since = past.end;
    let outcomes = sync_connection(&world.context, &source, &|_| {}).await;
    assert!(outcomes.iter().all(|outcome| outcome.error.is_none()), "{outcomes:?}");
    (world, source, past)
}

async fn fill(world: &Simulation, source: &Source, past: Period) -> Backfilled {
    backfill(&world.context, source, past, &|_| {}).await.expect("the books are there")
}

/// Everything a backfill may and may not change.
fn facts(world: &Simulation) -> Vec<String> {
    texts(
        &world.context.warehouse,
        "SELECT count(*) || ' rows of ' || count(DISTINCT date) || ' days, ' || sum(cost) || ' ' || sum(clicks) FROM core.ad_daily",
    )
}

fn cursors(world: &Simulation) -> Vec<String> {
    texts(
        &world.context.warehouse,
        "SELECT stream || ' ' || partition || ' ' || read_until FROM ops.cursor ORDER BY ALL",
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_brings_what_a_full_sync_would_have_and_leaves_the_cursor() {
    let (world, source, past) = begun().await;
    let before = cursors(&world);
    assert!(fill(&world, &source, past).await.is_whole());
    assert_eq!(cursors(&world), before);
    let filled = facts(&world);

    let full = crate::tenants::world(DAYS, Faults::none()).await;
    let source = full.sources(&tenants().remove(1)).into_iter().find(|s| s.connection.id == "google_ads");
    sync_connection(&full.context, &source.expect("a source"), &|_| {}).await;
    assert_eq!(filled, facts(&full));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_that_was_stopped_goes_on_where_it_was() {
    let (world, mut source, past) = begun().await;
    // The second slice gets no answer, so that the first goes into the warehouse alone.
    Arc::make_mut(&mut source.connection.connector).spec.limits.concurrency = 1;
    let (first_page, halfway) = (std::sync::Once::new(), tokio::sync::Notify::new());
    let show = |progress: Progress<'_>| match progress {
        Progress::Page { .. } => first_page.call_once(|| {
            world.sandbox.arm(Armed { path: "searchStream".to_owned(), fault: Fault::Silence, times: 1 });
        }),
        Progress::SliceDone { .. } => halfway.notify_one(),
        Progress::Planned { .. } => {}
    };
    tokio::select! {
        _ = backfill(&world.context, &source, past, &show) => panic!("it was to be stopped after its first slice"),
        () = halfway.notified() => {}
    }
    let second = fill(&world, &source, past).await;
    assert!(second.is_whole() && second.slices_before > 0, "{second:?}");
    let twice = "SELECT count(*)::VARCHAR FROM (SELECT slice FROM ops.load GROUP BY stream, slice HAVING count(*) > 1)";
    assert_eq!(texts(&world.context.warehouse, twice), ["0"], "what was loaded is not fetched again");
    world.context.clock.set(world.context.clock.now() + TimeDelta::minutes(5));
    let third = fill(&world, &source, past).await;
    assert_eq!(third.slices_before, 0, "once it ended, the same days are a new wish");
    let restated = "SELECT count(*)::VARCHAR FROM history.ad_daily";
    assert_eq!(texts(&world.context.warehouse, restated), ["0"], "the same rows change nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_slices_that_arrive_together_a_bad_one_is_named_and_the_others_are_loaded() {
    let (world, mut source, past) = begun().await;
    Arc::make_mut(&mut source.connection.connector).spec.limits.concurrency = 1;
    let (before, first_page) = (landed(&world), std::sync::Once::new());
    let show = |progress: Progress<'_>| {
        if let Progress::Page { .. } = progress {
            first_page.call_once(|| {
                world.sandbox.arm(Armed { path: "searchStream".to_owned(), fault: Fault::NoList, times: 1 });
            });
        }
    };
    let filled = backfill(&world.context, &source, past, &show).await.expect("the books are there");
    let stream = &filled.streams[0];
    let error = stream.error.as_ref().expect("an error");
    assert!(error.message.contains("where the list"), "{error}");
    let second = past.start + Days::new(30);
    assert!(stream.slices > 1 && error.slice.contains(&second.to_string()), "{stream:?}");
    let loaded: u64 = filled.streams.iter().map(|stream| stream.slices).sum();
    assert_eq!((landed(&world) - before) as u64, loaded + 1, "what could not be read stays to be looked at");
    assert!(fill(&world, &source, past).await.is_whole());
}

/// The complete slices in the landing folder.
fn landed(world: &Simulation) -> usize {
    fn manifests(folder: &Path) -> usize {
        let inside = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        inside
            .map(|path| if path.is_dir() { manifests(&path) } else { usize::from(path.ends_with("manifest.json")) })
            .sum()
    }
    manifests(&world.folder.path().join("landing"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_vendor_leaves_a_backfill_unfinished_and_says_so() {
    let (world, source, past) = begun().await;
    world.sandbox.arm(Armed { path: "searchStream".to_owned(), fault: Fault::Html, times: 1 });
    let before = landed(&world);
    let first = fill(&world, &source, past).await;
    assert!(!first.is_whole());
    let loaded: u64 = first.streams.iter().map(|stream| stream.slices).sum();
    assert_eq!((landed(&world) - before) as u64, loaded, "its neighbours that had landed do not stay");
    let error = first.streams.iter().find_map(|stream| stream.error.as_ref()).expect("an error");
    assert!(error.message.contains("HTML page where JSON was due"), "{error}");
    assert!(fill(&world, &source, past).await.is_whole());
}
