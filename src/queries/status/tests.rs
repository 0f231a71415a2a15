//! What a scrape costs does not grow with the workspaces.

use super::*;
use crate::support::clock::Clock;
use crate::warehouse::Context;
use std::path::Path;
use std::sync::Arc;

/// An installation of so many workspaces, each with a folder of budgets and a source that answered for ten days.
fn open(root: &Path, count: usize) -> (Arc<App>, DateTime<Utc>) {
    let now: DateTime<Utc> = "2026-11-20T12:00:00Z".parse().expect("an instant");
    let workspace = "name = 'Acme'\ntime_zone = 'UTC'\ncurrency = 'EUR'\n\
        [[connections]]\nid = 'plans'\nconnector = 'file'\nfolder = 'drops'\npreset = 'budgets'\n";
    std::fs::create_dir_all(root.join("config/workspaces")).expect("folders");
    std::fs::create_dir_all(root.join("drops")).expect("a folder");
    std::fs::write(root.join("config/daybook.toml"), "").expect("a file");
    for number in 0..count {
        std::fs::write(root.join(format!("config/workspaces/w{number}.toml")), workspace).expect("a file");
    }
    let app = Arc::new(App::open(root, Clock::fixed(now)).expect("an installation"));
    let sql = format!(
        "INSERT INTO ops.dropped_file (workspace, connection, stream, name, state, slice, seen_at, rows_read, rows_quarantined)
             SELECT 'w' || i, 'plans', 'budget', 'x.csv', 'loaded', 'x', TIMESTAMP '2026-11-20', 1, 0 FROM range({count}) AS r(i);
         INSERT INTO ops.stream_state (workspace, connection, stream, tried_at, succeeded_at, failures_in_row)
             SELECT 'w' || i, 'plans', 'budget', TIMESTAMP '2026-11-20', TIMESTAMP '2026-11-20', 0 FROM range({count}) AS r(i)"
    );
    app.warehouse.write_blocking(move |c| c.execute_batch(&sql).context(|| sql.clone())).expect("rows");
    (app, now)
}

/// Statements that `work` runs, by DuckDB's own log.
fn statements(app: &App, work: impl FnOnce()) -> u64 {
    let run = |sql: &'static str| {
        app.warehouse.write_blocking(move |c| c.execute_batch(sql).context(|| sql.to_owned())).expect(sql);
    };
    run("CALL enable_logging('QueryLog', storage = 'memory')");
    work();
    let count = app.warehouse.write_blocking(|c| {
        let sql = "SELECT count(*)::UBIGINT FROM duckdb_logs WHERE type = 'QueryLog' AND message LIKE '%ops.%'
            AND message NOT LIKE '%duckdb_logs%'";
        c.query_row(sql, [], |row| row.get(0)).context(|| sql.to_owned())
    });
    run("CALL disable_logging()");
    run("CALL truncate_duckdb_logs()");
    count.expect("a count")
}

/// Scrapes of many targets ran into Prometheus' ten seconds (openstack-exporter/openstack-exporter#214,
/// foomo/pagespeed_exporter#34). The right value: as many statements for twenty workspaces as for one.
#[test]
fn sources_of_all_workspaces_take_as_many_statements_as_those_of_one() {
    let mut counts = Vec::new();
    for count in [1, 20] {
        let root = tempfile::tempdir().expect("a folder");
        let (app, now) = open(root.path(), count);
        let mut found = Vec::new();
        counts.push(statements(&app, || found = sources_of_all(&app, now).expect("sources")));
        assert_eq!(found.len(), count);
        let whole = status(&app, None, now).expect("a status");
        for ((id, sources), workspace) in found.iter().zip(&whole.workspaces) {
            assert_eq!((id, sources.len()), (&workspace.workspace, 1));
            let (one, other) = (&sources[0], &workspace.sources[0]);
            assert_eq!(one.files, other.files);
            assert_eq!(
                (one.health, one.last_success_at, one.data_through),
                (other.health, other.last_success_at, other.data_through)
            );
            assert_eq!(one.last_success_at.map(|at| at.date_naive()), Some(now.date_naive()), "it was read");
        }
        // One by one it does grow: the count sees it.
        if count == 20 {
            let each = statements(&app, || drop(status(&app, None, now).expect("a status")));
            assert!(each > 20 * counts[0] / 2, "{each} statements one by one");
        }
    }
    assert_eq!(counts[0], counts[1]);
    assert!((1..=8).contains(&counts[0]), "{counts:?}");
}

/// It reported that no job syncs a source, whatever jobs there were.
#[test]
fn what_is_not_worked_out_for_all_gives_no_remedy() {
    let root = tempfile::tempdir().expect("a folder");
    let (app, now) = open(root.path(), 1);
    let failed = "UPDATE ops.stream_state SET failures_in_row = 1, error = 'timed out', can_retry = true";
    app.warehouse.write_blocking(move |c| c.execute_batch(failed).context(|| failed.to_owned())).expect("failed");
    let found = sources_of_all(&app, now).expect("sources");
    let whole = status(&app, None, now).expect("a status");
    let (of_all, of_one) = (&found[0].1[0], &whole.workspaces[0].sources[0]);
    assert_eq!((of_all.health, of_all.trouble.clone()), (Health::Failing, of_one.trouble.clone()));
    assert_eq!(of_all.remedy, None);
    assert!(of_one.remedy.as_ref().is_some_and(|remedy| remedy.starts_with("no job syncs it")), "{:?}", of_one.remedy);
}

/// stitchdata/docs#190: a start date before what the vendor keeps; days of then are no holes that a sync fills.
#[test]
fn days_that_the_vendor_keeps_no_longer_are_told_and_are_no_holes() {
    let root = tempfile::tempdir().expect("a folder");
    let (_, now) = open(root.path(), 1);
    let workspace = "name = 'Acme'\ntime_zone = 'UTC'\ncurrency = 'EUR'\n\
        [[connections]]\nid = 'bing'\nconnector = 'microsoft_ads'\nsince = 2026-01-01\nsettings = { account_ids = ['11', '12'] }\n\
        secrets = { developer_token = { file = 'k' }, client_id = { file = 'k' }, client_secret = { file = 'k' }, refresh_token = { file = 'k' } }\n";
    std::fs::write(root.path().join("config/k"), "k").expect("a file");
    std::fs::write(root.path().join("config/workspaces/w1.toml"), workspace).expect("a file");
    let app = App::open(root.path(), Clock::fixed(now)).expect("an installation");
    let told = || {
        let found = status(&app, None, now).expect("a status");
        let sources = found.workspaces.into_iter().flat_map(|workspace| workspace.sources);
        sources.into_iter().find(|source| source.connection == "bing").expect("a source").not_kept
    };
    let from = "2026-05-29";
    assert_eq!(
        told(),
        [format!("hours: 2026-01-01 to 2026-05-28 cannot be read: the vendor keeps nothing from before {from}")],
        "once for both accounts, and of hours only"
    );
    // Those that were read in time are held.
    let held =
        "INSERT INTO ops.coverage (workspace, connection, stream, partition, date, load_id, covered_at, is_whole_day)
        SELECT 'w1', 'bing', 'hours', p, DATE '2026-01-01' + CAST(i AS INTEGER), 'l', TIMESTAMP '2026-06-01', true
        FROM (VALUES ('11'), ('12')) AS parts(p), range(148) AS days(i)";
    app.warehouse.write_blocking(move |c| c.execute_batch(held).context(|| held.to_owned())).expect("held");
    assert_eq!(told(), [""; 0]);
}

/// A vendor that completes days later was always "behind".
#[test]
fn a_vendor_that_completes_days_later_is_behind_when_those_are_over() {
    let root = tempfile::tempdir().expect("a folder");
    let (_, now) = open(root.path(), 1);
    let workspace = "name = 'Acme'\ntime_zone = 'UTC'\ncurrency = 'EUR'\n\
        [[connections]]\nid = 'search'\nconnector = 'search_console'\nsince = 2026-11-10\nsettings = { sites = ['sc-domain:s.example'] }\n\
        secrets = { client_id = { file = 'k' }, client_secret = { file = 'k' }, refresh_token = { file = 'k' } }\n";
    std::fs::write(root.path().join("config/k"), "k").expect("a file");
    std::fs::write(root.path().join("config/workspaces/w1.toml"), workspace).expect("a file");
    let app = App::open(root.path(), Clock::fixed(now)).expect("an installation");
    let held = "INSERT INTO ops.coverage (workspace, connection, stream, partition, date, load_id, covered_at, is_whole_day)
        SELECT 'w1', 'search', s, 'sc-domain:s.example', DATE '2026-11-10' + CAST(i AS INTEGER), 'l', TIMESTAMP '2026-11-20', true
        FROM (VALUES ('totals'), ('parts')) AS streams(s), range(6) AS days(i)";
    app.warehouse.write_blocking(move |c| c.execute_batch(held).context(|| held.to_owned())).expect("held");
    let found = |at: DateTime<Utc>| {
        let found = status(&app, None, at).expect("a status");
        let sources = found.workspaces.into_iter().flat_map(|workspace| workspace.sources);
        let source = sources.into_iter().find(|source| source.connection == "search").expect("a source");
        (source.health, source.days_missing, source.data_through)
    };
    // On the 20th the days up to the 14th are due, and the 15th is there.
    let through = "2026-11-15".parse().ok();
    assert_eq!(found(now), (Health::Fine, 0, through));
    let (health, missing, _) = found(now + chrono::TimeDelta::days(4));
    assert_eq!((health, missing > 0), (Health::Behind, true));
}
