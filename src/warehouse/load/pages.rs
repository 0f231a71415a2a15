//! The relation `page` that the streams' queries read.

use super::{LoadRequest, Pages};
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::functions::ListedPage;
use crate::warehouse::sql::{literal, path_literal, utf8};
use duckdb::Transaction;
use std::path::{Path, PathBuf};

/// Pages of several slices are numbered through: the slice's place times this, plus the page's own number.
pub const PAGES_OF_SLICE: u32 = 1_000_000;

/// DuckDB holds twice the largest JSON object a thread may meet, so the allowance follows the pages:
/// at least this, and for arrays, whose elements are parsed one by one, at most [`LARGEST_ELEMENT`].
const SMALLEST_ALLOWANCE: u64 = 4 << 20;
const LARGEST_ELEMENT: u64 = 32 << 20;

/// Larger pages are not held whole by each thread.
const LARGEST_WHOLE_PAGE: u64 = 8 << 20;

/// Creates the relation `page(page_no, body, part, parent)` of one slice, or of several whose pages are JSON: then
/// `page_no` also identifies the slice, see [`PAGES_OF_SLICE`].
pub fn create_pages(transaction: &Transaction<'_>, requests: &[LoadRequest]) -> Result<(), WarehouseError> {
    let mut pages: Vec<Vec<(u32, &Path)>> = Vec::new();
    let mut labels = Vec::new();
    let (mut is_any_array, mut largest) = (false, 0);
    for (request, first_no) in requests.iter().zip((0..).step_by(PAGES_OF_SLICE as usize)) {
        let Pages { is_array, largest_page, .. } = &request.pages;
        pages.push(request.pages.numbered().map(|(page_no, file)| (first_no + page_no, file)).collect());
        labels.extend(request.pages.labels.iter().map(|(page_no, label)| (first_no + page_no, label)));
        is_any_array |= *is_array;
        largest = largest.max(*largest_page);
    }
    let pages = pages.concat();
    let rows = if pages.is_empty() {
        "SELECT NULL::INTEGER AS page_no, NULL::JSON AS body WHERE false".to_owned()
    } else if is_any_array || largest > LARGEST_WHOLE_PAGE {
        read_json(&pages, is_any_array, largest)?
    } else {
        landed(&pages, largest)?
    };
    transaction
        .execute_batch(&format!("CREATE OR REPLACE TEMP VIEW page AS {}", labelled(&rows, &labels)))
        .context(|| "opening the landed pages".to_owned())
}

/// `rows` with what each page is of.
fn labelled(rows: &str, labels: &[(u32, &(String, String))]) -> String {
    if labels.is_empty() {
        return format!("SELECT *, {NO_LABEL} FROM ({rows})");
    }
    let values: Vec<String> = labels
        .iter()
        .map(|(page_no, (part, parent))| format!("({page_no}, {}, {})", literal(part), literal(parent)))
        .collect();
    format!(
        "SELECT r.*, coalesce(l.part, '') AS part, coalesce(l.parent, '') AS parent FROM ({rows}) AS r
         LEFT JOIN (VALUES {}) AS l(page_no, part, parent) ON l.page_no = r.page_no",
        values.join(", ")
    )
}

/// The labels of a page that has none, as columns.
pub const NO_LABEL: &str = "'' AS part, '' AS parent";

/// The last page of a slice's own request alone, as a relation like `page`; `None` where it has one page only, or
/// arrays. An answer that is no page ends the paging, so it is the last.
pub fn last_page(request: &LoadRequest) -> Result<Option<String>, WarehouseError> {
    let Pages { files, labels, is_array, largest_page, .. } = &request.pages;
    let own: Vec<&PathBuf> = files.iter().filter(|file| !labels.contains_key(&page_no(file))).collect();
    let Some(last) = own.last().filter(|_| own.len() > 1 && !is_array) else { return Ok(None) };
    landed(&[(page_no(last), last.as_path())], *largest_page).map(Some)
}

impl Pages {
    /// The files with their numbers.
    pub fn numbered(&self) -> impl DoubleEndedIterator<Item = (u32, &Path)> {
        self.files.iter().map(|file| (page_no(file), file.as_path()))
    }
}

/// The query of landed pages, each with its number, of at most `largest` bytes.
pub fn landed(pages: &[(u32, &Path)], largest: u64) -> Result<String, WarehouseError> {
    let list: Vec<ListedPage<'_>> =
        pages.iter().map(|(no, file)| Ok((*no, utf8(file)?, largest))).collect::<Result<_, _>>()?;
    let list = serde_json::to_string(&list).map_err(|error| WarehouseError::Invalid(error.to_string()))?;
    Ok(format!("SELECT CAST(page_no AS INTEGER) AS page_no, body FROM landed_pages({})", literal(&list)))
}

/// Pages through DuckDB's own reader, which holds no more of them than it must.
fn read_json(pages: &[(u32, &Path)], is_array: bool, largest_page: u64) -> Result<String, WarehouseError> {
    let files: Vec<String> = pages.iter().map(|(_, file)| path_literal(file)).collect::<Result<_, _>>()?;
    let numbers: Vec<String> = pages.iter().map(|(no, _)| no.to_string()).collect();
    let files = files.join(", ");
    let most = if is_array { LARGEST_ELEMENT } else { u64::MAX };
    let allowance = (largest_page + 1024).clamp(SMALLEST_ALLOWANCE, most);
    // A vendor that normally streams an array may answer with a single object.
    let format = if is_array { "auto" } else { "unstructured" };
    Ok(format!(
        "SELECT CAST([{}][list_position([{files}], filename)] AS INTEGER) AS page_no, json AS body
         FROM read_json_objects([{files}], format = '{format}', filename = true, maximum_object_size = {allowance})",
        numbers.join(", ")
    ))
}

/// The number in `page-00012.json.zst`.
fn page_no(file: &Path) -> u32 {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    stem.rsplit(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse().ok()).unwrap_or_default()
}
