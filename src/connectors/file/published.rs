//! A file behind an HTTPS address, such as a sheet that was published as CSV: fetched into a folder of
//! its own, from where it is read as a dropped one is.

use crate::connectors::connection_error::unreachable;
use crate::connectors::error::ConnectorError;
use crate::support::owner::why;
use reqwest::Url;
use reqwest::redirect::Policy;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;
use std::time::Duration;

/// A whole answer takes no longer.
const LONGEST: Duration = Duration::from_secs(120);
/// Published sheets lie behind one or two of them.
const MOST_REDIRECTS: usize = 5;

/// Whether nobody on the way can read or change what comes: HTTPS, or this very machine.
pub fn is_protected(address: &Url) -> bool {
    let is_here = matches!(address.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    address.scheme() == "https" || (address.scheme() == "http" && is_here)
}

/// The name under which the answer lies: the address's own last part, if it says which kind of file it is.
pub fn name(address: &Url) -> String {
    let last = address.path_segments().and_then(Iterator::last).unwrap_or_default();
    let has_ending = matches!(super::shape::shape_of(last), super::shape::Known::Data(..));
    // Sheets say in the query how they are published.
    let asked = |wanted: &str| {
        address
            .query_pairs()
            .any(|(key, value)| matches!(&*key, "output" | "format" | "tqx") && value.ends_with(wanted))
    };
    let kind = ["xlsx", "tsv", "csv"].into_iter().find(|kind| asked(kind)).unwrap_or("csv");
    if has_ending && last.len() <= 100 { last.to_owned() } else { format!("published.{kind}") }
}

/// Fetches the file into `folder`, unless it is there as it is now. Nothing changes where the answer is
/// not whole.
///
/// # Errors
/// Says whether a retry can help; names the host, never the whole address, which may be a key by itself.
pub async fn fetch(address: &Url, folder: &Path, max_bytes: u64) -> Result<(), ConnectorError> {
    let host = address.host_str().unwrap_or("the host").to_owned();
    let unusable = |note: String| ConnectorError::Unavailable { note };
    let policy = Policy::custom(|attempt| {
        if !is_protected(attempt.url()) || attempt.previous().len() > MOST_REDIRECTS {
            return attempt.stop();
        }
        attempt.follow()
    });
    let client = reqwest::Client::builder()
        .user_agent(concat!("daybook/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(15))
        .timeout(LONGEST)
        .redirect(policy)
        .build()
        .map_err(|error| ConnectorError::Configuration { note: format!("the HTTP client cannot start: {error}") })?;
    let failed = |error: reqwest::Error| {
        unreachable(&error).unwrap_or_else(|| unusable(format!("{host} sent no whole answer: {}", error.without_url())))
    };
    let mut response = client.get(address.clone()).send().await.map_err(failed)?;
    let status = response.status();
    if !status.is_success() {
        let remedy = match status.as_u16() {
            300..=399 | 401 | 403 => "it asks for a login: publish the sheet for everybody who has the address",
            404 | 410 => "it is not there any more: publish it again, or correct url",
            429 => "it was asked too often; the next sync asks again",
            _ => "the next sync asks again",
        };
        return Err(unusable(format!("{host} answers {status}; {remedy}")));
    }
    let kind = response.headers().get(reqwest::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if kind.is_some_and(|kind| kind.starts_with("text/html")) {
        let note = format!("{host} sends a web page, not a file; use the address that ends in output=csv or the like");
        return Err(ConnectorError::UnexpectedPayload { note });
    }
    let expected = response.content_length();
    let disk =
        |error: std::io::Error| ConnectorError::Landing { note: format!("{}: {}", folder.display(), why(&error)) };
    std::fs::create_dir_all(folder).map_err(disk)?;
    let mut file = tempfile::Builder::new().prefix(".fetch-").tempfile_in(folder).map_err(disk)?;
    let mut bytes = 0;
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        bytes += chunk.len() as u64;
        if bytes > max_bytes {
            let note =
                format!("the file of {host} is larger than {} MB; raise max_mb of the connection", max_bytes >> 20);
            return Err(ConnectorError::UnexpectedPayload { note });
        }
        file.write_all(&chunk).map_err(disk)?;
    }
    if expected.is_some_and(|expected| expected != bytes) {
        return Err(unusable(format!("{host} sent {bytes} bytes of {}", expected.unwrap_or_default())));
    }
    file.as_file().sync_all().map_err(disk)?;
    let path = folder.join(name(address));
    if is_same(file.path(), &path) {
        return Ok(());
    }
    file.persist(&path).map_err(|error| disk(error.error))?;
    Ok(())
}

fn is_same(one: &Path, other: &Path) -> bool {
    let sizes = (std::fs::metadata(one).map(|m| m.len()), std::fs::metadata(other).map(|m| m.len()));
    let (Ok(one), Ok(other)) = (File::open(one), File::open(other)) else { return false };
    let (mut one, mut other) = (BufReader::new(one).bytes(), BufReader::new(other).bytes());
    matches!(sizes, (Ok(a), Ok(b)) if a == b)
        && loop {
            match (one.next(), other.next()) {
                (None, None) => break true,
                (Some(Ok(a)), Some(Ok(b))) if a == b => {}
                _ => break false,
            }
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_shows_the_kind_of_the_file() {
        let name = |text: &str| name(&text.parse().expect("an address"));
        assert_eq!(
            name("https://docs.google.com/spreadsheets/d/e/2PACX/pub?gid=0&single=true&output=csv"),
            "published.csv"
        );
        assert_eq!(name("https://docs.google.com/spreadsheets/d/1/export?format=xlsx"), "published.xlsx");
        assert_eq!(name("https://docs.google.com/spreadsheets/d/1/gviz/tq?tqx=out:csv&sheet=Plan"), "published.csv");
        assert_eq!(name("https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip"), "eurofxref-hist.zip");
        assert_eq!(name("https://example.com/"), "published.csv");
    }
}
