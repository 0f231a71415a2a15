//! What the first bytes of a file show, whatever its name says: a sign-in page, a PDF, a workbook
//! under a wrong ending. Pure.

use super::{Refusal, Shape};

/// What a file is by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As far as the first bytes show.
    Text,
    Empty,
    /// .xlsx, .xlsb, .ods or any archive.
    Zip,
    /// .xls, or a workbook with a password.
    Compound,
    Html,
    XmlSheet,
    ErrorAnswer,
    Parquet,
    Packed(&'static str),
    Other(&'static str),
}

/// The kind of a file that begins with `head`.
pub fn kind(head: &[u8]) -> Kind {
    const MAGIC: [(&[u8], Kind); 24] = [
        (b"PK\x03\x04", Kind::Zip),
        (b"PK\x05\x06", Kind::Zip),
        (b"\xd0\xcf\x11\xe0", Kind::Compound),
        (b"PAR1", Kind::Parquet),
        (b"\x1f\x8b", Kind::Packed(".gz")),
        (b"\x28\xb5\x2f\xfd", Kind::Packed(".zst")),
        (b"BZh", Kind::Packed(".bz2")),
        (b"\xfd7zXZ\0", Kind::Packed(".xz")),
        (b"7z\xbc\xaf\x27\x1c", Kind::Packed(".7z")),
        (b"Rar!\x1a", Kind::Packed(".rar")),
        (b"%PDF", Kind::Other("a PDF")),
        (b"\x89PNG", Kind::Other("an image (PNG)")),
        (b"\xff\xd8\xff", Kind::Other("an image (JPEG)")),
        (b"GIF8", Kind::Other("an image (GIF)")),
        (b"RIFF", Kind::Other("an image or a recording (RIFF)")),
        (b"Obj\x01", Kind::Other("an Avro file")),
        (b"ORC", Kind::Other("an ORC file")),
        (b"ARROW1", Kind::Other("an Arrow file")),
        (b"SQLite format 3", Kind::Other("a SQLite database")),
        (b"{\\rtf", Kind::Other("an RTF text")),
        (b"\x7fELF", Kind::Other("a program")),
        (b"MZ\x90", Kind::Other("a program")),
        (b"%!PS", Kind::Other("a PostScript file")),
        (b"bplist", Kind::Other("a property list")),
    ];
    // Words that a text may begin with as well are believed only where something binary follows.
    let is_word = |magic: &[u8]| matches!(magic, b"ORC" | b"BZh" | b"RIFF" | b"GIF8");
    let found = MAGIC
        .iter()
        .find(|(magic, _)| head.starts_with(magic) && (!is_word(magic) || head.iter().take(512).any(|byte| *byte < 9)));
    if let Some((_, kind)) = found {
        return *kind;
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if text.is_empty() {
        return Kind::Empty;
    }
    let start: Vec<u8> = text.iter().take(400).map(u8::to_ascii_lowercase).collect();
    let begins = |with: &str| start.starts_with(with.as_bytes());
    let holds = |with: &str| memchr::memmem::find(&start, with.as_bytes()).is_some();
    if ["<!doctype html", "<html", "<head", "<body", "<table", "<div", "<script", "<meta"].iter().any(|tag| begins(tag))
    {
        return Kind::Html;
    }
    if begins("<?xml") || begins("<!--") {
        return if holds("<html") || holds("xhtml") {
            Kind::Html
        } else if holds("<workbook") || holds("office:spreadsheet") {
            Kind::XmlSheet
        } else {
            Kind::Other("XML")
        };
    }
    if begins("{") {
        let compact: Vec<u8> = start.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        if ["{\"error\":", "{\"errors\":", "{\"error_description\":", "{\"fault\":"]
            .iter()
            .any(|key| compact.starts_with(key.as_bytes()))
        {
            return Kind::ErrorAnswer;
        }
    }
    Kind::Text
}

/// Refuses what cannot be of this shape, and says what it is instead.
pub fn check(head: &[u8], shape: Shape, name: &str) -> Result<(), Refusal> {
    let again = "export the table again as .csv or .xlsx and drop that";
    let refuse = |message: &str, remedy: &str| Err(Refusal::new(None, message, remedy));
    match (kind(head), shape) {
        (Kind::Text, Shape::Delimited | Shape::Ndjson)
        | (Kind::Zip | Kind::Compound, Shape::Workbook)
        | (Kind::Parquet, Shape::Parquet)
        | (Kind::Zip, Shape::Zip) => Ok(()),
        (Kind::Empty, _) => refuse("the file is empty", "drop it again with a header and rows, or remove it"),
        (Kind::Html, Shape::Workbook) => refuse(
            "this is a web page with a table, not a workbook, although its name says so",
            "open it in Excel or LibreOffice, save it as .xlsx and drop that",
        ),
        (Kind::Html, _) => refuse(
            "this is a web page (a sign-in or error page?), not a table",
            "download the file again while signed in, and look into it before you drop it",
        ),
        (Kind::XmlSheet, _) => refuse(
            "this is a spreadsheet of Excel 2003 in XML, which is not read",
            "open it in Excel or LibreOffice, save it as .xlsx and drop that",
        ),
        (Kind::ErrorAnswer, _) => refuse(
            &format!("this is the error answer of a service, not a table: {}", beginning(head)),
            "export the file again",
        ),
        (Kind::Zip, _) => match workbook_ending(head) {
            Some(ending) => {
                refuse("this is a workbook, although its name says otherwise", &format!("give it the ending {ending}"))
            }
            None => refuse("this is a zip archive, although its name says otherwise", "give it the ending .zip"),
        },
        (Kind::Compound, _) => refuse(
            "this is a workbook of old Excel, or one with a password",
            "give it the ending .xls, or save it as .xlsx",
        ),
        (Kind::Parquet, _) => refuse("this is a Parquet file", "give it the ending .parquet"),
        (Kind::Packed(ending), _) => refuse(
            &format!("the file is packed ({ending}), although its name says otherwise"),
            if matches!(ending, ".gz" | ".zst") {
                "give it that ending behind its own"
            } else {
                "unpack it and drop the file inside"
            },
        ),
        (Kind::Other(what), _) => refuse(&format!("this is {what}, not a table"), again),
        (Kind::Text, Shape::Workbook) => refuse(
            "this is text, not a workbook, although its name says so",
            "give it the ending .csv, or save it as .xlsx",
        ),
        (Kind::Text, _) => refuse(&format!("{} is text", super::shown(name)), "give it the ending .csv"),
    }
}

/// The ending that a workbook packed as zip should have; `None` if it is another archive.
pub fn workbook_ending(head: &[u8]) -> Option<&'static str> {
    let holds = |name: &str| memchr::memmem::find(head, name.as_bytes()).is_some();
    if holds("opendocument.spreadsheet") {
        Some(".ods")
    } else if holds("xl/workbook.bin") {
        Some(".xlsb")
    } else if holds("xl/workbook.xml") || (holds("[Content_Types].xml") && !holds("word/") && !holds("ppt/")) {
        Some(".xlsx")
    } else {
        None
    }
}

fn beginning(head: &[u8]) -> String {
    super::shown(String::from_utf8_lossy(head.get(..200).unwrap_or(head)).trim())
}
