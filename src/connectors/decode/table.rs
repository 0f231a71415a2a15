//! Values between separators and sheets of workbooks, by the reader of dropped files: encodings, preambles, footers
//! and hostile files are its subject.

use super::pieces::Pieces;
use super::{Decoded, Form, Take, refused, unexpected};
use crate::connectors::error::ConnectorError;
use crate::connectors::file::shape::{self, Ask, Found, Refusal, Shape, Sink};
use crate::connectors::spec::BodyKind;
use serde_json::{Map, Value};
use std::path::Path;

pub fn decode(path: &Path, form: &Form, take: &mut Take<'_>) -> Result<Decoded, ConnectorError> {
    let spec = &form.table;
    let delimiter = match spec.delimiter.as_deref().map(str::as_bytes) {
        None => None,
        Some([one]) => Some(*one),
        Some(_) => {
            let note = "the delimiter of the connector's table must be one ASCII sign".to_owned();
            return Err(ConnectorError::Configuration { note });
        }
    };
    let ask = Ask {
        max_bytes: form.max_bytes,
        encoding: spec.encoding.clone(),
        delimiter,
        sheet: spec.sheet.clone(),
        wanted: spec.columns.iter().map(|column| vec![column.clone()]).collect(),
        required: spec.columns.len(),
        ..Ask::new("the answer")
    };
    let shape = if form.kind == BodyKind::Workbook { Shape::Workbook } else { Shape::Delimited };
    let mut rows = Rows {
        pieces: Pieces::new(take),
        columns: Vec::new(),
        wanted: &spec.columns,
        ignores: &spec.ignores,
        count: spec.count.as_deref(),
        announced: None,
        error: None,
    };
    let read = shape::read(path, shape, &ask, &mut rows);
    if let Some(error) = rows.error.take() {
        return Err(error);
    }
    let found = read.map_err(|refusal| refused(&refusal))?;
    let announced = rows.announced;
    let decoded = Decoded { notes: found.notes, ..rows.pieces.finish()? };
    match announced.filter(|announced| *announced != decoded.rows + decoded.bad) {
        // A vendor that is asked again mostly sends the rest.
        Some(announced) => Err(ConnectorError::Unavailable {
            note: format!("the answer announces {announced} rows and has {}: it is cut", decoded.rows + decoded.bad),
        }),
        None => Ok(decoded),
    }
}

struct Rows<'a> {
    pieces: Pieces<'a>,
    /// Names as JSON texts, with what stands before and after them.
    columns: Vec<String>,
    wanted: &'a [String],
    ignores: &'a [String],
    /// What stands before the number of rows above the columns.
    count: Option<&'a str>,
    /// How many rows there are, where that is said.
    announced: Option<u64>,
    /// What stopped it, where it was not the body.
    error: Option<ConnectorError>,
}

impl Rows<'_> {
    fn stop(&mut self, error: ConnectorError) -> Refusal {
        self.error = Some(error);
        Refusal::new(None, "stopped", "")
    }
}

impl Sink for Rows<'_> {
    fn header(&mut self, found: &Found) -> Result<(), Refusal> {
        let lacking: Vec<&str> = self
            .wanted
            .iter()
            .filter(|wanted| !matches!(shape::find(&found.columns, wanted), Ok(Some(_))))
            .map(String::as_str)
            .collect();
        if !lacking.is_empty() {
            let named: Vec<String> = found.columns.iter().take(12).map(|column| shape::shown(column)).collect();
            let note = format!("the answer lacks the columns {}; it has {}", lacking.join(", "), named.join(", "));
            return Err(self.stop(unexpected(note)));
        }
        self.columns = found.columns.iter().map(|name| Value::from(name.as_str()).to_string()).collect();
        let mut around = Map::new();
        around.insert("columns".to_owned(), found.columns.clone().into());
        around.insert("above".to_owned(), found.above.clone().into());
        let stated = stated(&found.above);
        let count = self.count.and_then(|count| stated.get(count)?.as_str());
        self.announced = count.and_then(|count| count.replace(',', "").parse().ok());
        around.insert("stated".to_owned(), Value::Object(stated));
        self.pieces.around(around);
        Ok(())
    }

    fn row(&mut self, _: u64, values: &[Option<&str>]) -> Result<(), Refusal> {
        let mut row = Vec::with_capacity(64 * values.len());
        row.push(b'{');
        for (name, value) in self.columns.iter().zip(values) {
            if row.len() > 1 {
                row.push(b',');
            }
            row.extend_from_slice(name.as_bytes());
            row.push(b':');
            match value {
                Some(value) => row.extend_from_slice(Value::from(*value).to_string().as_bytes()),
                None => row.extend_from_slice(b"null"),
            }
        }
        row.push(b'}');
        let first = values.iter().find_map(|value| *value).unwrap_or_default();
        if self.ignores.iter().any(|begin| first.starts_with(begin.as_str())) {
            return Ok(());
        }
        self.pieces.row(&row).map_err(|error| self.stop(error))
    }

    fn bad(&mut self, line: u64, reason: &str, raw: &str) -> Result<(), Refusal> {
        if !self.ignores.iter().any(|begin| raw.trim_start_matches('"').starts_with(begin.as_str())) {
            self.pieces.bad(line, reason, raw);
        }
        Ok(())
    }
}

/// `Time Zone: UTC` above the columns, by name.
fn stated(above: &[String]) -> Map<String, Value> {
    let pairs = above.iter().filter_map(|line| {
        let (name, value) = line.trim_matches(['"', ',', ';', '\t', ' ']).split_once(':')?;
        Some((name.trim().to_owned(), Value::from(value.trim())))
    });
    pairs.collect()
}
