//! What the tests of this module share: a sink that keeps everything, and files made on the spot.

use super::{Ask, Found, Refusal, Shape, Sink, read};
use std::io::Write;
use std::path::Path;

/// All that a file gave: rows as `a|b|-` with `-` for none.
#[derive(Debug, Default)]
pub struct Kept {
    pub found: Found,
    pub rows: Vec<(u64, String)>,
    pub bad: Vec<(u64, String)>,
}

impl Sink for Kept {
    fn header(&mut self, found: &Found) -> Result<(), Refusal> {
        self.found = found.clone();
        Ok(())
    }
    fn row(&mut self, line: u64, values: &[Option<&str>]) -> Result<(), Refusal> {
        assert_eq!(values.len(), self.found.columns.len());
        let values: Vec<&str> = values.iter().map(|value| value.unwrap_or("-")).collect();
        self.rows.push((line, values.join("|")));
        Ok(())
    }
    fn bad(&mut self, line: u64, reason: &str, _raw: &str) -> Result<(), Refusal> {
        self.bad.push((line, reason.to_owned()));
        Ok(())
    }
}

pub fn at(ask: &Ask, shape: Shape, path: &Path) -> Result<Kept, Refusal> {
    let mut kept = Kept::default();
    kept.found = read(path, shape, ask, &mut kept)?;
    Ok(kept)
}

pub fn with(ask: &Ask, shape: Shape, bytes: &[u8]) -> Result<Kept, Refusal> {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(bytes).expect("written");
    at(ask, shape, file.path())
}

pub fn got(shape: Shape, bytes: &[u8]) -> Kept {
    with(&Ask::new("x"), shape, bytes).expect("read")
}

pub fn refused(shape: Shape, bytes: &[u8]) -> String {
    with(&Ask::new("x"), shape, bytes).expect_err("refused").to_string()
}

/// An ask that hopes for these names, all of them required.
pub fn hoping(names: &[&str]) -> Ask {
    let mut ask = Ask::new("x");
    ask.wanted = names.iter().map(|name| vec![(*name).to_owned()]).collect();
    ask.required = names.len();
    ask
}

/// A zip archive of these files.
pub fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).expect("started");
        writer.write_all(bytes).expect("written");
    }
    writer.finish().expect("finished").into_inner()
}

/// A workbook of sheets: name, state, and the XML inside `sheetData`.
pub fn workbook(sheets: &[(&str, &str, &str)]) -> Vec<u8> {
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let rels = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let pack = "http://schemas.openxmlformats.org/package/2006/relationships";
    let mut names = String::new();
    let mut links = format!("<Relationship Id=\"s\" Type=\"{rels}/styles\" Target=\"styles.xml\"/>");
    let mut files: Vec<(String, String)> = Vec::new();
    for (index, (name, state, rows)) in sheets.iter().enumerate() {
        names += &format!("<sheet name=\"{name}\" sheetId=\"{0}\" state=\"{state}\" r:id=\"r{0}\"/>", index + 1);
        links += &format!(
            "<Relationship Id=\"r{0}\" Type=\"{rels}/worksheet\" Target=\"worksheets/sheet{0}.xml\"/>",
            index + 1
        );
        files.push((
            format!("xl/worksheets/sheet{}.xml", index + 1),
            format!("{head}<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>"),
        ));
    }
    let content = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>";
    files.push(("[Content_Types].xml".into(), format!("{head}{content}")));
    files.push(("_rels/.rels".into(), format!("{head}<Relationships xmlns=\"{pack}\"><Relationship Id=\"a\" Type=\"{rels}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>")));
    files.push((
        "xl/_rels/workbook.xml.rels".into(),
        format!("{head}<Relationships xmlns=\"{pack}\">{links}</Relationships>"),
    ));
    files.push((
        "xl/workbook.xml".into(),
        format!("{head}<workbook xmlns=\"{main}\" xmlns:r=\"{rels}\"><sheets>{names}</sheets></workbook>"),
    ));
    let formats = "<cellXfs count=\"3\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"22\"/><xf numFmtId=\"46\"/></cellXfs>";
    files.push(("xl/styles.xml".into(), format!("{head}<styleSheet xmlns=\"{main}\">{formats}</styleSheet>")));
    files.sort_by_key(|(name, _)| name != "[Content_Types].xml");
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    zipped(&files)
}

/// A row of cells: texts as texts, `=1.5` as numbers, `@1=46000` as numbers in a style.
pub fn row(number: u32, cells: &[&str]) -> String {
    let mut xml = format!("<row r=\"{number}\">");
    for (index, cell) in cells.iter().enumerate() {
        let place = format!("{}{number}", char::from(b'A' + u8::try_from(index).expect("few")));
        xml += &match (cell.strip_prefix('='), cell.strip_prefix('@').and_then(|cell| cell.split_once('='))) {
            _ if cell.is_empty() => String::new(),
            (Some(value), _) => format!("<c r=\"{place}\"><v>{value}</v></c>"),
            (_, Some((style, value))) => format!("<c r=\"{place}\" s=\"{style}\"><v>{value}</v></c>"),
            _ => format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{cell}</t></is></c>"),
        };
    }
    xml + "</row>"
}
