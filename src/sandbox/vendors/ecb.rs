//! The files of the European Central Bank, with the rates that amounts of the simulated companies are worth.

use super::shared::Shared;
use super::troubles::Vendor;
use crate::domain::money::Currency;
use crate::sandbox::world::stated_rate;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{Datelike, Days, NaiveDate, Weekday};
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::sync::Arc;

/// The bank does not publish dinars.
const CURRENCIES: [&str; 3] = ["USD", "JPY", "GBP"];

pub fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/ecb/eurofxref-hist.zip", get(history)).route("/ecb/eurofxref-daily.xml", get(newest))
}

fn rate(code: &str, date: NaiveDate) -> Option<String> {
    let currency = Currency::new(code).ok()?;
    stated_rate(currency, date).map(|rate| rate.normalize().to_string())
}

/// The working days that have rates, the newest first.
fn days(shared: &Shared) -> Vec<NaiveDate> {
    let worlds = shared.worlds_of(Vendor::Ecb);
    let (first, last) = (worlds.iter().map(|world| world.first).min(), worlds.iter().map(|world| world.last).max());
    let (Some(first), Some(last)) = (first, last) else { return Vec::new() };
    let all = (first - Days::new(14)).iter_days().take_while(|date| *date <= last);
    let mut days: Vec<NaiveDate> = all.filter(|date| !matches!(date.weekday(), Weekday::Sat | Weekday::Sun)).collect();
    days.reverse();
    days
}

async fn history(State(shared): State<Arc<Shared>>) -> Response {
    let mut text = format!("Date,{},HRK,\n", CURRENCIES.join(","));
    for date in days(&shared) {
        let rates = CURRENCIES.iter().filter_map(|code| rate(code, date));
        let _ = writeln!(text, "{date},{},N/A,", rates.collect::<Vec<_>>().join(","));
    }
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let written = archive
        .start_file("eurofxref-hist.csv", zip::write::SimpleFileOptions::default())
        .and_then(|()| Ok(archive.write_all(text.as_bytes())?))
        .and_then(|()| archive.finish());
    match written {
        Ok(file) => ([(header::CONTENT_TYPE, "application/zip")], file.into_inner()).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn newest(State(shared): State<Arc<Shared>>) -> Response {
    let mut cubes = String::new();
    if let Some(date) = days(&shared).first() {
        let _ = write!(cubes, "<Cube time='{date}'>");
        for code in CURRENCIES {
            let _ = write!(cubes, "<Cube currency='{code}' rate='{}'/>", rate(code, *date).unwrap_or_default());
        }
        cubes.push_str("</Cube>");
    }
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gesmes:Envelope xmlns:gesmes=\"http://www.gesmes.org/xml/2002-08-01\" \
         xmlns=\"http://www.ecb.int/vocabulary/2002-08-01/eurofxref\"><gesmes:subject>Reference rates</gesmes:subject>\
         <Cube>{cubes}</Cube></gesmes:Envelope>"
    );
    ([(header::CONTENT_TYPE, "text/xml")], text).into_response()
}
