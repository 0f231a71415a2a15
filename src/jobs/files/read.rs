//! A landed file as rows that can be loaded.

use super::{FileError, FileSource};
use crate::connectors::file::shape::{self, Found, Known, Refusal, Sink, shape_of};
use crate::connectors::file::{FileDrop, Mark, Shape, Table, read, refused, shown};
use crate::connectors::{ConnectorError, LandedSlice};
use crate::jobs::sync::SyncContext;
use crate::warehouse::WarehouseError;
use crate::warehouse::load::{parquet_columns, parquet_rows};
use std::path::Path;

/// A file that was read.
#[derive(Debug)]
pub struct Prepared {
    /// Its number among those that are loaded together.
    pub number: u32,
    pub notes: Vec<String>,
    /// Whether rows are counted, not lines.
    pub has_rows: bool,
    /// Kept until the rows are loaded.
    pub table: Table,
}

/// Reads a landed file into canonical rows, as the file `number` of a load.
pub fn prepare(
    context: &SyncContext,
    source: &FileSource,
    landed: &LandedSlice,
    number: u32,
) -> Result<Prepared, ConnectorError> {
    let name = file_name(landed);
    let page = landed.files().into_iter().next().unwrap_or_default();
    let scratch = page.parent().unwrap_or(&page).to_owned();
    let (table, shape) = read_table(context, source, (name, &page), (number, &scratch))?;
    let told = |note: &String| if note.contains(name) { note.clone() } else { format!("{}: {note}", shown(name)) };
    let notes = table.notes.iter().map(told).collect();
    Ok(Prepared { number, notes, has_rows: matches!(shape, Shape::Parquet | Shape::Workbook), table })
}

/// How a file on the disk would be read by a source; nothing is loaded.
pub fn look(context: &SyncContext, source: &FileSource, file: &Path) -> Result<Table, FileError> {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let scratch = file.parent().unwrap_or(file);
    Ok(read_table(context, source, (&name, file), (0, scratch))?.0)
}

/// Reads the file at `page`, which was dropped under a name, by its ending.
fn read_table(
    context: &SyncContext,
    source: &FileSource,
    (name, page): (&str, &Path),
    (number, scratch): (u32, &Path),
) -> Result<(Table, Shape), ConnectorError> {
    let drop = &source.drop;
    let Known::Data(shape, _) = shape_of(name) else {
        return Err(refused(name, None, "the file is of no kind that is read", "drop it under another ending"));
    };
    let zone = source.workspace.time_zone;
    let to = (number, scratch);
    let table = if shape == Shape::Parquet {
        read(name, drop, zone, &|sink| parquet(context, page, drop, name, sink), to)?
    } else {
        let ask = shape::Ask { scratch: Some(scratch.to_owned()), ..drop.ask(name) };
        read(name, drop, zone, &|sink| shape::read(page, shape, &ask, sink), to)?
    };
    Ok((table, shape))
}

/// One reading of a Parquet file.
fn parquet(
    context: &SyncContext,
    page: &Path,
    drop: &FileDrop,
    name: &str,
    sink: &mut dyn Sink,
) -> Result<Found, Refusal> {
    let told = |error: WarehouseError| {
        let (message, ran_short) = (error.to_string(), error.ran_short());
        let message = message.strip_prefix(&format!("{}: ", shown(name))).unwrap_or(&message).to_owned();
        let (message, remedy) = message.rsplit_once("; ").unwrap_or((&message, "write it anew and drop it again"));
        Refusal { ran_short, ..Refusal::new(None, message, remedy) }
    };
    let mut refusal = None;
    let read = context.warehouse.read_blocking(|reader| {
        let columns = parquet_columns(reader, page, &shown(name), drop.max_bytes())?;
        let found =
            Found { name: name.to_owned(), columns, encoding: "Parquet", holds_required: true, ..Found::default() };
        if let Err(refused) = sink.header(&found) {
            refusal = Some(refused);
            return Ok(found);
        }
        let mark = drop.written.decimal_mark.map_or('.', Mark::sign);
        parquet_rows(reader, page, (&shown(name), mark), |number, values| {
            let texts: Vec<Option<&str>> = values.iter().map(Option::as_deref).collect();
            if let (Err(refused), None) = (sink.row(number, &texts), &refusal) {
                refusal = Some(refused);
            }
            Ok(())
        })?;
        Ok(found)
    });
    let found = read.map_err(told)?;
    refusal.map_or(Ok(found), Err)
}

/// The file's name: the slice's partition is a fingerprint, a hyphen and the name.
pub fn file_name(landed: &LandedSlice) -> &str {
    let partition = &landed.manifest.slice.partition;
    partition.split_once('-').map_or(partition, |(_, name)| name)
}
