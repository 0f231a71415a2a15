use super::*;
use crate::warehouse::coverage::{Place, days_of};
use crate::warehouse::cursor::read_until;
use crate::warehouse::migrate;
use crate::warehouse::writers::both;

fn database() -> Connection {
    let mut connection = Connection::open_in_memory().expect("a database");
    migrate::apply(&mut connection).expect("migrated");
    connection
        .execute_batch(
            "INSERT INTO ops.load BY NAME SELECT id AS load_id, 'w' AS workspace, 'c' AS connection, 's' AS stream,
                '' AS slice, '' AS partition, made AS fetched_at, made AS loaded_at, '' AS manifest, 0 AS pages, 0 AS bytes,
                0 AS rows_read, 0 AS rows_written, 0 AS rows_unchanged, 0 AS rows_superseded, 0 AS rows_quarantined,
                [] AS notes FROM (VALUES ('now', TIMESTAMP '2026-11-20 11:00'), ('ahead', TIMESTAMP '2027-11-20 12:00')) AS v(id, made);
             INSERT INTO ops.coverage BY NAME SELECT 'w' AS workspace, 'c' AS connection, 's' AS stream, '' AS partition,
                date, load AS load_id, made AS covered_at, true AS is_whole_day FROM (VALUES
                    (DATE '2026-11-18', 'now', TIMESTAMP '2026-11-20 11:00'),
                    (DATE '2026-11-19', 'ahead', TIMESTAMP '2027-11-20 12:00'),
                    (DATE '2027-11-19', 'ahead', TIMESTAMP '2027-11-20 12:00')) AS v(date, load, made);
             INSERT INTO ops.cursor VALUES ('w', 'c', 's', '', TIMESTAMP '2027-11-20 12:00', 'ahead')",
        )
        .expect("rows");
    connection
}

fn now() -> DateTime<Utc> {
    "2026-11-20T12:00:00Z".parse().expect("an instant")
}

#[test]
fn what_was_read_in_the_future_was_not_read() {
    let connection = database();
    let place = Place::new("w", "c", "s", "");
    assert_eq!(read_until(&connection, &place, now()).expect("a cursor"), None);
    let days = days_of(&connection, &place, now()).expect("days");
    assert_eq!(days.iter().map(|day| day.date.to_string()).collect::<Vec<_>>(), ["2026-11-18"]);
    let later = now() + TimeDelta::days(366);
    assert_eq!(days_of(&connection, &place, later).expect("days").len(), 3);
}

#[test]
fn a_load_of_the_future_is_the_oldest_once_another_comes() {
    let mut connection = database();
    let transaction = connection.transaction().expect("a transaction");
    assert_eq!(redate_loads(&transaction, ("w", "c"), now()).expect("dated"), 1);
    transaction.commit().expect("committed");
    let dated: String = connection
        .query_row("SELECT string_agg(load_id, ' ' ORDER BY fetched_at) FROM ops.load", [], |row| row.get(0))
        .expect("loads");
    assert_eq!(dated, "ahead now");
    let kept: String = connection
        .query_row("SELECT load_id || ' ' || fetched_at FROM ops.load_redated", [], |row| row.get(0))
        .expect("what it was");
    assert_eq!(kept, "ahead 2027-11-20 12:00:00");
}

#[test]
fn correcting_leaves_nothing_ahead_and_says_what_was() {
    let mut connection = database();
    settle(&mut both(&mut connection), now() + TimeDelta::days(365)).expect("noted");
    settle(&mut both(&mut connection), now()).expect("noted");
    let found = correct(&mut both(&mut connection), now()).expect("corrected");
    let told: Vec<String> = found.iter().map(|a| format!("{}.{} {}", a.table, a.column, a.rows)).collect();
    assert_eq!(told, ["ops.coverage.covered_at 2", "ops.load.fetched_at 1", "ops.load.loaded_at 1"]);
    assert_eq!(ahead(&connection, now()).expect("a list"), []);
    assert_eq!(seen(&connection).expect("seen").latest, Some(now()));
    assert_eq!(doubt(&connection, now()).expect("a doubt"), None);
}

#[test]
fn what_was_read_hours_ahead_is_read_again_even_once_that_time_has_come() {
    let mut connection = Connection::open_in_memory().expect("a database");
    migrate::apply(&mut connection).expect("migrated");
    let ahead = now() + TimeDelta::hours(14);
    settle(&mut both(&mut connection), ahead).expect("noted");
    connection
        .execute_batch(
            "INSERT INTO ops.cursor VALUES ('w', 'c', 's', '', TIMESTAMP '2026-11-21 02:00', 'l');
             INSERT INTO ops.coverage BY NAME SELECT 'w' AS workspace, 'c' AS connection, 's' AS stream, '' AS partition,
                date, 'l' AS load_id, TIMESTAMP '2026-11-21 02:00' AS covered_at, true AS is_whole_day
                FROM (VALUES (DATE '2026-11-10'), (DATE '2026-11-20')) AS v(date)",
        )
        .expect("as a sync leaves them");
    // Noticed two hours later; the sync was at noon.
    settle(&mut both(&mut connection), now() + TimeDelta::hours(2)).expect("noted");
    settle(&mut both(&mut connection), now() + TimeDelta::hours(3)).expect("noted");
    let place = Place::new("w", "c", "s", "");
    let later = now() + TimeDelta::days(2);
    let read = read_until(&connection, &place, later).expect("a cursor").expect("one");
    assert!(read.until <= now(), "{read:?}");
    let whole: Vec<String> = days_of(&connection, &place, later)
        .expect("days")
        .iter()
        .filter(|day| day.is_whole_day)
        .map(|day| day.date.to_string())
        .collect();
    assert_eq!(whole, ["2026-11-10"]);
}
