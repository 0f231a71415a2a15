//! Looks values up in pages that readers would refuse as a whole for one record: what is landed stays as it
//! came, what is looked through is softened.

use super::scan::{Found, Lookup, scan, scan_stream};
use crate::support::soft_json::soften;
use std::io::{BufWriter, Read, Seek};

type Looked = Result<Vec<Found>, serde_json::Error>;

/// Answers each lookup in order from a body in memory.
pub fn scan_softly(body: &[u8], lookups: &[Lookup]) -> Looked {
    or_softly(scan(body, lookups), || {
        let mut soft = Vec::new();
        soften(body, &mut soft).ok().map(|_| scan(&soft, lookups))
    })
}

/// The same for a body too large to hold.
pub fn scan_stream_softly<R: Read, E>(open: impl Fn() -> Result<R, E>, lookups: &[Lookup]) -> Result<Looked, E> {
    Ok(or_softly(scan_stream(open()?, lookups), || {
        let mut soft = tempfile::tempfile().ok()?;
        soften(open().ok()?, BufWriter::new(&soft)).ok()?;
        soft.rewind().ok()?;
        Some(scan_stream(soft, lookups))
    }))
}

/// The first error says where in the vendor's own text it lies; the second, whether the text is cut as well.
fn or_softly(first: Looked, again: impl FnOnce() -> Option<Looked>) -> Looked {
    let Err(error) = first else { return first };
    match error.is_syntax().then(again).flatten() {
        Some(Ok(found)) => Ok(found),
        Some(Err(second)) if second.is_eof() => Err(second),
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::scan::Want;
    use super::*;

    #[test]
    fn a_word_that_is_no_json_hides_neither_the_records_nor_that_the_page_is_cut() {
        let lookups = [Lookup::new("/data", Want::Records { id_field: None })];
        let records = |body: &str| {
            let held = scan_softly(body.as_bytes(), &lookups);
            let streamed = scan_stream_softly(|| Ok::<_, ()>(body.as_bytes()), &lookups).expect("opened");
            assert_eq!(held.as_ref().ok(), streamed.as_ref().ok());
            held.map(|found| found[0].records)
        };
        assert_eq!(records("\u{feff}{\"data\":[{\"a\":NaN},{\"a\":1,},{\"a\":\"x\u{1}\"}]}").expect("read"), 3);
        assert!(records("{\"data\":[{\"a\":NaN},{\"a\":1").expect_err("cut").is_eof());
        assert!(records("{\"data\":[1}").expect_err("no JSON").is_syntax());
    }
}
