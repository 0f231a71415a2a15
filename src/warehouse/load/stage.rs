//! From pages to typed rows in a temporary table, with the bad ones quarantined.

use super::table_columns::{columns, has_column};
use super::{LoadRequest, Loaded, Replaces, Target, asked, contract, doubt, left_out, listed};
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::facts;
use crate::warehouse::privacy::erased;
use crate::warehouse::queries;
use crate::warehouse::sql::literal;
use duckdb::{Transaction, params};
use std::collections::BTreeSet;

/// Raw records and reasons are kept up to this many characters.
pub const LONGEST_RAW: usize = 20_000;

/// Binds what the stream's query may ask by `getvariable`.
pub fn set_variables(transaction: &Transaction<'_>, request: &LoadRequest) -> Result<(), WarehouseError> {
    set(transaction, variables(request))
}

/// The same where those of `before` are bound: each takes as long as a small query.
pub fn change_variables(
    transaction: &Transaction<'_>,
    before: &LoadRequest,
    request: &LoadRequest,
) -> Result<(), WarehouseError> {
    let before = variables(before);
    set(transaction, variables(request).into_iter().filter(|variable| !before.contains(variable)))
}

fn set<'a>(
    transaction: &Transaction<'_>,
    variables: impl IntoIterator<Item = (&'a str, Option<String>)>,
) -> Result<(), WarehouseError> {
    for (name, value) in variables {
        // SET takes no bound values; a quoted literal with doubled quotes holds any text.
        let value = value.as_deref().map_or_else(|| "NULL".to_owned(), literal);
        transaction.execute_batch(&format!("SET VARIABLE {name} = {value}")).context(|| format!("setting {name}"))?;
    }
    Ok(())
}

fn variables(request: &LoadRequest) -> Vec<(&'static str, Option<String>)> {
    let (start, end) = request.window.unzip();
    let mut all = vec![
        ("workspace", Some(request.workspace.clone())),
        ("connection", Some(request.connection.clone())),
        ("partition", Some(request.partition.clone())),
        ("time_zone", Some(request.time_zone.clone())),
        ("person_key", Some(request.person_key.expose().to_owned())),
        ("currency", Some(request.currency.clone())),
        ("fetched_unix", Some(request.fetched_at.timestamp().to_string())),
        ("window_start", start.map(|date| date.to_string())),
        ("window_end", end.map(|date| date.to_string())),
    ];
    all.extend(request.variables.iter().cloned());
    all
}

/// Runs the target's query once, moves rows with a problem to quarantine, and offers the others as
/// `staged`, one row of each key: the vendor's latest word wins. A query may mark rows with a column
/// `is_absent`: they say that there is nothing in their scope (see [`super::Replaces::Scope`]). Answers
/// why no day of the slice is to be believed, where too much of a replaced window could not be used.
pub fn stage(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    target: &Target,
    loaded: &mut Loaded,
) -> Result<Option<String>, WarehouseError> {
    let step = || format!("reading {} into {}", request.stream, target.table);
    let mut distrust = None;
    let columns = columns(transaction, &target.table)?;
    queries::examine(transaction, &target.sql)?;
    // NULL alone would be a number, and no reason could be written down.
    transaction
        .execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE read AS SELECT * REPLACE (CAST(problem AS VARCHAR) AS problem) FROM (\n{}\n)",
            target.sql.trim_end().trim_end_matches(';')
        ))
        .context(step)?;
    if facts::builtin().get(&target.table).is_none() {
        contract::judge(transaction, &target.table, "read")?;
    }
    let of_other_days = asked::quarantine_other_days(transaction, request, target, loaded)?;
    asked::tell_days_ahead(transaction, request, target, loaded)?;
    let (rows, bad): (u64, u64) = transaction
        .query_row("SELECT count(*)::UBIGINT, count(problem)::UBIGINT FROM read", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .context(step)?;
    loaded.rows_read += rows;
    loaded.rows_quarantined += bad;
    if rows > 0 && of_other_days == rows {
        distrust = Some("every row is of another day than those that were asked for".to_owned());
    }
    listed::check(transaction, request, target, loaded)?;
    let some_are_erased = erased::in_read_rows(transaction, &request.workspace, &request.connection, &target.table)?;
    forget_rejects(transaction, request, target)?;
    if bad > 0 {
        quarantine(transaction, request, target, &columns)?;
        if let Some((told, share)) = doubt::quarantined(transaction, target, bad - of_other_days, rows - of_other_days)?
        {
            // What is next to nothing is the admin's matter, not the readers'; money is reported by name.
            match share.is_small() || left_out::are_named(transaction, target, &columns)? {
                true => loaded.notes.push(told.clone()),
                false => loaded.caveat(told.clone()),
            }
            distrust = (share.is_much() && matches!(target.replaces, Replaces::Window { .. })).then_some(told);
        }
    }
    left_out::settle(transaction, request, target, &columns, loaded)?;
    if some_are_erased && loaded.rows_quarantined > 0 {
        erased::scrub_quarantine(transaction, &request.workspace, Some(&request.load_id))?;
    }
    let key = target.key.join(", ");
    let distinct: u64 = transaction
        .query_row(
            &format!("SELECT count(*)::UBIGINT FROM (SELECT DISTINCT {key} FROM read WHERE problem IS NULL)"),
            [],
            |row| row.get(0),
        )
        .context(step)?;
    // Numbering a million rows costs more than loading them, and keys hardly ever repeat.
    if distinct + bad < rows {
        let differing = differing(transaction, target, &columns)?;
        transaction
            .execute_batch(&format!(
                "CREATE OR REPLACE TEMP TABLE read AS SELECT * FROM read WHERE problem IS NULL
                 QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY page_no DESC, record_no DESC) = 1"
            ))
            .context(step)?;
        loaded.notes.push(format!("{} of {rows} rows repeated a key; the last was kept", rows - bad - distinct));
        // A list says an object twice while it changes; a day that was cut into parts is too small without the others.
        if differing > 0 && matches!(target.replaces, Replaces::Window { .. }) {
            loaded.caveat(format!(
                "{differing} keys of {} came with different rows, of which the last counts: figures may be too low",
                target.table
            ));
        }
    }
    let names = columns.join(", ");
    let may_be_absent = target.sql.contains("is_absent") && has_column(transaction, "read", "is_absent")?;
    let is_there = if may_be_absent { " AND NOT is_absent" } else { "" };
    transaction
        .execute_batch(&format!(
            "CREATE OR REPLACE TEMP VIEW stated AS SELECT {names} FROM read WHERE problem IS NULL;
             CREATE OR REPLACE TEMP VIEW staged AS SELECT {names} FROM read WHERE problem IS NULL{is_there}"
        ))
        .context(step)?;
    Ok(distrust)
}

/// Keys that several rows have which are not the same.
fn differing(transaction: &Transaction<'_>, target: &Target, columns: &[String]) -> Result<u64, WarehouseError> {
    let (key, names) = (target.key.join(", "), columns.join(", "));
    let sql = format!(
        "SELECT count(*)::UBIGINT FROM (
             SELECT {key} FROM (SELECT DISTINCT {names} FROM read WHERE problem IS NULL) GROUP BY {key} HAVING count(*) > 1)"
    );
    transaction.query_row(&sql, [], |row| row.get(0)).context(|| "comparing rows of one key".to_owned())
}

/// The slice's own earlier rejects are replaced: a mended mapping clears them.
pub fn forget_rejects(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    target: &Target,
) -> Result<(), WarehouseError> {
    // Values in the text: a statement with parameters is planned twice.
    transaction
        .execute_batch(&format!(
            "DELETE FROM ops.quarantine
             WHERE workspace = {} AND connection = {} AND stream = {} AND slice IN ({}, {}) AND table_name = {}",
            literal(&request.workspace),
            literal(&request.connection),
            literal(&request.stream),
            literal(&request.slice),
            literal(&request.slice_before),
            literal(&target.table)
        ))
        .context(|| "clearing earlier rejects".to_owned())
}

fn quarantine(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    target: &Target,
    columns: &[String],
) -> Result<(), WarehouseError> {
    // Each page is taken apart once, however many of its records are bad; a page without a list is its
    // own only record.
    transaction
        .execute(
            &format!(
                "INSERT INTO ops.quarantine
                 WITH bad AS (SELECT page_no, record_no, problem, {key} AS record_key FROM read WHERE problem IS NOT NULL),
                 list AS (
                     SELECT page_no, CASE WHEN len({records}) = 0 THEN [body] ELSE {records} END AS records
                     FROM page
                     WHERE page_no IN (SELECT page_no FROM bad)
                 ),
                 record AS (
                     SELECT page_no, CAST(unnest(range(len(records))) AS INTEGER) AS record_no, unnest(records) AS raw FROM list
                 ),
                 kept AS (
                     SELECT page_no, record_no, any_value(raw) AS raw FROM record SEMI JOIN bad USING (page_no, record_no)
                     GROUP BY page_no, record_no
                 )
                 SELECT ?, ?, ?, ?, ?, ?, page_no, record_no, problem, left(CAST(kept.raw AS VARCHAR), {LONGEST_RAW}), record_key, NULL
                 FROM bad LEFT JOIN kept USING (page_no, record_no)",
                records = records_at(&request.records_path),
                key = left_out::key(target, columns)
            ),
            params![
                request.load_id,
                request.workspace,
                request.connection,
                request.stream,
                request.slice,
                target.table
            ],
        )
        .context(|| "quarantining bad rows".to_owned())?;
    // The same bad record read again within another window is one record.
    transaction
        .execute(
            "DELETE FROM ops.quarantine
             WHERE workspace = $1 AND connection = $2 AND stream = $3 AND table_name = $4 AND load_id <> $5
               AND (reason, raw) IN (SELECT (reason, raw) FROM ops.quarantine WHERE load_id = $5 AND table_name = $4)",
            params![request.workspace, request.connection, request.stream, target.table, request.load_id],
        )
        .context(|| "quarantining bad rows".to_owned())?;
    Ok(())
}

/// A record with more text than this says nothing of new fields: looking through a million of them takes more
/// memory than there is.
pub const LARGEST_TOLD: usize = 64 << 10;
/// Bytes of records that are looked at.
const MOST_LOOKED_AT: u64 = 2 << 20;
/// Of new fields at once.
const MOST_NEW: usize = 500;
const MOST_NAMED: usize = 20;

/// The records of a page as a list; a path without `[*]` leads to a single one.
pub fn records_at(path: &str) -> String {
    let at = format!("json_extract(body, {})", literal(path));
    if path.contains('*') { at } else { format!("list_value({at})") }
}

/// Notes fields of the records that this stream never had before.
pub fn note_fields(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    loaded: &mut Loaded,
) -> Result<(), WarehouseError> {
    if request.pages.files.is_empty() {
        return Ok(());
    }
    let step = || "looking for new fields".to_owned();
    // Looking takes many times what is looked at, and is not worth a load.
    let records = (MOST_LOOKED_AT / (request.bytes / loaded.rows_read.max(1)).max(1)).clamp(1, 2000);
    let structure: Option<String> = transaction
        .query_row(
            &format!(
                "SELECT CAST(json_group_structure(record) AS VARCHAR) FROM (
                     SELECT unnest({}) AS record FROM (SELECT body FROM page LIMIT 20) LIMIT {records})
                 WHERE strlen(CAST(record AS VARCHAR)) <= {LARGEST_TOLD}",
                records_at(&request.records_path)
            ),
            [],
            |row| row.get(0),
        )
        .context(step)?;
    let Some(structure) = structure else { return Ok(()) };
    let of_stream = [&request.workspace, &request.connection, &request.stream].map(|text| literal(text));
    let [workspace, connection, stream] = &of_stream;
    let mut known = transaction
        .prepare(&format!(
            "SELECT field FROM ops.stream_field
             WHERE workspace = {workspace} AND connection = {connection} AND stream = {stream}"
        ))
        .context(step)?;
    let known: BTreeSet<String> =
        known.query_map([], |row| row.get(0)).context(step)?.collect::<Result<_, _>>().context(step)?;
    let (new, note) = new_fields(&structure, &known);
    loaded.notes.extend(note);
    if new.is_empty() {
        return Ok(());
    }
    transaction
        .execute(
            &format!(
                "INSERT INTO ops.stream_field
                 SELECT {}, unnest(from_json(CAST(? AS JSON), '[\"VARCHAR\"]')), {}",
                of_stream.join(", "),
                literal(&request.load_id)
            ),
            [serde_json::Value::from(new).to_string()],
        )
        .map(drop)
        .context(step)
}

/// Fields of a structure, as DuckDB gives that of JSON, which are not among the known ones; and what is
/// reported of them.
pub fn new_fields(structure: &str, known: &BTreeSet<String>) -> (Vec<String>, Option<String>) {
    let mut fields = Vec::new();
    match serde_json::from_str(structure) {
        Ok(structure) => flatten(&structure, "", &mut fields),
        Err(_) => return (fields, None),
    }
    let new: Vec<String> = fields.into_iter().filter(|field| !known.contains(field)).collect();
    // Names that are data, an id for each record say, are no fields that anybody could map.
    if new.len() > MOST_NEW {
        return (Vec::new(), Some(format!("the vendor sends {} new fields, too many to name", new.len())));
    }
    if known.is_empty() || new.is_empty() {
        return (new, None);
    }
    let more = new.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let named: Vec<&str> = new.iter().take(MOST_NAMED).map(String::as_str).collect();
    let note = format!("the vendor sends new fields: {}{more}", named.join(", "));
    (new, Some(note))
}

/// `{"campaign": {"id": "VARCHAR"}}` becomes `campaign.id`; a stream with endless key names is cut.
fn flatten(structure: &serde_json::Value, path: &str, fields: &mut Vec<String>) {
    match structure {
        serde_json::Value::Object(entries) if path.matches('.').count() < 3 => {
            for (name, inner) in entries {
                let name: String = name.chars().take(80).collect();
                flatten(inner, &if path.is_empty() { name } else { format!("{path}.{name}") }, fields);
            }
        }
        _ if fields.len() < 500 && !path.is_empty() => fields.push(path.to_owned()),
        _ => {}
    }
}

/// Adds what the stream's notes query finds: the vendor's own words on its answer are for readers too.
pub fn collect_notes(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    loaded: &mut Loaded,
) -> Result<(), WarehouseError> {
    let Some(sql) = &request.notes_sql else {
        return Ok(());
    };
    let step = || "collecting the vendor's notes".to_owned();
    queries::examine(transaction, sql)?;
    let mut statement = transaction.prepare(sql).context(step)?;
    let notes = statement.query_map([], |row| row.get::<_, Option<String>>(0)).context(step)?;
    for note in notes {
        if let Some(note) = note.context(step)? {
            loaded.caveat(note);
        }
    }
    Ok(())
}

/// Forgets the pages, so that the next load starts clean.
pub fn drop_page(transaction: &Transaction<'_>) -> Result<(), WarehouseError> {
    transaction
        .execute_batch(
            "DROP VIEW IF EXISTS page; DROP VIEW IF EXISTS staged; DROP VIEW IF EXISTS stated;
             DROP TABLE IF EXISTS read; DROP TABLE IF EXISTS doubted",
        )
        .context(|| "clearing up after a load".to_owned())
}
