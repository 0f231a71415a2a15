//! How a dropped file would be read: what is recognised, and what of it was loaded into an empty database.

use crate::connectors::file::{Table, TargetSpec};
use crate::jobs::files::{FileError, FileSource};
use crate::jobs::sync::StreamOutcome;
use crate::warehouse::{Context, Warehouse, WarehouseError};
use serde::Serialize;

/// Rows shown.
const SHOWN: usize = 5;

/// Measures that are no amounts.
const COUNTS: [&str; 10] =
    ["followers", "impressions", "reach", "views", "likes", "comments", "shares", "saves", "clicks", "conversions"];

/// A file that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileTrial {
    pub file: String,
    pub preset: String,
    /// Absent where it cannot be read at all.
    pub recognised: Option<Recognised>,
    /// Rows that would be loaded.
    pub rows: u64,
    #[serde(flatten)]
    pub loaded: LoadedSample,
    pub notes: Vec<String>,
    pub error: Option<String>,
}

/// How the file is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recognised {
    /// As written in the header.
    pub columns: Vec<String>,
    pub encoding: &'static str,
    pub delimiter: Option<char>,
    /// Counted from 1.
    pub header_line: u64,
    pub sheet: Option<String>,
    pub fields: Vec<RecognisedField>,
    pub read_as: Vec<ReadAs>,
}

/// A field and the columns it is read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecognisedField {
    pub field: String,
    /// Counted from 0.
    pub columns: Vec<usize>,
    /// A value of every row.
    pub constant: Option<String>,
    /// Columns whose texts are joined to it.
    #[serde(skip)]
    pub joined: Vec<usize>,
}

/// What was recognised of a field's column, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReadAs {
    pub field: &'static str,
    pub told: String,
}

/// The first rows as they were loaded, and the sums of their numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoadedSample {
    pub columns: Vec<String>,
    #[serde(rename = "first_rows")]
    pub rows: Vec<Vec<String>>,
    /// Each measure with its currency, and its sum.
    pub sums: Vec<(String, String)>,
    /// The first and the last day.
    #[serde(skip)]
    pub days: Option<(String, String)>,
    /// Reasons of the first quarantined rows.
    #[serde(rename = "quarantined")]
    pub bad: Vec<String>,
}

impl FileTrial {
    pub fn new(
        name: &str,
        source: &FileSource,
        read: &Result<Table, FileError>,
        outcome: &StreamOutcome,
        loaded: LoadedSample,
    ) -> Self {
        Self {
            file: name.to_owned(),
            preset: source.drop.preset.name.clone(),
            recognised: read.as_ref().ok().map(recognised),
            rows: outcome.loaded.rows_written,
            loaded,
            notes: outcome.loaded.notes.clone(),
            error: outcome.error.as_ref().map(|error| error.message.clone()),
        }
    }
}

fn recognised(read: &Table) -> Recognised {
    let field = |source: &crate::connectors::file::Source| RecognisedField {
        field: source.field.name.to_owned(),
        columns: source.columns.clone(),
        constant: source.constant.clone(),
        joined: source.joined.clone(),
    };
    Recognised {
        columns: read.found.columns.clone(),
        encoding: read.found.encoding,
        delimiter: read.found.delimiter,
        header_line: read.found.header_line,
        sheet: read.found.sheet.clone(),
        fields: read.sources.iter().map(field).collect(),
        read_as: read.told.iter().map(|(field, told)| ReadAs { field, told: told.clone() }).collect(),
    }
}

/// What of a file was loaded into an otherwise empty database.
pub fn loaded_sample(warehouse: &Warehouse, spec: &TargetSpec) -> Result<LoadedSample, WarehouseError> {
    let step = || "reading what was loaded".to_owned();
    warehouse.read_blocking(|reader| {
        let sql = format!("SELECT * EXCLUDE (workspace, connection, load_id) FROM core.{} ORDER BY ALL LIMIT {SHOWN}", spec.table);
        let mut statement = reader.prepare(&format!("SELECT COLUMNS(*)::VARCHAR FROM ({sql})")).context(step)?;
        let mut found = statement.query([]).context(step)?;
        let mut rows = Vec::new();
        let mut columns = Vec::new();
        while let Some(row) = found.next().context(step)? {
            if columns.is_empty() {
                columns = row.as_ref().column_names();
            }
            let value = |index| row.get::<_, Option<String>>(index).map(Option::unwrap_or_default);
            rows.push((0..columns.len()).map(value).collect::<Result<Vec<_>, _>>().context(step)?);
        }
        let sql = format!("SELECT min({day})::VARCHAR, max({day})::VARCHAR FROM core.{table}", day = spec.day, table = spec.table);
        let days: (Option<String>, Option<String>) =
            reader.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?))).context(step)?;
        let by_currency = spec.fields.iter().any(|field| field.name == "currency");
        let currency = if by_currency { "coalesce(currency, '')" } else { "''" };
        let mut sums = Vec::new();
        for measure in spec.measures {
            let is_money = !COUNTS.contains(measure);
            let currency = if is_money { currency } else { "''" };
            let sql = format!(
                "SELECT {currency}, CAST(sum({measure}) AS VARCHAR) FROM core.{} WHERE {measure} IS NOT NULL GROUP BY 1 ORDER BY 1",
                spec.table
            );
            let mut statement = reader.prepare(&sql).context(step)?;
            let of = statement
                .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
                .context(step)?;
            for sum in of {
                let (currency, sum) = sum.context(step)?;
                sums.push((format!("{measure} {currency}").trim().to_owned(), sum));
            }
        }
        let mut statement =
            reader.prepare("SELECT reason FROM ops.quarantine ORDER BY record_no LIMIT 10").context(step)?;
        let bad = statement.query_map([], |row| row.get(0)).context(step)?;
        let bad = bad.collect::<Result<_, _>>().context(step)?;
        Ok(LoadedSample { columns, rows, sums, days: days.0.zip(days.1), bad })
    })
}
