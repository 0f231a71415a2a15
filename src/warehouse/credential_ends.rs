//! When credentials end, as vendors say it.

use super::error::{Context, WarehouseError};
use super::sql::literal;
use chrono::{DateTime, NaiveDateTime, Utc};
use duckdb::Connection;

/// What a vendor said when it was asked last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedEnd {
    pub workspace: String,
    pub connection: String,
    /// Names the secrets that were used; not reversible.
    pub credential: String,
    /// Absent where it never ends.
    pub ends_at: Option<DateTime<Utc>>,
    pub asked_at: DateTime<Utc>,
}

/// Notes an answer in place of the former.
pub fn note(connection: &mut Connection, stated: &StatedEnd) -> Result<(), WarehouseError> {
    let step = || "noting when a credential ends".to_owned();
    let at = |at: DateTime<Utc>| format!("TIMESTAMP '{}'", at.format("%Y-%m-%d %H:%M:%S%.6f"));
    let (workspace, id) = (literal(&stated.workspace), literal(&stated.connection));
    let transaction = connection.transaction().context(step)?;
    transaction
        .execute_batch(&format!(
            "DELETE FROM ops.credential_end WHERE workspace = {workspace} AND connection = {id};
             INSERT INTO ops.credential_end VALUES ({workspace}, {id}, {}, {}, {})",
            literal(&stated.credential),
            stated.ends_at.map_or_else(|| "NULL".to_owned(), at),
            at(stated.asked_at)
        ))
        .context(step)?;
    transaction.commit().context(step)
}

/// Everything that was said, by workspace and connection.
pub fn all(reader: &Connection) -> Result<Vec<StatedEnd>, WarehouseError> {
    let step = || "reading when credentials end".to_owned();
    let mut statement = reader
        .prepare(
            "SELECT workspace, connection, credential, ends_at, asked_at FROM ops.credential_end
             ORDER BY workspace, connection",
        )
        .context(step)?;
    let rows = statement
        .query_map([], |row| {
            Ok(StatedEnd {
                workspace: row.get(0)?,
                connection: row.get(1)?,
                credential: row.get(2)?,
                ends_at: row.get::<_, Option<NaiveDateTime>>(3)?.map(|at| at.and_utc()),
                asked_at: row.get::<_, NaiveDateTime>(4)?.and_utc(),
            })
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::Warehouse;

    #[test]
    fn the_newest_answer_of_a_connection_counts() {
        let warehouse = Warehouse::in_memory().expect("a warehouse");
        let stated = |credential: &str, ends_at: Option<&str>, asked_at: &str| StatedEnd {
            workspace: "o'brien".to_owned(),
            connection: "ads".to_owned(),
            credential: credential.to_owned(),
            ends_at: ends_at.map(|at| at.parse().expect("an instant")),
            asked_at: asked_at.parse().expect("an instant"),
        };
        for one in [
            stated("a", Some("2026-12-01T00:00:00Z"), "2026-11-20T08:00:00Z"),
            stated("b", None, "2026-11-21T08:00:00.123456Z"),
        ] {
            let told = one.clone();
            warehouse.write_blocking(move |writer| note(writer, &told)).expect("noted");
            assert_eq!(warehouse.read_blocking(all).expect("read"), [one]);
        }
    }
}
