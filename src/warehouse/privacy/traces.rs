//! Free text in which a person may be named: errors of vendors, details of runs, names of files and
//! campaigns, texts of reports. Every column that holds text is looked through, so that none is forgotten.

use super::marks::{Look, Marks, replaced};
use crate::support::names;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::named as qualified;
use duckdb::{Connection, params};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Columns that hold no text of others: names that Daybook or the configuration gave, keys and hashes.
pub const OWN: [&str; 23] = [
    "workspace",
    "connection",
    "stream",
    "table_name",
    "load_id",
    "superseded_by",
    "message_id",
    "report_id",
    "run_id",
    "backfill_id",
    "state",
    "outcome",
    "kind",
    "lane",
    "currency",
    "wording",
    "fire",
    "owner",
    "receipt",
    "sha256",
    "payload_sha256",
    "templates",
    "time_zone",
];
/// Columns that are looked after by name: quarantined records, and what erased people are known by. Those of identifiers
/// are as contracts declare them.
pub const KNOWN: [&str; 3] = ["raw", "mark", "token"];
/// Columns that hold names of files and accounts, as they are or made safe for a path.
const NAMES: [&str; 4] = ["partition", "slice", "manifest", "subject"];
/// Each night these are looked through for loads of so many days only: every load has one, and none changes.
const NEW_DAYS: u32 = 14;

/// A column of text of a table.
#[derive(Clone, Debug)]
struct Column {
    schema: String,
    table: String,
    name: String,
    is_list: bool,
    /// SQL for the rows of a workspace, which is bound.
    scope: &'static str,
    /// Whether the table says which load a row is of.
    has_load: bool,
}

impl Column {
    /// The column as one text; lists as JSON.
    fn text(&self) -> String {
        if self.is_list { format!("to_json(t.{})::VARCHAR", self.name) } else { format!("t.{}", self.name) }
    }

    fn of(&self) -> String {
        qualified(&self.schema, &self.table)
    }

    fn label(&self) -> String {
        format!("{}.{}", self.schema, self.table)
    }

    /// Distinct texts of a workspace, of all that is held or of what is new.
    fn texts(&self, connection: &Connection, workspace: &str, is_nightly: bool) -> Result<Vec<String>, WarehouseError> {
        let step = || format!("looking in {}.{}", self.label(), self.name);
        let is_new = if is_nightly && self.look() == Look::Name && self.has_load {
            format!(
                "t.load_id IN (SELECT load_id FROM ops.load
                     WHERE loaded_at >= (SELECT max(loaded_at) FROM ops.load) - INTERVAL {NEW_DAYS} DAY)"
            )
        } else {
            "true".to_owned()
        };
        let sql = format!(
            "SELECT DISTINCT {text} FROM {} AS t WHERE {} AND {text} <> '' AND {is_new}",
            self.of(),
            self.scope,
            text = self.text()
        );
        let mut statement = connection.prepare(&sql).context(step)?;
        let rows = statement.query_map(params![workspace], |row| row.get(0)).context(step)?;
        rows.collect::<Result<_, _>>().context(step)
    }

    fn put(&self, connection: &Connection, workspace: &str, old: &str, new: &str) -> Result<usize, WarehouseError> {
        let value = if self.is_list { "from_json(?, '[\"VARCHAR\"]')" } else { "?" };
        let sql = format!(
            "UPDATE {} AS t SET {} = {value} WHERE {} AND {} = ?",
            self.of(),
            self.name,
            self.scope,
            self.text()
        );
        connection
            .execute(&sql, params![new, workspace, old])
            .context(|| format!("erasing in {}.{}", self.label(), self.name))
    }

    /// Notes on the reports whose document is `old` that a person was erased in it: rendered again, they are other bytes.
    fn note_erasure(&self, connection: &Connection, workspace: &str, old: &str) -> Result<(), WarehouseError> {
        let is_document = self.schema == "ops" && self.name == "document";
        if !is_document || !["report", "report_wording"].contains(&self.table.as_str()) {
            return Ok(());
        }
        let sql = format!(
            "UPDATE ops.report SET person_erased_at = (SELECT max(erased_at) FROM ops.erased)
             WHERE report_id IN (SELECT t.report_id FROM {} AS t WHERE {} AND {} = ?)",
            self.of(),
            self.scope,
            self.text()
        );
        connection.execute(&sql, params![workspace, old]).context(|| "noting an erasure in a report".to_owned())?;
        Ok(())
    }

    /// Ids of vendors are looked for where Daybook reports what happened; facts have columns for them.
    fn look(&self) -> Look {
        match self.schema.as_str() {
            _ if NAMES.contains(&self.name.as_str()) => Look::Name,
            "ops" => Look::AddressesAndIds,
            _ => Look::Addresses,
        }
    }
}

fn columns(connection: &Connection) -> Result<Vec<Column>, WarehouseError> {
    let step = || "listing columns of text".to_owned();
    let mut statement = connection
        .prepare(
            "SELECT c.schema_name, c.table_name, c.column_name, c.data_type <> 'VARCHAR',
                 (SELECT list(o.column_name) FROM duckdb_columns() AS o WHERE o.database_name = c.database_name
                      AND o.schema_name = c.schema_name AND o.table_name = c.table_name)::VARCHAR
             FROM duckdb_columns() AS c JOIN duckdb_tables() AS t USING (database_name, schema_name, table_name)
             WHERE c.database_name = current_database() AND c.schema_name IN ('core', 'history', 'mart', 'ops')
                 AND c.data_type IN ('VARCHAR', 'VARCHAR[]', 'JSON') ORDER BY 1, 2, c.column_index",
        )
        .context(step)?;
    type Row = (String, String, String, bool, String);
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))
        .context(step)?;
    let rows: Vec<Row> = rows.collect::<Result<_, _>>().context(step)?;
    let personal = super::columns::tables(connection)?;
    let is_personal = |schema: &str, table: &str, name: &str| {
        let own = personal.iter().filter(|one| one.schema == schema && one.table == table);
        own.flat_map(|one| &one.columns).any(|column| column.name == name)
    };
    let kept = rows.into_iter().filter(|(schema, table, name, ..)| {
        let is_known = OWN.contains(&name.as_str()) || KNOWN.contains(&name.as_str());
        !is_known && !is_personal(schema, table, name)
    });
    Ok(kept
        .filter_map(|(schema, table, name, is_list, others)| {
            let has = |column: &str| others.trim_matches(['[', ']']).split(", ").any(|other| other == column);
            // Addresses of readers have a place of their own, where other tenants' are distinguished.
            let scope = match () {
                () if has("workspace") => "t.workspace = ?",
                () if has("message_id") => "t.message_id IN (SELECT message_id FROM ops.outbox WHERE workspace = ?)",
                () if has("report_id") => "t.report_id IN (SELECT report_id FROM ops.report WHERE workspace = ?)",
                () if has("load_id") => "t.load_id IN (SELECT load_id FROM ops.load WHERE workspace = ?)",
                () => return None,
            };
            let has_load = has("load_id");
            Some(Column { schema, table, name, is_list, scope, has_load })
        })
        .collect())
}

/// Texts that name one of `marks`, by table.
pub fn held(
    connection: &Connection,
    workspace: &str,
    marks: &Marks,
) -> Result<BTreeMap<String, Vec<Value>>, WarehouseError> {
    let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for column in columns(connection)?.iter().filter(|column| !is_reader(column)) {
        for text in column.texts(connection, workspace, false)? {
            if !marks.found_in(&text, column.look()).is_empty() {
                all.entry(column.label()).or_default().push(json!({ &column.name: text }));
            }
        }
    }
    Ok(all)
}

/// A text that names somebody, and the one to put in its place.
#[derive(Clone, Debug)]
pub struct TextChange {
    column: Column,
    workspace: String,
    old: String,
    new: String,
}

/// Replaces `marks` in every text of a workspace; returns the texts changed by table.
pub fn erase(connection: &Connection, workspace: &str, marks: &Marks) -> Result<BTreeMap<String, u64>, WarehouseError> {
    replace(connection, &named(connection, workspace, marks, &columns(connection)?, false)?)
}

/// What names one of `marks` in what Daybook reports of its work, where vendors' errors may name somebody any day.
pub fn named_in_ledger(reader: &Connection, workspace: &str, marks: &Marks) -> Result<Vec<TextChange>, WarehouseError> {
    let all: Vec<Column> = columns(reader)?.into_iter().filter(|column| column.schema == "ops").collect();
    named(reader, workspace, marks, &all, true)
}

/// Puts each new text in its place; returns the texts changed by table.
pub fn replace(connection: &Connection, changes: &[TextChange]) -> Result<BTreeMap<String, u64>, WarehouseError> {
    let mut changed: BTreeMap<String, u64> = BTreeMap::new();
    for TextChange { column, workspace, old, new } in changes {
        column.note_erasure(connection, workspace, old)?;
        let rows = column.put(connection, workspace, old, new)?;
        if rows > 0 {
            *changed.entry(column.label()).or_default() += rows as u64;
        }
    }
    Ok(changed)
}

fn named(
    connection: &Connection,
    workspace: &str,
    marks: &Marks,
    all: &[Column],
    is_nightly: bool,
) -> Result<Vec<TextChange>, WarehouseError> {
    // By the column's place in `all` and the text as it stands.
    let mut changes: BTreeMap<(usize, String), String> = BTreeMap::new();
    // What names somebody in paths: addresses, and names of files that held one.
    let mut safe: BTreeMap<String, String> = BTreeMap::new();
    for (place, column) in all.iter().enumerate().filter(|(_, column)| !is_reader(column)) {
        for text in column.texts(connection, workspace, is_nightly)? {
            let found = marks.found_in(&text, column.look());
            if found.is_empty() {
                continue;
            }
            let addresses = found.words.iter().filter(|(word, _)| word.contains('@'));
            let forms = addresses.flat_map(|(word, token)| {
                names::spellings_in_paths(word).into_iter().map(move |safe| (safe, token.clone()))
            });
            safe.extend(forms);
            if let (Look::Name, Some(token)) = (column.look(), found.words.values().next()) {
                safe.extend([names::safe(&text), names::safe_before(&text)].map(|safe| (safe, token.clone())));
            }
            let new = replaced(&text, &found, column.look())?;
            changes.insert((place, text), new);
        }
    }
    if !safe.is_empty() {
        for (place, column) in all.iter().enumerate().filter(|(_, column)| column.look() == Look::Name) {
            for text in column.texts(connection, workspace, is_nightly)? {
                let key = (place, text);
                let now = changes.get(&key).unwrap_or(&key.1);
                let new = names::replaced_in_path(now, &safe);
                if new != *now {
                    changes.insert(key, new);
                }
            }
        }
    }
    let workspace = workspace.to_owned();
    let changes = changes.into_iter().map(|((place, old), new)| TextChange {
        column: all[place].clone(),
        workspace: workspace.clone(),
        old,
        new,
    });
    Ok(changes.collect())
}

/// `super::messages` looks after these.
fn is_reader(column: &Column) -> bool {
    matches!(
        (column.table.as_str(), column.name.as_str()),
        ("outbox" | "delivery_attempt", "recipient") | ("outbox", "route") | ("suppression", "address")
    )
}

/// Empties quarantined records that name one of `marks`, of one load or of all.
pub fn scrub_records(
    connection: &Connection,
    workspace: &str,
    load_id: Option<&str>,
    marks: &Marks,
    reason: &str,
) -> Result<u64, WarehouseError> {
    let named = named_records(connection, workspace, load_id, marks)?;
    let step = || "erasing in the quarantined records".to_owned();
    let mut statement =
        connection.prepare("UPDATE ops.quarantine SET raw = NULL, reason = ? WHERE rowid = ?").context(step)?;
    for (row, _) in &named {
        statement.execute(params![reason, row]).context(step)?;
    }
    Ok(named.len() as u64)
}

/// Rows of the quarantine that name one of `marks`, with all they hold as JSON.
pub fn named_records(
    connection: &Connection,
    workspace: &str,
    load_id: Option<&str>,
    marks: &Marks,
) -> Result<Vec<(i64, Value)>, WarehouseError> {
    if marks.is_empty() {
        return Ok(Vec::new());
    }
    let step = || "looking in the quarantined records".to_owned();
    let mut statement = connection
        .prepare(
            "SELECT rowid, connection, coalesce(raw, ''), reason, to_json(q)::VARCHAR FROM ops.quarantine AS q
             WHERE workspace = ? AND raw IS NOT NULL AND (?::VARCHAR IS NULL OR load_id = ?) ORDER BY 1",
        )
        .context(step)?;
    let mut rows = statement.query(params![workspace, load_id, load_id]).context(step)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().context(step)? {
        let text = |index: usize| row.get::<_, String>(index).context(step);
        if marks.are_in_record(&text(1)?, &text(2)?) || !marks.found_in(&text(3)?, Look::AddressesAndIds).is_empty() {
            found.push((row.get(0).context(step)?, serde_json::from_str(&text(4)?).unwrap_or(Value::Null)));
        }
    }
    Ok(found)
}
