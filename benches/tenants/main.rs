//! Many small workspaces with four connections each, on the real daemon: one hourly cycle of sync and rollup
//! against a mock vendor, then one morning of reports to five readers each against a mail server that answers in
//! 50 ms. `cargo bench --bench tenants`; DAYBOOK_TENANTS=100,300,1000 says how many, and shows whether the cost
//! is linear. The mock runs in a process of its own, and its processor time is told apart.
#![allow(clippy::print_stdout, clippy::expect_used, reason = "a bench speaks, and stops where it fails")]

mod daemon;
mod installation;
mod mock;
#[path = "../common/process.rs"]
mod process;
#[path = "../common/vendor.rs"]
mod vendor;

use daemon::Daemon;
use mock::Mock;
use std::time::{Duration, Instant};

const READERS: usize = 5;

/// What one number of workspaces took.
struct Measured {
    workspaces: usize,
    cycle_processor: f64,
    morning: f64,
}

fn main() {
    if std::env::args().any(|argument| argument == mock::ARGUMENT) {
        mock::serve();
        return;
    }
    let wanted = daybook::support::environment::text("DAYBOOK_TENANTS").unwrap_or_else(|| "50".to_owned());
    let counts: Vec<usize> = wanted.split(',').map(|count| count.trim().parse().expect("a number")).collect();
    let all: Vec<Measured> = counts.into_iter().map(measure).collect();
    for pair in all.windows(2) {
        let (few, many) = (&pair[0], &pair[1]);
        let times = many.workspaces as f64 / few.workspaces as f64;
        println!(
            "{} to {} workspaces, {times:.1} times as many: a cycle's processor time {:.2} times, a morning {:.2} times",
            few.workspaces,
            many.workspaces,
            many.cycle_processor / few.cycle_processor,
            many.morning / few.morning
        );
    }
}

fn measure(workspaces: usize) -> Measured {
    let folder = tempfile::tempdir().expect("a folder");
    let mock = Mock::start();
    installation::write(folder.path(), workspaces, &mock);
    let daemon = Daemon::start(folder.path());
    println!("\n{workspaces} workspaces, four connections each");
    // The first time each vendor is read for thirty days, which an hour later is no more.
    phase("first read", &daemon, &mock, || daemon.run_to_end("sync"));
    phase("first rollup", &daemon, &mock, || daemon.run_to_end("rollup"));
    let (sync, _) = phase("a cycle's sync", &daemon, &mock, || daemon.run_to_end("sync"));
    let restated = daemon.rows_of_newest("sync", workspaces);
    assert!(restated > 0, "the vendors said the same again: the cycle's rollup measures nothing");
    let (rollup, _) = phase("a cycle's rollup", &daemon, &mock, || daemon.run_to_end("rollup"));
    let (_, morning) = phase("the morning", &daemon, &mock, || {
        daemon.run_to_end("morning");
        daemon.wait_for_mails(workspaces * READERS);
    });
    let begun = Instant::now();
    let bytes = daemon.get("/metrics").len();
    println!("  a scrape of /metrics: {:.0} ms, {bytes} bytes", begun.elapsed().as_secs_f64() * 1000.0);
    println!(
        "  a cycle: {:.1} s of processor time, {:.0} ms a workspace; most resident memory {} MB; beat lag p99 {} s",
        sync + rollup,
        (sync + rollup) * 1000.0 / workspaces as f64,
        daemon.most_resident_mb(),
        daemon.gauge("daybook_heartbeat_lag_p99_seconds").unwrap_or(f64::NAN)
    );
    println!("  runs by outcome: {}", daemon.outcomes());
    Measured { workspaces, cycle_processor: sync + rollup, morning }
}

/// Runs one phase; answers its processor time and its duration in seconds.
fn phase(what: &str, daemon: &Daemon, mock: &Mock, work: impl FnOnce()) -> (f64, f64) {
    let (begun, own, others) = (Instant::now(), daemon.processor_seconds(), mock.processor_seconds());
    work();
    let took = begun.elapsed().as_secs_f64();
    let (own, others) = (daemon.processor_seconds() - own, mock.processor_seconds() - others);
    println!(
        "  {what:16} {took:7.1} s; processor: daemon {own:7.1} s, mock {others:5.1} s; most memory so far {} MB",
        daemon.most_resident_mb()
    );
    (own, took)
}

/// Waits until something holds, up to an hour.
fn wait_until(what: &str, holds: impl FnMut() -> bool) {
    wait_until_each(Duration::from_millis(500), what, holds);
}

/// The same, asked at longer intervals.
fn wait_until_each(interval: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(3600), "{what} does not come to its end");
        std::thread::sleep(interval);
    }
}
