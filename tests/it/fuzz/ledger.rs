//! Files beside the database: the list of what was handed over, and the mark.

use super::Trial;
use chrono::{DateTime, Utc};
use daybook::warehouse::Warehouse;
use daybook::warehouse::mark::{Past, examine};
use daybook::warehouse::outbox::{HandedOver, What, reconcile};
use std::collections::BTreeMap;

fn now() -> DateTime<Utc> {
    crate::support::noon()
}

/// Whole lines keep their word, whatever lies between them.
pub fn handed(mut trial: Trial) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("daybook.duckdb");
    let list = folder.path().join("handed-over.log");
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    while let Some(mut round) = trial.next() {
        let chance = &mut round.chance;
        let handed = HandedOver::beside(&database).expect("a list");
        let (mut text, mut expected) = (Vec::new(), BTreeMap::new());
        let is_garbled = !chance.one_in(8);
        for number in 0..chance.below(20) {
            let id = format!("msg_{}_{}", round.number, chance.below(8));
            let (name, what) =
                chance.of(&[("handed", What::Handed), ("sent", What::Sent), ("not_sent", What::NotSent)]);
            text.extend(format!("2026-11-25T12:00:{:02}Z {id} {name}\n", number % 60).bytes());
            expected.insert(id, what);
            if is_garbled && chance.one_in(2) {
                let other = b"2026-11-25T12:00:00Z other sent\n";
                let mut noise = super::spoil::bytes(other, b"\xff\xfe msg handed 9999-99-99T", chance);
                noise.push(b'\n');
                text.extend(noise);
            }
        }
        // The last line may be cut.
        text.extend(b"2026-11-25T12:00:00Z msg_cut han".iter().take(chance.below(32)));
        trial.keep("handed-over.log", &text);
        std::fs::write(&list, &text).expect("written");
        let read = handed.read().expect("read").expect("a list");
        for (id, what) in &expected {
            assert_eq!(read.get(id).map(|line| line.what), Some(*what), "{id}");
        }
        handed.add("msg_new", What::Handed, now()).expect("added");
        let again = handed.read().expect("read").expect("a list");
        assert!(again.contains_key("msg_new") && again.len() >= read.len(), "a line is lost behind a cut one");
        if chance.one_in(10) {
            let own = handed.clone();
            let noted = warehouse.write_both_blocking(move |connection| reconcile(connection, &own, now()));
            noted.expect("what was handed over is taken in");
            let unknown = crate::support::texts(&warehouse, "SELECT message_id FROM ops.handed_over");
            let out = expected.iter().filter(|(_, what)| **what != What::NotSent);
            for (id, _) in out {
                assert!(unknown.contains(id), "{id} may have gone out and is not known");
            }
        }
    }
}

/// A mark or a file of other bytes never stops a start, and one that is sound is believed.
pub fn mark(mut trial: Trial) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.duckdb");
    let connection = duckdb::Connection::open(&path).expect("a database");
    connection.execute_batch("CREATE TABLE t AS FROM range(1000); CHECKPOINT").expect("rows");
    drop(connection);
    let whole = std::fs::read(&path).expect("the file");
    let number = |at: usize| u64::from_le_bytes(whole[at + 8..at + 16].try_into().expect("eight bytes"));
    let reached = number(4096).max(number(8192));
    let mut seen = BTreeMap::new();
    while let Some(mut round) = trial.next() {
        let chance = &mut round.chance;
        let file = if chance.one_in(3) { super::spoil::bytes(&whole[..20_000], &whole, chance) } else { whole.clone() };
        let is_whole = file == whole;
        let (checkpoint, log) = (chance.of(&[0, reached, reached + 1, u64::MAX]), chance.of(&[0, 1, u64::MAX]));
        let sound = format!("checkpoint {checkpoint} log {log}\n").into_bytes();
        let is_sound = chance.one_in(2);
        let text = if is_sound { sound } else { super::spoil::bytes(&sound, b"checkpoint -1 log 1e9", chance) };
        trial.keep("file", &file);
        trial.keep("mark", &text);
        std::fs::write(&path, &file).expect("written");
        std::fs::write(path.with_extension("mark"), &text).expect("written");
        let past = examine(&path).expect("a look");
        *seen.entry(format!("{past:?}").split(' ').next().unwrap_or_default().to_owned()).or_insert(0) += 1;
        if is_sound && is_whole {
            let right = match () {
                () if checkpoint > reached => Past::Older,
                () if checkpoint == reached && log > 0 => Past::LogCut { bytes: log },
                () => Past::Sound,
            };
            assert_eq!(past, right, "checkpoint {checkpoint} log {log}");
        }
        if file.is_empty() && is_sound {
            assert_eq!(past, Past::Missing);
        }
    }
    assert!(!seen.is_empty());
    println!("{seen:?}");
}
