//! Rows that could not be used, with the reasons.

use crate::app::App;
use crate::warehouse::{Context, WarehouseError};
use duckdb::params;
use serde::Serialize;

/// A quarantined row; serialised as a list of its texts in the order of the fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "[String; 6]")]
pub struct QuarantinedRow {
    pub workspace: String,
    pub stream: String,
    /// The fact it was meant for.
    pub table: String,
    pub slice: String,
    pub reason: String,
    /// The record as it came, at most 300 characters of it.
    pub raw: String,
}

impl From<QuarantinedRow> for [String; 6] {
    fn from(row: QuarantinedRow) -> Self {
        [row.workspace, row.stream, row.table, row.slice, row.reason, row.raw]
    }
}

/// At most `limit` rows, of one workspace where it is named.
pub fn quarantine(app: &App, workspace: Option<&str>, limit: u32) -> Result<Vec<QuarantinedRow>, WarehouseError> {
    let step = || "reading the quarantine".to_owned();
    app.warehouse.read_blocking(|reader| {
        let mut statement = reader
            .prepare(
                "SELECT workspace, stream, table_name, slice, reason, left(coalesce(raw, ''), 300) FROM ops.quarantine
                 WHERE ?::VARCHAR IS NULL OR workspace = ? ORDER BY ALL LIMIT ?",
            )
            .context(step)?;
        let rows = statement.query_map(params![workspace, workspace, limit], quarantined).context(step)?;
        rows.collect::<Result<_, _>>().context(step)
    })
}

fn quarantined(row: &duckdb::Row<'_>) -> duckdb::Result<QuarantinedRow> {
    Ok(QuarantinedRow {
        workspace: row.get(0)?,
        stream: row.get(1)?,
        table: row.get(2)?,
        slice: row.get(3)?,
        reason: row.get(4)?,
        raw: row.get(5)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_a_list_of_its_texts() {
        let [workspace, stream, table, slice, reason, raw] = ["a", "b", "c", "d", "e", "f"].map(str::to_owned);
        let row = QuarantinedRow { workspace, stream, table, slice, reason, raw };
        assert_eq!(serde_json::to_string(&[row]).expect("JSON"), r#"[["a","b","c","d","e","f"]]"#);
    }
}
