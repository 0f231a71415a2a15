//! What was handed over, known outside the database: a list beside it to which each message's id is added
//! and synced before it goes out. After a database went back in time it says what may have gone out.

use crate::support::regular_file;
use crate::warehouse::audit;
use crate::warehouse::disk::sync_folder;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::writers::BothWriter;
use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};
use duckdb::{Connection, params};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The list's name beside the database.
const NAME: &str = "handed-over.log";
/// Messages that are kept when the list is written anew, the newest by their place in it: no clock is asked.
const MOST_KEPT: usize = 100_000;
/// With so many lines it is.
const MOST_LINES: usize = 3 * MOST_KEPT;
/// No line of ours is longer.
const LONGEST_LINE: u64 = 300;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It goes out now: from here on it may have gone.
    Handed,
    /// The other side took it.
    Sent,
    /// It surely did not go out, or a person says that it may go again.
    NotSent,
}

impl What {
    fn name(self) -> &'static str {
        match self {
            Self::Handed => "handed",
            Self::Sent => "sent",
            Self::NotSent => "not_sent",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Handed, Self::Sent, Self::NotSent].into_iter().find(|what| what.name() == name)
    }
}

/// The last line of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    pub what: What,
    pub at: DateTime<Utc>,
    /// Counted through the list.
    pub number: usize,
}

/// The last line of each message, by its id.
pub type Last = BTreeMap<String, Line>;

/// The list beside a database.
#[derive(Clone, Debug)]
pub struct HandedOver {
    path: PathBuf,
}

impl HandedOver {
    /// Of the database at `path`; a database in memory has none.
    pub fn beside(database: &Path) -> Option<Self> {
        let folder = database.parent().filter(|_| database != Path::new(":memory:"))?;
        Some(Self { path: folder.join(NAME) })
    }

    /// Of the database that is open.
    pub fn of(connection: &Connection) -> Option<Self> {
        Self::beside(connection.path()?)
    }

    /// Adds a line. What is handed over, and what may go again, is on the disk when this returns.
    pub fn add(&self, message_id: &str, what: What, now: DateTime<Utc>) -> Result<(), WarehouseError> {
        let failed = |error| WarehouseError::io(&self.path, error);
        let is_new = !self.path.exists();
        regular_file::require(&self.path).map_err(failed)?;
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&self.path).map_err(failed)?;
        let mut line = line(message_id, what, now);
        if !ends_whole(&mut file).map_err(failed)? {
            // A line that a crash cut ends here.
            line.insert(0, '\n');
        }
        file.write_all(line.as_bytes()).map_err(failed)?;
        if what != What::Sent {
            file.sync_data().map_err(failed)?;
        }
        if is_new {
            sync_folder(&self.path)?;
        }
        Ok(())
    }

    /// The last line of each message; `None` where there is no list.
    pub fn read(&self) -> Result<Option<Last>, WarehouseError> {
        let failed = |error| WarehouseError::io(&self.path, error);
        let file = match regular_file::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mut lines = BufReader::new(file);
        let (mut last, mut bytes, mut number) = (Last::new(), Vec::new(), 0);
        loop {
            bytes.clear();
            if (&mut lines).take(LONGEST_LINE).read_until(b'\n', &mut bytes).map_err(failed)? == 0 {
                return Ok(Some(last));
            }
            // A line that a crash cut says nothing.
            if let Some((id, what, at)) = std::str::from_utf8(&bytes).ok().and_then(parsed) {
                number += 1;
                last.insert(id, Line { what, at, number });
            }
        }
    }

    /// Writes the list anew with the newest of these lines.
    fn write(&self, last: &Last, most: usize) -> Result<(), WarehouseError> {
        let mut kept: Vec<(&String, &Line)> = last.iter().collect();
        kept.sort_by_key(|(_, line)| line.number);
        let lines = kept.iter().skip(kept.len().saturating_sub(most)).map(|(id, of)| line(id, of.what, of.at));
        let part = self.path.with_extension("part");
        let write = || -> std::io::Result<()> {
            let mut file = File::create(&part)?;
            file.write_all(lines.collect::<String>().as_bytes())?;
            file.sync_all()?;
            fs::rename(&part, &self.path)
        };
        write().map_err(|error| WarehouseError::io(&self.path, error))?;
        sync_folder(&self.path)
    }
}

fn line(message_id: &str, what: What, at: DateTime<Utc>) -> String {
    format!("{} {message_id} {}\n", at.to_rfc3339_opts(SecondsFormat::Secs, true), what.name())
}

fn parsed(line: &str) -> Option<(String, What, DateTime<Utc>)> {
    // Whatever an id holds: a line that is not found would be taken for a message that did not go out.
    let (at, rest) = line.strip_suffix('\n')?.split_once(' ')?;
    let (id, what) = rest.rsplit_once(' ')?;
    Some((id.to_owned(), What::named(what)?, at.parse().ok()?))
}

fn ends_whole(file: &mut File) -> std::io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// Holds the outbox against the list at start. What may have gone out and still waits here, or is not
/// known here, becomes unknown: shown, and not sent again. Where there is no list, it is begun with what
/// the outbox knows. What became unknown is noted in the list of what was done, in the same transaction.
pub fn reconcile(
    connection: &mut BothWriter<'_>,
    handed: &HandedOver,
    now: DateTime<Utc>,
) -> Result<(), WarehouseError> {
    let step = || "comparing the outbox with what was handed over".to_owned();
    let Some(last) = handed.read()? else {
        let known = gone_out(connection)?;
        return handed.write(&known, MOST_KEPT);
    };
    if last.values().map(|line| line.number).max() > Some(MOST_LINES) {
        handed.write(&last, MOST_KEPT)?;
    }
    let gone: Vec<_> = last
        .iter()
        .filter(|(_, line)| line.what != What::NotSent)
        .map(|(id, line)| serde_json::json!({ "message_id": id, "handed_at": line.at.naive_utc() }))
        .collect();
    let gone = serde_json::Value::Array(gone).to_string();
    let relation = "(SELECT unnest(from_json($1, '[{\"message_id\": \"VARCHAR\", \"handed_at\": \"TIMESTAMP\"}]'), recursive := true))";
    let is_settled: bool = connection
        .query_row(
            &format!(
                "SELECT count(*) = 0 FROM {relation} AS g LEFT JOIN ops.outbox AS o USING (message_id)
                 WHERE o.state IN ('pending', 'held') OR o.state IS NULL
                     AND g.message_id NOT IN (SELECT message_id FROM ops.handed_over)"
            ),
            params![gone],
            |row| row.get(0),
        )
        .context(step)?;
    if is_settled {
        return Ok(());
    }
    let transaction = connection.transaction().context(step)?;
    let waiting = transaction
        .execute(
            &format!(
                "UPDATE ops.outbox SET state = 'unknown', not_before = NULL, trouble = NULL, ended_at = $2, answer =
                     'handed over at ' || strftime(g.handed_at, '%Y-%m-%d %H:%M UTC') || ', which this database does not know: it went back in time'
                 FROM {relation} AS g WHERE outbox.message_id = g.message_id AND outbox.state IN ('pending', 'held')"
            ),
            params![gone, now.naive_utc()],
        )
        .context(step)?;
    let missing = transaction
        .execute(
            &format!(
                "INSERT INTO ops.handed_over SELECT message_id, handed_at FROM {relation} AS g
                 WHERE message_id NOT IN (SELECT message_id FROM ops.outbox)
                     AND message_id NOT IN (SELECT message_id FROM ops.handed_over)"
            ),
            params![gone],
        )
        .context(step)?;
    let detail = format!(
        "{} messages went out that this database does not know: they are unknown and not sent again",
        waiting + missing
    );
    audit::note(&transaction, now, "start", "went_back", None, &detail)?;
    transaction.commit().context(step)
}

/// Messages that went out, or may have, as the outbox knows them.
fn gone_out(connection: &Connection) -> Result<Last, WarehouseError> {
    let step = || "listing what was handed over".to_owned();
    let mut statement = connection
        .prepare(
            "SELECT message_id, coalesce(ended_at, claimed_at, created_at) FROM ops.outbox
             WHERE state IN ('sent', 'unknown') AND lane <> 'file' ORDER BY 2",
        )
        .context(step)?;
    let rows =
        statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, NaiveDateTime>(1)?.and_utc()))).context(step)?;
    let numbered = rows.enumerate().map(|(number, row)| {
        let (id, at) = row?;
        Ok((id, Line { what: What::Handed, at, number }))
    });
    numbered.collect::<Result<_, duckdb::Error>>().context(step)
}

/// Notes in the list beside the database that a message is not to be taken for one that went out.
pub(super) fn may_go_again(
    connection: &Connection,
    message_id: &str,
    now: DateTime<Utc>,
) -> Result<(), WarehouseError> {
    HandedOver::of(connection).map_or(Ok(()), |handed| handed.add(message_id, What::NotSent, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_a_message_counts_and_a_cut_line_says_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let handed = HandedOver::beside(&folder.path().join("daybook.duckdb")).expect("a list");
        let now = "2026-11-25T12:00:00Z".parse().expect("an instant");
        assert_eq!(handed.read().expect("read"), None);
        handed.add("msg_1", What::Handed, now).expect("added");
        handed.add("msg_1", What::Sent, now).expect("added");
        handed.add("msg_2", What::Handed, now).expect("added");
        handed.add("msg_2", What::NotSent, now).expect("added");
        fs::OpenOptions::new()
            .append(true)
            .open(&handed.path)
            .and_then(|mut file| file.write_all(b"2026-11-25T12:00:00Z msg_3 han"))
            .expect("cut");
        handed.add("msg_4", What::Handed, now).expect("added");
        handed.add("msg 5", What::Sent, now).expect("added");
        let read = handed.read().expect("read").expect("a list");
        let told: Vec<String> = read.iter().map(|(id, line)| format!("{id} {}", line.what.name())).collect();
        assert_eq!(told, ["msg 5 sent", "msg_1 sent", "msg_2 not_sent", "msg_4 handed"]);
        handed.write(&read, 2).expect("written");
        let kept: Vec<String> = handed.read().expect("read").expect("a list").into_keys().collect();
        assert_eq!(kept, ["msg 5", "msg_4"], "the newest by their place");
    }

    #[test]
    fn bytes_of_others_are_no_lines() {
        let folder = tempfile::tempdir().expect("a folder");
        let handed = HandedOver::beside(&folder.path().join("daybook.duckdb")).expect("a list");
        fs::write(&handed.path, [vec![0xff; 1_000_000], b"\n2026-11-25T12:00:00Z msg_1 sent\n".to_vec()].concat())
            .expect("written");
        assert_eq!(handed.read().expect("read").expect("a list").len(), 1);
    }
}
