//! The scheduler over a real installation in a folder, with a clock that is set.

use super::*;
use crate::support::clock::Clock;
use crate::warehouse::slots::{Run, runs};
use std::path::Path;

fn at(text: &str) -> DateTime<Utc> {
    format!("{text}:00Z").parse().expect("an instant")
}

const WORKSPACE: &str = "name = 'Acme'\ntime_zone = 'UTC'\ncurrency = 'EUR'\n\
    [recipients.all]\nfiles = true\n\
    [[connections]]\nid = 'plans'\nconnector = 'file'\nfolder = 'drops'\npreset = 'budgets'\n";
const SYNC: &str = "kind = 'sync'\ncron = '0 * * * *'\n";

/// Writes an installation and opens it at an instant.
fn open(root: &Path, files: &[(&str, &str)], now: &str) -> (Arc<App>, Clock) {
    let shipped = [("config/daybook.toml", ""), ("config/workspaces/acme.toml", WORKSPACE)];
    for (file, text) in shipped.iter().chain(files) {
        let path = root.join(file);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        std::fs::write(path, text).expect("a file");
    }
    std::fs::create_dir_all(root.join("drops")).expect("a folder");
    let clock = Clock::fixed(at(now));
    (Arc::new(App::open(root, clock.clone()).expect("an installation")), clock)
}

/// Beats at an instant, and again at each end, until nothing is at work.
async fn live(scheduler: &mut Scheduler, clock: &Clock, now: &str) {
    clock.set(at(now));
    scheduler.tick(at(now)).await.expect("a beat");
    while !scheduler.at_work.is_empty() {
        scheduler.ended().await;
        scheduler.tick(at(now)).await.expect("a beat");
    }
    while scheduler.delivering.join_next().await.is_some() {}
}

/// The runs, oldest first, each as job, workspace, outcome and detail.
fn told(app: &App) -> Vec<(String, String, String)> {
    let mut found: Vec<Run> = app.warehouse.read_blocking(|reader| runs(reader, None, None, 100)).expect("runs");
    found.reverse();
    found.into_iter().map(|run| (format!("{} {}", run.job, run.workspace), run.outcome, run.detail)).collect()
}

#[tokio::test]
async fn a_morning_runs_sync_rollup_and_report_and_delivers() {
    let root = tempfile::tempdir().expect("a folder");
    let rollup = "kind = 'rollup'\ncron = '30 7 * * *'\nafter = ['sync']\n";
    let report = "kind = 'report'\ncron = '0 8 * * *'\nreport = 'daily_performance'\nto = ['all']\nformats = ['csv']\nafter = ['rollup']\n";
    let jobs = [("jobs/sync.toml", SYNC), ("jobs/rollup.toml", rollup), ("jobs/report.toml", report)];
    let (app, clock) = open(root.path(), &jobs, "2026-11-20T06:30");
    std::fs::write(
        root.path().join("drops/budgets.csv"),
        "month,channel,amount,currency\n2026-11,paid_search,100,EUR\n",
    )
    .expect("a file");
    let mut scheduler = Scheduler::open(app.clone(), clock.now()).await.expect("a scheduler");
    for now in ["2026-11-20T07:00", "2026-11-20T07:30", "2026-11-20T08:00", "2026-11-20T08:01"] {
        live(&mut scheduler, &clock, now).await;
    }
    let told = told(&app);
    let jobs: Vec<&str> = told.iter().map(|(job, ..)| job.as_str()).collect();
    assert_eq!(jobs[..2], ["sync acme", "rollup acme"], "{told:?}");
    assert_eq!(jobs.len(), 4, "{told:?}");
    assert!(jobs[2..].contains(&"sync acme") && jobs[2..].contains(&"report acme"), "{told:?}");
    assert!(told.iter().all(|(_, outcome, _)| outcome == "succeeded"), "{told:?}");
    assert_eq!(told[0].2, "1 rows of 1 streams");
    let report = root.path().join("reports/acme/daily-2026-11-19.csv");
    assert!(report.exists(), "the report of the day before its slot lies in the folder");
    let status = scheduler.status();
    assert_eq!((status.at_work.len(), status.waiting.len(), status.trouble), (0, 0, None));
    assert_eq!(status.last_beat_at, Some(at("2026-11-20T08:01")));
}

#[tokio::test]
async fn a_late_report_speaks_of_the_day_before_its_slot() {
    let root = tempfile::tempdir().expect("a folder");
    let report = "kind = 'report'\ncron = '0 8 * * *'\nreport = 'daily_performance'\nto = ['all']\nformats = ['csv']\n\
        catch_up = { kind = 'all', within_hours = 72 }\n";
    let (app, clock) = open(root.path(), &[("jobs/report.toml", report)], "2026-11-18T07:00");
    let mut scheduler = Scheduler::open(app.clone(), clock.now()).await.expect("a scheduler");
    live(&mut scheduler, &clock, "2026-11-20T12:00").await;
    let mut details: Vec<String> = told(&app).into_iter().map(|(_, _, detail)| detail).collect();
    details.sort();
    assert_eq!(details.len(), 3, "{details:?}");
    for (day, detail) in ["2026-11-17", "2026-11-18", "2026-11-19"].iter().zip(&details) {
        assert!(detail.contains(day), "{details:?}");
    }
}

#[tokio::test]
async fn one_tenants_missing_secret_is_reported_and_leaves_the_others_running() {
    let root = tempfile::tempdir().expect("a folder");
    let broken = "name = 'B'\ntime_zone = 'UTC'\ncurrency = 'EUR'\n[[connections]]\nid = 'pay'\nconnector = 'stripe'\n\
        secrets = { api_key = { env = 'DAYBOOK_TEST_UNSET_KEY' } }\n";
    let files = [("jobs/sync.toml", SYNC), ("config/workspaces/broken.toml", broken)];
    let (app, clock) = open(root.path(), &files, "2026-11-20T07:30");
    let mut scheduler = Scheduler::open(app.clone(), clock.now()).await.expect("a scheduler");
    live(&mut scheduler, &clock, "2026-11-20T08:00").await;
    live(&mut scheduler, &clock, "2026-11-20T08:30").await;
    let mut told = told(&app);
    told.sort();
    let ends: Vec<_> = told.iter().map(|(job, outcome, _)| (job.as_str(), outcome.as_str())).collect();
    assert_eq!(ends, [("sync acme", "succeeded"), ("sync broken", "refused")], "no retry where only a person helps");
    assert!(told[1].2.contains("DAYBOOK_TEST_UNSET_KEY is not set"), "{told:?}");
}

/// A vendor that accepts connections and never answers.
fn silent_vendor() -> (std::net::TcpListener, String) {
    let vendor = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let base = format!("http://{}", vendor.local_addr().expect("an address"));
    let workspace = format!(
        "name = 'S'\ntime_zone = 'UTC'\ncurrency = 'EUR'\n[[connections]]\nid = 'pay'\nconnector = 'stripe'\nsince = 2026-11-01\n\
         settings = {{ base_url = '{base}' }}\nsecrets = {{ api_key = {{ file = 'key' }} }}\n"
    );
    (vendor, workspace)
}

async fn with_a_silent_vendor(root: &Path) -> (std::net::TcpListener, Arc<App>, Clock, Scheduler) {
    let (vendor, workspace) = silent_vendor();
    let job = format!("{SYNC}timeout_minutes = 30\nworkspaces = ['slow']\n");
    let files = [("jobs/sync.toml", job.as_str()), ("config/workspaces/slow.toml", &workspace), ("config/key", "k")];
    let (app, clock) = open(root, &files, "2026-11-20T07:30");
    let mut scheduler = Scheduler::open(app.clone(), clock.now()).await.expect("a scheduler");
    clock.set(at("2026-11-20T08:00"));
    scheduler.tick(clock.now()).await.expect("a beat");
    assert_eq!(scheduler.status().at_work.len(), 1);
    (vendor, app, clock, scheduler)
}

#[tokio::test]
async fn a_stop_gives_up_fetches_at_once_and_the_slot_begins_again_later() {
    let root = tempfile::tempdir().expect("a folder");
    let (_vendor, app, _clock, mut scheduler) = with_a_silent_vendor(root.path()).await;
    let begun = std::time::Instant::now();
    assert_eq!(scheduler.stop(Duration::from_secs(30)).await, 0, "nothing had to be cut off");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let slots = app.warehouse.read_blocking(crate::warehouse::slots::unfinished).expect("slots");
    assert_eq!(slots.iter().map(|slot| (slot.state, slot.attempts)).collect::<Vec<_>>(), [(SlotState::Planned, 0)]);
    assert_eq!(told(&app)[0].1, "stopped");
}

#[tokio::test]
async fn what_does_not_end_after_a_stop_is_cut_off() {
    let root = tempfile::tempdir().expect("a folder");
    let (app, clock) =
        open(root.path(), &[("jobs/rollup.toml", "kind = 'rollup'\ncron = '0 8 * * *'\n")], "2026-11-20T07:30");
    let mut scheduler = Scheduler::open(app.clone(), clock.now()).await.expect("a scheduler");
    clock.set(at("2026-11-20T08:00"));
    scheduler.tick(clock.now()).await.expect("a beat");
    // Somebody else is at the warehouse: the rollup cannot end meanwhile. It may have been quick.
    let warehouse = app.warehouse.clone();
    let busy = std::thread::spawn(move || {
        warehouse.write_blocking(|_| {
            std::thread::sleep(Duration::from_secs(2));
            Ok(())
        })
    });
    let cut_off = scheduler.stop(Duration::from_millis(200)).await;
    busy.join().expect("ended").expect("written");
    let slots = app.warehouse.read_blocking(crate::warehouse::slots::unfinished).expect("slots");
    // A delivery that was cut off counts as well, and has no slot.
    assert!(slots.len() <= cut_off, "what was cut off begins again");
}

#[tokio::test]
async fn after_a_suspend_a_run_over_its_limit_is_given_up_and_tried_again() {
    let root = tempfile::tempdir().expect("a folder");
    let (_vendor, app, clock, mut scheduler) = with_a_silent_vendor(root.path()).await;
    clock.set(at("2026-11-20T08:31"));
    scheduler.tick(clock.now()).await.expect("a beat");
    assert_eq!(told(&app)[0].1, "timed_out");
    clock.set(at("2026-11-20T08:35"));
    scheduler.tick(clock.now()).await.expect("a beat");
    let status = scheduler.status();
    assert_eq!(status.at_work.iter().map(|slot| slot.attempt).collect::<Vec<_>>(), [2]);
    scheduler.stop(Duration::from_secs(30)).await;
}

#[tokio::test]
async fn the_next_process_takes_up_what_a_crashed_one_was_at() {
    let root = tempfile::tempdir().expect("a folder");
    let (_vendor, app, clock, crashed) = with_a_silent_vendor(root.path()).await;
    clock.set(at("2026-11-20T08:10"));
    let mut next = Scheduler::open(app.clone(), clock.now()).await.expect("a scheduler");
    assert_eq!(told(&app)[0].1, "lost");
    next.tick(clock.now()).await.expect("a beat");
    assert_eq!(next.status().at_work.iter().map(|slot| slot.attempt).collect::<Vec<_>>(), [2]);
    next.stop(Duration::from_secs(30)).await;
    drop(crashed);
}

#[tokio::test]
async fn a_new_configuration_keeps_what_is_at_work_and_plans_anew() {
    let root = tempfile::tempdir().expect("a folder");
    let (_vendor, app, clock, mut scheduler) = with_a_silent_vendor(root.path()).await;
    let other = app
        .with_settings(crate::config::Settings { jobs: Vec::new(), ..app.settings.clone() })
        .expect("the same installation");
    scheduler.replace(Arc::new(other), clock.now()).await.expect("replaced");
    clock.set(at("2026-11-20T09:00"));
    scheduler.tick(clock.now()).await.expect("a beat");
    assert_eq!(scheduler.status().waiting, [], "no job is left that could be due");
    scheduler.stop(Duration::from_secs(30)).await;
    assert_eq!(told(&app).iter().map(|(_, outcome, _)| outcome.as_str()).collect::<Vec<_>>(), ["stopped"]);
}
