//! Landed pages as an SQL table: a page is unpacked by whichever thread is free and handed on whole.
//! DuckDB's own JSON reader looks for the ends of objects, parses, and so does the query again; here
//! a page is parsed once, by the query.

use duckdb::core::{DataChunkHandle, Inserter, LogicalTypeHandle, LogicalTypeId};
use duckdb::vtab::{BindInfo, InitInfo, TableFunctionInfo, VTab};
use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A batch of rows ends when its pages have this many bytes, or at [`MOST_PAGES`].
const BATCH_BYTES: usize = 1 << 20;
/// A vector of DuckDB holds so many rows.
const MOST_PAGES: usize = 2048;

/// `landed_pages(list VARCHAR) -> (page_no VARCHAR, body JSON)`, where `list` is a JSON array of
/// `ListedPage`. Rows come in any order. A page that is missing, damaged, larger than the list allows
/// or not UTF-8 fails the query; whether its JSON is sound shows when the query reads it. The number is
/// a text because the crate writes whole numbers into a vector only by unsafe code.
#[derive(Debug)]
pub struct LandedPages;

/// A page to be read: its number, its file (zstd if it ends in `.zst`), and the bytes it may have.
pub type ListedPage<'a> = (u32, &'a str, u64);

/// The list, as read.
#[derive(Debug)]
pub struct List(Vec<(u32, String, u64)>);

/// The next page to be taken.
#[derive(Debug, Default)]
pub struct Next(AtomicUsize);

impl VTab for LandedPages {
    type BindData = List;
    type InitData = Next;

    fn bind(bind: &BindInfo) -> Result<List, Box<dyn Error>> {
        let mut json = LogicalTypeHandle::from(LogicalTypeId::Varchar);
        // What DuckDB calls JSON is a text by this name; a cast would parse it.
        json.set_alias("JSON");
        bind.add_result_column("page_no", LogicalTypeHandle::from(LogicalTypeId::Varchar));
        bind.add_result_column("body", json);
        Ok(List(serde_json::from_str(&bind.get_parameter(0).to_string())?))
    }

    fn init(init: &InitInfo) -> Result<Next, Box<dyn Error>> {
        init.set_max_threads(std::thread::available_parallelism().map_or(1, |count| count.get() as u64));
        Ok(Next::default())
    }

    fn func(call: &TableFunctionInfo<Self>, output: &mut DataChunkHandle) -> Result<(), Box<dyn Error>> {
        let (pages, next) = (&call.get_bind_data().0, &call.get_init_data().0);
        let (numbers, bodies) = (output.flat_vector(0), output.flat_vector(1));
        let (mut rows, mut bytes) = (0, 0);
        let mut body = Vec::new();
        while rows < MOST_PAGES && bytes < BATCH_BYTES {
            let Some((number, file, most)) = pages.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            read(Path::new(file), *most, &mut body).map_err(|error| format!("the landed page {file}: {error}"))?;
            // Some vendors begin with a byte order mark, which is no JSON.
            let text = std::str::from_utf8(&body).map_err(|_| format!("the landed page {file} is not UTF-8"))?;
            numbers.insert(rows, number.to_string().as_str());
            bodies.insert(rows, text.trim_start_matches('\u{feff}'));
            rows += 1;
            bytes += body.len();
        }
        output.set_len(rows);
        Ok(())
    }

    fn parameters() -> Option<Vec<LogicalTypeHandle>> {
        Some(vec![LogicalTypeHandle::from(LogicalTypeId::Varchar)])
    }
}

/// Reads a page into `body`; one byte more than `most` is an error.
fn read(path: &Path, most: u64, body: &mut Vec<u8>) -> std::io::Result<()> {
    body.clear();
    let file = File::open(path)?;
    let read = if path.extension().is_some_and(|ending| ending == "zst") {
        zstd::Decoder::new(file)?.take(most + 1).read_to_end(body)?
    } else {
        file.take(most + 1).read_to_end(body)?
    };
    if read as u64 > most {
        return Err(std::io::Error::other(format!("it unpacks to more than the {most} bytes that were landed")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::{Context, Warehouse};

    /// What `sql` yields of a page that is landed with `bytes`.
    fn asked(sql: &str, name: &str, bytes: &[u8], most: u64) -> Result<String, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("a page");
        let list = serde_json::to_string(&[(7, path.to_str().expect("UTF-8"), most)]).expect("a list");
        let sql = sql.replace("PAGES", &format!("landed_pages('{list}')"));
        let answer = Warehouse::in_memory().expect("a warehouse").read_blocking(|reader| {
            reader.query_row(&sql, [], |row| row.get::<_, String>(0)).context(|| "asking".to_owned())
        });
        answer.map_err(|error| error.to_string())
    }

    #[test]
    fn a_page_is_json_whether_it_is_packed_or_begins_with_a_byte_order_mark() {
        let body = "\u{feff}{\"rows\":[{\"name\":\"Zoë\"}]}".as_bytes();
        let packed = zstd::encode_all(body, 1).expect("packed");
        let sql = "SELECT page_no || typeof(body) || (body->>'$.rows[0].name') || json_array(body) FROM PAGES";
        for (name, bytes) in [("page-00007.json.zst", packed.as_slice()), ("page-00007.json", body)] {
            let said = asked(sql, name, bytes, body.len() as u64);
            assert_eq!(
                said.as_deref(),
                Ok(r#"7JSONZoë[{"rows":[{"name":"Zoë"}]}]"#),
                "no second parse made a text of it"
            );
        }
    }

    #[test]
    fn a_page_that_is_not_as_it_was_landed_fails_the_query() {
        let sql = "SELECT max(length(body))::VARCHAR FROM PAGES";
        let bomb = zstd::encode_all(std::io::repeat(b' ').take(1 << 30), 1).expect("packed");
        let said = asked(sql, "a.json.zst", &bomb, 1000).expect_err("too large");
        assert!(said.contains("more than the 1000 bytes"), "{said}");
        assert!(asked(sql, "b.json.zst", b"no frame", 1000).is_err());
        assert!(asked(sql, "c.json", b"\"\xff\"", 1000).is_err_and(|said| said.contains("not UTF-8")));
    }
}
