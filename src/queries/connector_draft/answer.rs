//! The answer that a connector is written from: saved, or asked for once.

use super::Address;
use crate::app::AppError;
use crate::connectors::landing::read_page;
use crate::connectors::spec::ConnectorSpec;
use crate::connectors::{Connection, Connector, ConnectorError, Engine, Slice, Window};
use crate::support::clock::Clock;
use crate::support::soft_json::readable;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A larger answer than this is no example.
const LARGEST: u64 = 32 << 20;

/// Reads a saved answer.
pub fn saved_answer(file: &Path) -> Result<Value, AppError> {
    let io = |source| AppError::Io { path: file.to_owned(), source };
    let mut body = Vec::new();
    std::fs::File::open(file).map_err(io)?.take(LARGEST).read_to_end(&mut body).map_err(io)?;
    let is_page = body.trim_ascii_start().starts_with(b"<");
    serde_json::from_slice(&readable(body)).map_err(|error| {
        let what = match is_page {
            true => "is a page of HTML or XML".to_owned(),
            false => format!("is no JSON (line {}, column {})", error.line(), error.column()),
        };
        AppError::Usage(format!("{} {what}: save the vendor's answer as it is, e.g. with curl", file.display()))
    })
}

/// Asks once, without credentials.
///
/// # Errors
/// The vendor was not reached, or answers with something else than JSON.
pub async fn first_answer(address: &Address) -> Result<Value, AppError> {
    let io = |source| AppError::Io { path: PathBuf::from("a scratch folder"), source };
    let folder = tempfile::tempdir().map_err(io)?;
    let engine = Engine::new(folder.path().to_owned(), Clock::System)?;
    let whole = Slice { partition: String::new(), window: Window::Whole };
    let asked = match connection(address) {
        Ok(connection) => Box::pin(engine.fetch(&connection, "rows", &whole, None, &|_| ())).await,
        Err(note) => Err(ConnectorError::Configuration { note }),
    };
    let landed = asked.map_err(|error| {
        let url = format!("{}{}", address.base, address.path);
        AppError::Usage(format!(
            "{url}: {error}; an answer that needs credentials is saved with curl, and given with --page FILE"
        ))
    })?;
    let mut body = Vec::new();
    if let Some(file) = landed.files().first() {
        read_page(file)?.take(LARGEST).read_to_end(&mut body).map_err(io)?;
    }
    let told = |_| AppError::Usage(format!("{}{} answers with no JSON", address.base, address.path));
    serde_json::from_slice(&readable(body)).map_err(told)
}

/// The smallest connector there is.
fn connection(address: &Address) -> Result<Connection, String> {
    let text = "name = \"new\"\nlabel = \"New\"\ndocs = \"\"\n[settings.url]\nabout = \"Where it answers.\"\nkind = \"url\"\n\
         [auth]\nkind = \"none\"\n[limits]\nattempts = 1\ntimeout_secs = 30\n[streams.rows]\nabout = \"Rows.\"\nrecords = \"$\"\n\
         settles_after_days = 1\nloads = []\n[streams.rows.request]\nurl = \"{{ settings.url }}\"\n";
    let told = |problems: Vec<crate::settings::Problem>| {
        problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("; ")
    };
    let spec = ConnectorSpec::parse(Path::new("connector.toml"), text).map_err(told)?;
    let connector = Arc::new(Connector { spec, sql: BTreeMap::new(), incidents: Vec::new() });
    let url = format!("{}{}", address.base, address.path);
    let settings = BTreeMap::from([("url".to_owned(), toml::Value::from(url))]);
    let made = Connection::new("new", "new", connector, settings, BTreeMap::new(), chrono_tz::UTC);
    made.map_err(|found| found.join("; "))
}
