//! Sound files of every kind, and ways to spoil them. The same number gives the same bytes.

use std::io::Write;

/// Chance that repeats: splitmix64.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`, which is at least 1.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

/// Small texts that readers trip over.
const HOSTILE: [&[u8]; 37] = [
    b"\"",
    b"\"\"",
    b"\"\"\"",
    b",",
    b";",
    b"\t",
    b"|",
    b"\n",
    b"\r",
    b"\r\n",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xae",
    b"\xe2\x88\x92",
    b"sep=;\n",
    b"sep=\n",
    b"#",
    b"=\"",
    b"'",
    b"1e999999",
    b"-0",
    b"999999999999999999999",
    b"1.000",
    b"1,000",
    b"00/00/0000",
    b"2026-02-30",
    b"9999-12-31T23:59:60+14:00",
    b"Q4 2026",
    b"Total",
    b"N/A",
    b"(",
    b"%",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\\u0000",
    b"\\",
];

/// What most readers refuse at once.
const NOISE: [&[u8]; 7] = [b"\0", b"\xff", b"\xff\xfe", b"\xfe\xff", b"\xc3", b"\x80", b"PK\x03\x04"];

/// Changes some of `bytes`; `other` is another file, to take parts of.
pub fn spoil(bytes: &mut Vec<u8>, other: &[u8], chance: &mut Chance) {
    let changes = if chance.one_in(3) { 13 } else { 7 };
    for _ in 0..=chance.below(4) {
        let at = chance.below(bytes.len() + 1);
        let end = (at + chance.below(200)).min(bytes.len());
        match chance.below(changes) {
            0 => bytes.truncate(at),
            1 => {
                let from = chance.below(other.len() + 1);
                let to = (from + chance.below(400)).min(other.len());
                bytes.splice(at..end, other[from..to].iter().copied());
            }
            2 => {
                let block = bytes[at..end].repeat(1 + chance.below(40));
                bytes.splice(at..at, block);
            }
            3 => drop(bytes.drain(at..end)),
            4 => {
                let run = chance.of(&HOSTILE).repeat(chance.of(&[1, 3, 70, 1000, 70_000]));
                bytes.splice(at..at, run);
            }
            5 => {
                // Other digits: days, amounts, and sizes in headers.
                let digits = bytes[at..end].iter_mut().filter(|byte| byte.is_ascii_digit());
                digits.for_each(|byte| *byte = b'0' + chance.below(10) as u8);
            }
            6 => bytes.splice(at..at, chance.of(&HOSTILE).iter().copied()).for_each(drop),
            7 if at < bytes.len() => bytes[at] ^= 1 << chance.below(8),
            8 if at < bytes.len() => bytes[at] = chance.next() as u8,
            9 => {
                let noise: Vec<u8> = (0..chance.below(60)).map(|_| chance.next() as u8).collect();
                bytes.splice(at..end, noise);
            }
            10 if at + 4 <= bytes.len() => {
                let number = chance.of(&[0u32, 1, 0x7fff_ffff, 0xffff_ffff, 0x0010_0000]);
                bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
            }
            11 => {
                // A letter or mark for another, everywhere.
                let (from, to) = (chance.of(&HOSTILE)[0], chance.of(&HOSTILE)[0]);
                bytes.iter_mut().filter(|byte| **byte == from).for_each(|byte| *byte = to);
            }
            _ => bytes.splice(at..at, chance.of(&NOISE).repeat(chance.of(&[1, 1, 1000]))).for_each(drop),
        }
        bytes.truncate(3 << 20);
    }
}

/// Headers of every preset, and others.
pub const HEADERS: [(&str, &str); 11] = [
    ("offline_conversions", "order_id,date,kind,value,currency"),
    ("offline_conversions", "kind,Conversion ID,amount,Converted at,note"),
    ("budgets", "month,channel,amount,currency"),
    ("budgets", "Month,Channel,Budget"),
    ("budgets", "Channel,2026-01,2026-02,Q2 2026,Total"),
    ("fx", "date,currency,rate"),
    ("fx", "Date,USD,JPY,BGN,CYP,GBP,Total"),
    ("targets", "month,metric,target"),
    ("influencer", "platform,handle,campaign,post,posted_at,followers,likes,fee,currency,metrics_as_of"),
    ("google_ads", "Day,Campaign,Cost,Currency code,Impr.,Clicks"),
    ("budgets", "a,\"b\nc\",(column 3),,a"),
];

/// A value that fits the column, as a rule.
fn value(column: &str, row: usize, chance: &mut Chance) -> String {
    if chance.one_in(40) {
        return String::from_utf8_lossy(chance.of(&HOSTILE)).into_owned();
    }
    let cents = format!("{}.{:02}", chance.below(2000), chance.below(100));
    match column.to_lowercase().as_str() {
        "date" | "day" | "converted at" | "posted_at" | "metrics_as_of" => {
            format!("2026-{:02}-{:02}", 1 + chance.below(12), 1 + chance.below(28))
        }
        "month" => format!("2026-{:02}", 1 + chance.below(12)),
        "currency" => chance.of(&["EUR", "USD", "€", ""]).to_owned(),
        "followers" | "likes" => chance.below(5000).to_string(),
        "order_id" | "conversion id" => format!("INV-{row}"),
        "channel" | "metric" | "kind" | "platform" => chance.of(&["email", "paid_search", "revenue"]).to_owned(),
        "handle" | "campaign" | "post" | "note" => {
            chance.of(&["Frühling", "a \"b\"", "x;y, z", "two\nlines"]).to_owned()
        }
        _ => match chance.below(6) {
            0 => format!("{cents} €"),
            1 => format!("-{cents}"),
            2 => chance.of(&["N/A", "-", ""]).to_owned(),
            _ => cents,
        },
    }
}

/// A table in words that make sense, or nearly.
pub fn table(header: &str, chance: &mut Chance) -> Vec<u8> {
    let sign = chance.of(&[',', ',', ';', '\t', '|']);
    let end = chance.of(&["\n", "\r\n", "\r"]);
    let mut text = if chance.one_in(6) { format!("A title{end}{end}") } else { String::new() };
    text += &header.replace(',', &sign.to_string());
    text += end;
    let rows = if chance.one_in(50) { 3000 } else { chance.below(40) };
    for row in 0..rows {
        let quoted = |value: String| {
            let is_quoted = value.contains([sign, '"', '\n', '\r']);
            if is_quoted { format!("\"{}\"", value.replace('"', "\"\"")) } else { value }
        };
        let values: Vec<String> = header.split(',').map(|column| quoted(value(column, row, chance))).collect();
        text += &values.join(&sign.to_string());
        text += end;
    }
    match chance.below(8) {
        0 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        1 => format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_be_bytes).collect(),
        2 => text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(0x80)).collect(),
        _ => text.into_bytes(),
    }
}

/// Lines of JSON, or a list.
pub fn json(header: &str, chance: &mut Chance) -> Vec<u8> {
    let odd = |chance: &mut Chance| match chance.below(6) {
        0 => format!("{}.{:03}", chance.below(2000), chance.below(1000)),
        1 => "null".to_owned(),
        2 => format!("[{}]", "[".repeat(chance.below(300))),
        3 => format!("{{\"a\":{{\"b\":{}}}}}", chance.next()),
        4 => format!("1e{}", chance.below(1_000_000)),
        _ => "\"\\ud800 x\\u0000\"".to_owned(),
    };
    let mut object = |row: usize| {
        let pairs = header.split(',').map(|column| {
            let plain = serde_json::Value::from(value(column, row, chance)).to_string();
            let written = if chance.one_in(60) { odd(chance) } else { plain };
            format!("{}:{written}", serde_json::Value::from(column))
        });
        format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
    };
    let rows: Vec<String> = (0..20).map(&mut object).collect();
    if chance.one_in(2) { rows.join("\n").into_bytes() } else { format!("[{}]", rows.join(",\n")).into_bytes() }
}

/// An archive of these files.
pub fn zipped(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        // The same name twice is no file that a writer makes.
        if writer.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).is_ok() {
            writer.write_all(bytes).expect("written");
        }
    }
    writer.finish().expect("an archive").into_inner()
}

pub fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("packed");
    encoder.finish().expect("packed")
}

/// The parts of a workbook in Excel's form.
pub fn xlsx(header: &str, chance: &mut Chance) -> Vec<(String, Vec<u8>)> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let pack = "http://schemas.openxmlformats.org/package/2006/relationships";
    let mut rows = String::new();
    for row in 1..=2 + chance.below(20) {
        rows += &format!("<row r=\"{row}\">");
        for (name, letter) in header.split(',').zip('A'..='Z') {
            let plain = if row == 1 { name.to_owned() } else { value(name, row, chance) };
            let text = plain.replace(['&', '<', '"'], "");
            let cell = match chance.below(if row == 1 { 1 } else { 30 }) {
                1 => format!(" s=\"1\"><v>{}</v></c>", 46_000 + chance.below(400)),
                2 => format!(" t=\"s\"><v>{}</v></c>", chance.below(3)),
                3 => " t=\"e\"><v>#N/A</v></c>".to_owned(),
                _ if text.parse::<f64>().is_ok_and(f64::is_finite) => format!("><v>{text}</v></c>"),
                _ => format!(" t=\"inlineStr\"><is><t>{text}</t></is></c>"),
            };
            rows += &format!("<c r=\"{letter}{row}\"{cell}");
        }
        rows += "</row>";
    }
    let part = |name: &str, xml: String| (name.to_owned(), format!("<?xml version=\"1.0\"?>{xml}").into_bytes());
    vec![
        part(
            "[Content_Types].xml",
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>".to_owned(),
        ),
        part(
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{pack}\"><Relationship Id=\"a\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        part(
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{pack}\"><Relationship Id=\"r1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"s\" Type=\"{office}/styles\" Target=\"styles.xml\"/><Relationship Id=\"t\" Type=\"{office}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
            ),
        ),
        part(
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"Plan\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        part(
            "xl/sharedStrings.xml",
            format!(
                "<sst xmlns=\"{main}\" count=\"2\" uniqueCount=\"2\"><si><t>email</t></si><si><t>paid_search</t></si></sst>"
            ),
        ),
        part(
            "xl/styles.xml",
            format!(
                "<styleSheet xmlns=\"{main}\"><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"
            ),
        ),
        part(
            "xl/worksheets/sheet1.xml",
            format!("<worksheet xmlns=\"{main}\"><dimension ref=\"A1:Z9\"/><sheetData>{rows}</sheetData></worksheet>"),
        ),
    ]
}

/// The parts of a workbook in OpenDocument's form.
pub fn ods(header: &str, chance: &mut Chance) -> Vec<(String, Vec<u8>)> {
    let space = "urn:oasis:names:tc:opendocument:xmlns";
    let mut rows = String::new();
    for row in 0..2 + chance.below(12) {
        rows += &format!(
            "<table:table-row table:number-rows-repeated=\"{}\">",
            if chance.one_in(60) { 1_000_000 } else { 1 }
        );
        for name in header.split(',') {
            let plain = if row == 0 { name.to_owned() } else { value(name, row, chance) };
            let text = plain.replace(['&', '<', '"'], "");
            rows += &match chance.below(if row == 0 { 1 } else { 30 }) {
                1 => "<table:table-cell office:value-type=\"date\" office:date-value=\"2026-11-02\"/>".to_owned(),
                2 => format!("<table:table-cell table:number-columns-repeated=\"{}\"/>", chance.of(&[1, 2, 16_000])),
                3 => format!("<table:table-cell office:value-type=\"float\" office:value=\"{}\"/>", chance.below(99)),
                _ => {
                    format!("<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>")
                }
            };
        }
        rows += "</table:table-row>";
    }
    let content = format!(
        "<?xml version=\"1.0\"?><office:document-content xmlns:office=\"{space}:office:1.0\" xmlns:table=\"{space}:table:1.0\" xmlns:text=\"{space}:text:1.0\"><office:body><office:spreadsheet><table:table table:name=\"Plan\">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
    );
    let kind = "application/vnd.oasis.opendocument.spreadsheet";
    vec![("mimetype".to_owned(), kind.as_bytes().to_vec()), ("content.xml".to_owned(), content.into_bytes())]
}
