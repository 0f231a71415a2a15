//! Shapes of exports that other tools misread, from public reports and from the field cases. The files
//! are made here; the sources are only pointed at.

use super::testing::{at, got, hoping, refused, row, with, workbook, zipped};
use super::{Ask, Shape, members};
use std::io::Write;

fn wide(text: &str, big: bool) -> Vec<u8> {
    text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("written");
    encoder.finish().expect("finished")
}

#[test]
fn google_ads_reports_are_read_as_downloaded() {
    // F01: googleads/aw-reporting#177 and #191, harelba/q#98.
    let text = "\u{feff}Campaign report\nNovember 1, 2026 - November 3, 2026\nDay\tCampaign\tCost\tImpr.\n\
                2026-11-01\tBrand | DE\t\"1,204.50\"\t\"15,230\"\n2026-11-02\tBrand | DE\t98.10\t890\nTotal: Account\t --\t\"1,302.60\"\t--\n";
    let ask = hoping(&["Day", "Campaign", "Cost"]);
    for bytes in [wide(text, false), wide(text, true), text.as_bytes().to_vec()] {
        let got = with(&ask, Shape::Delimited, &bytes).expect("read");
        assert_eq!((got.found.header_line, got.found.delimiter), (3, Some('\t')));
        assert_eq!(got.found.above, ["Campaign report", "November 1, 2026 - November 3, 2026"]);
        assert_eq!(got.rows[0], (4, "2026-11-01|Brand | DE|1,204.50|15,230".to_owned()));
        assert!(got.found.holds_required && got.bad.is_empty());
    }
}

#[test]
fn any_number_of_lines_may_stand_above_the_header() {
    // F02: googleads/googleads-dfa-reporting-samples#12, Clever/csvlint#21.
    let linkedin = "Campaign Performance Report (in UTC)\n\"Report Start: November 1, 2026, 12:00 AM\"\n\"Report End: November 3, 2026, 11:59 PM\"\n\nStart Date (in UTC)\tCampaign Name\tTotal Spent\n11/01/2026\tCISO DE\t310.25\n";
    let got = with(&hoping(&["Campaign Name"]), Shape::Delimited, &wide(&format!("\u{feff}{linkedin}"), false))
        .expect("read");
    assert_eq!((got.found.header_line, got.found.above.len(), got.found.encoding), (5, 3, "UTF-16LE"));
    let cm360 = "Report name,Spend by day\nDate/Time Generated,11/4/26 9:13 AM\nAccount ID,4444\nDate Range,11/1/26 - 11/3/26\nAdvertiser,Equals:Acme (111)\n\nReport Fields\nDate,Campaign,Site,Media Cost\n2026-11-01,Autumn,a,45.10\nGrand Total:,---,---,96.30\n";
    let got = with(&hoping(&["Campaign", "Media Cost"]), Shape::Delimited, cm360.as_bytes()).expect("read");
    assert_eq!((got.found.header_line, got.rows.len()), (8, 2));
    // Without any wanted name the usual width gives the same.
    assert_eq!(super::testing::got(Shape::Delimited, cm360.as_bytes()).found.header_line, 8);
    // Google's template: the zone stands above the header (F25).
    let template =
        "Parameters:TimeZone=Europe/Berlin,,\nGoogle Click ID,Conversion Name,Conversion Time\na,b,2026-11-02\n";
    let got = super::testing::got(Shape::Delimited, template.as_bytes());
    assert_eq!((got.found.header_line, got.found.above), (2, vec!["Parameters:TimeZone=Europe/Berlin".to_owned()]));
}

#[test]
fn text_that_is_not_utf8_is_read_only_on_good_evidence() {
    // F10: duckdb/duckdb#2968 and #10247, BingAds/BingAds-Python-SDK#167.
    let excel = b"order_id;value;campaign\r\nK-1;80,50;Fr\xfchling\r\nK-2;10,00;K\xe4se \x96 \x805\r\n";
    let read = got(Shape::Delimited, excel);
    assert_eq!((read.found.encoding, read.rows[1].1.as_str()), ("windows-1252", "K-2|10,00|Käse – €5"));
    assert!(read.found.notes[0].contains("first in line 2"), "{:?}", read.found.notes);
    let bare = got(Shape::Delimited, &wide("a;b\r\n1;Käse – €5\r\n2;x\r\n", false));
    assert_eq!((bare.found.encoding, bare.rows[0].1.as_str()), ("UTF-16LE", "1|Käse – €5"));
    assert_eq!(got(Shape::Delimited, &wide("a;b\r\n1;Käse\r\n", true)).found.encoding, "UTF-16BE");
    // yakamara/yform#237: the file was Mac Roman, in which ü is another byte.
    let mac = refused(Shape::Delimited, b"a;b\n1;Fr\x9fhling\n2;K\x8ase\n3;\x8apfel\n");
    assert!(mac.contains("line 2: the text is not UTF-8 (byte 0x9F)"), "{mac}");
    let stated = Ask { encoding: Some("macintosh".to_owned()), ..Ask::new("x") };
    assert_eq!(with(&stated, Shape::Delimited, b"a;b\n1;Fr\x9fhling\n").expect("read").rows[0].1, "1|Frühling");
    let mixed = refused(
        Shape::Delimited,
        "a;b\n1;Käse\n2;Grüße\n".bytes().chain(*b"3;K\xe4se\n").collect::<Vec<u8>>().as_slice(),
    );
    assert!(mixed.contains("line 4: the text is not UTF-8 (byte 0xE4), although other parts are"), "{mixed}");
    let stated = Ask { encoding: Some("utf-8".to_owned()), ..Ask::new("x") };
    assert!(with(&stated, Shape::Delimited, excel).expect_err("refused").to_string().contains("line 2"));
    let stated = Ask { encoding: Some("shift_jis".to_owned()), ..Ask::new("x") };
    assert!(
        with(&stated, Shape::Delimited, b"a;b\n1;\xff\n")
            .expect_err("refused")
            .to_string()
            .contains("line 2: the text is not Shift_JIS")
    );
}

#[test]
fn the_hint_of_excel_is_no_header() {
    // PowerShell/PowerShell#7776, rap2hpoutre/fast-excel#327, mholt/PapaParse#951.
    let read = got(Shape::Delimited, b"sep=;\r\nOne;Two, too\r\n1,5;2\r\n");
    assert_eq!((read.found.columns, read.found.header_line), (vec!["One".to_owned(), "Two, too".to_owned()], 2));
    assert_eq!(read.rows, [(3, "1,5|2".to_owned())]);
}

#[test]
fn commas_in_days_and_amounts_are_no_delimiters() {
    // mechatroner/vscode_rainbow_csv#134, mholt/PapaParse#290 and #153, python/cpython#119123.
    let days =
        "Day;Id;Sum;Name\nApril 15, 2026;402;25.00;Ray\nApril 14, 2026;444;16.00;Scott;\nApril 9, 2026;638;4.00;Rosa\n";
    assert_eq!(got(Shape::Delimited, days.as_bytes()).found.delimiter, Some(';'));
    let sums = "day;kind;sum\n08/01/2016;A;-21.419,06\n12/01/2016;A;-21.375,00\n15/01/2016;A;-116\n04/01/2016;A;-249\n";
    assert_eq!(got(Shape::Delimited, sums.as_bytes()).found.delimiter, Some(';'));
    let lists = "id;a;b;cost;group\n1;True;;62.25;['345']\n4;True;;46.50;['112', '112']\n5;;;1.00;['1', '2']\n";
    let read = got(Shape::Delimited, lists.as_bytes());
    assert_eq!((read.found.delimiter, read.rows[1].1.as_str()), (Some(';'), "4|True|-|46.50|['112', '112']"));
}

#[test]
fn marks_and_headers_inside_joined_files_vanish() {
    // plaintextaccounting/hledger#2189, bennettoxford/openprescribing#251.
    let read = got(
        Shape::Delimited,
        "\u{feff}\"day\",v\n\"2026-11-01\",1\n\u{feff}\"day\",v\n\u{feff}\"2026-11-02, x\",2\n".as_bytes(),
    );
    assert_eq!(read.rows, [(2, "2026-11-01|1".to_owned()), (4, "2026-11-02, x|2".to_owned())]);
    assert_eq!(read.found.notes, ["the header is repeated further down and skipped there (line 3)"]);
}

#[test]
fn a_mark_before_quoted_lines_above_the_header_does_no_harm() {
    // nicolettas-muggelbude/RechnungsFee#398, quentinsf/icsv2ledger#9, buckets/application#300.
    let text = "\u{feff}\"DKB-Business\";\"DE12\"\n \n\"Kontostand vom 1.11.2026\";\"10,00 €\"\n\"\"\n\"Buchungsdatum\";\"Status\";\"Betrag (€)\"\n\"02.11.26\";\"Gebucht\";\"-1,50\"\n";
    let read = with(&hoping(&["Buchungsdatum", "Betrag (€)"]), Shape::Delimited, text.as_bytes()).expect("read");
    assert_eq!((read.found.header_line, read.found.columns[0].as_str()), (5, "Buchungsdatum"));
    assert_eq!(read.rows, [(6, "02.11.26|Gebucht|-1,50".to_owned())]);
    assert_eq!(read.found.above[0], "DKB-Business;DE12");
}

#[test]
fn the_name_of_an_encoding_in_the_first_line_is_no_header() {
    // mechatroner/vscode_rainbow_csv#13.
    let read = got(Shape::Delimited, b"UTF-8\nheader1,header2,header3\n1,2,3\n");
    assert_eq!((read.found.header_line, read.found.above), (2, vec!["UTF-8".to_owned()]));
}

#[test]
fn comments_around_tables_of_analytics_are_no_rows() {
    // browserslist/browserslist-ga-export#26 (a GA4 export whose total lengthens a row), ngscopeclient/scopehal#408.
    let text = "# ----------------------------------------\n# Explorations\n# 20261101-20261103\n# ----------------------------------------\n\nBrowser,Version,Active users\n,,1200,Grand total\nChrome,142,1000\nSafari,26,200\n# ----------------------------------------\n";
    let read = with(&hoping(&["Browser", "Active users"]), Shape::Delimited, text.as_bytes()).expect("read");
    assert_eq!((read.found.header_line, read.found.above.len()), (6, 4));
    assert_eq!(read.rows, [(8, "Chrome|142|1000".to_owned()), (9, "Safari|26|200".to_owned())]);
    assert_eq!(read.bad, [(7, "the row has 4 values for 3 columns".to_owned())]);
    assert_eq!(read.found.notes, ["lines that begin with # are skipped (line 10)"]);
}

#[test]
fn a_nameless_last_column_counts_only_when_it_holds_something() {
    // mldbai/mldb#365, elastic/kibana#8074, votingworks/arlo#525; F26.
    assert_eq!(got(Shape::Delimited, b"Date,USD,\n2026-11-03,1.1490,\n").found.columns, ["Date", "USD"]);
    let held = got(Shape::Delimited, b"Date,,USD,,\n2026-11-03,x,1.1,y,\n");
    assert_eq!(held.found.columns, ["Date", "(column 2)", "USD", "(column 4)"]);
}

#[test]
fn what_was_cut_on_its_way_gives_no_row() {
    // tidyverse/vroom#553, pingcap/tidb#68065, brimdata/zui#2606.
    let text: String = (0..20_000).map(|n| format!("{n},{}\n", n * 7919 % 10_007)).collect();
    let text = format!("a,b\n{text}");
    let packed = gzipped(text.as_bytes());
    let ask = Ask::new("x.csv.gz");
    assert_eq!(with(&ask, Shape::Delimited, &packed).expect("read").rows.len(), 20_000);
    let cut = with(&ask, Shape::Delimited, &packed[..packed.len() - 5]).expect_err("refused").to_string();
    assert_eq!(
        cut,
        "x.csv.gz: the packed file ends too early: it seems cut; drop it again once it is complete, or drop it unpacked"
    );
    let packed = zstd::encode_all(text.as_bytes(), 1).expect("packed");
    assert!(with(&ask, Shape::Delimited, &packed[..packed.len() - 9]).expect_err("refused").message.contains("cut"));
    let plain = with(&ask, Shape::Delimited, b"a,b\n1,2\n").expect_err("refused");
    assert_eq!(plain.message, "the file is not packed, although its name says so");
    let bomb = Ask { max_bytes: 1 << 20, ..ask };
    let bomb = with(&bomb, Shape::Delimited, &gzipped(&vec![b'a'; 8 << 20])).expect_err("refused");
    assert_eq!(bomb.message, "the file unpacks to more than 1 MB");
}

#[test]
fn pages_answers_and_binaries_are_called_what_they_are() {
    // F21: greenpeace/planet4-plugin-gutenberg-blocks#438, jennybc/googlesheets#126; python-excel/xlrd#350,
    // tidyverse/readxl#480 (HTML under .xls).
    let page = b"<!DOCTYPE html><html><body>Sign in</body></html>";
    assert!(refused(Shape::Delimited, page).contains("this is a web page (a sign-in or error page?)"));
    assert!(
        refused(Shape::Workbook, b"\n<html xmlns:o=\"urn:schemas-microsoft-com:office:office\"><table>")
            .contains("not a workbook")
    );
    assert!(refused(Shape::Workbook, b"a,b\n1,2\n").contains("this is text, not a workbook"));
    assert!(refused(Shape::Delimited, b"{\"error\":{\"code\":401}}\n").contains("error answer of a service"));
    assert!(refused(Shape::Delimited, b"%PDF-1.7 ...").contains("this is a PDF"));
    assert!(refused(Shape::Delimited, b"\x89PNG\r\n\x1a\n").contains("an image"));
    assert!(refused(Shape::Delimited, &workbook(&[("a", "visible", "")])).contains("give it the ending .xlsx"));
    assert!(
        refused(Shape::Delimited, b"a,b\n1,2\n\0\0\0\0\0\0\0\0\0")
            .contains("x, line 3: the text is full of zero bytes")
    );
    assert!(refused(Shape::Delimited, b" \r\n\n").contains("the file is empty"));
}

#[test]
fn the_only_data_file_of_a_zip_is_read() {
    // lavr/python-emails#24, MapStory/mapstory#1174: what Macs add to archives.
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    let plan: &[u8] = b"a,b\n1,2\n";
    file.write_all(&zipped(&[("__MACOSX/._plan.csv", b"\0\x05"), (".DS_Store", b"x"), ("../in/plan.csv", plan)]))
        .expect("written");
    let read = at(&Ask::new("plan.zip"), Shape::Zip, file.path()).expect("read");
    assert_eq!((read.found.name.as_str(), read.rows.len()), ("plan.zip: ../in/plan.csv", 1));
    let mut two = tempfile::NamedTempFile::new().expect("a file");
    two.write_all(&zipped(&[("a.csv", plan), ("b.csv", plan), ("c.zip", b"x")])).expect("written");
    let names: Vec<String> = members(two.path()).expect("listed").into_iter().map(|member| member.name).collect();
    assert_eq!(names, ["a.csv", "b.csv"]);
    let told = at(&Ask::new("two.zip"), Shape::Zip, two.path()).expect_err("refused").to_string();
    assert!(told.contains("two.zip: the archive holds 2 data files: \"a.csv\", \"b.csv\""), "{told}");
    let ask = Ask { member: Some("b.csv".to_owned()), ..Ask::new("two.zip") };
    assert_eq!(at(&ask, Shape::Zip, two.path()).expect("read").rows.len(), 1);
    let cut = refused(Shape::Zip, &zipped(&[("a.csv", plan)])[..40]);
    assert!(cut.contains("cut or damaged"), "{cut}");
    assert!(refused(Shape::Zip, &zipped(&[("a.zip", b"PK")])).contains("an archive in the archive"));
    assert!(refused(Shape::Zip, &zipped(&[("plan.csv", page())])).contains("x: plan.csv: this is a web page"));
}

fn page() -> &'static [u8] {
    b"<html><body>503</body></html>"
}

#[test]
fn a_sheet_is_chosen_only_where_one_can_be_meant() {
    // tidyverse/readxl#513, awalker89/openxlsx#434, SheetJS/sheetjs#123: hidden sheets come first.
    let table = row(1, &["day", "cost"]) + &row(2, &["2026-11-01", "=5"]);
    let book = workbook(&[("Lists", "veryHidden", &table), ("Empty", "visible", ""), ("Plan", "visible", &table)]);
    assert_eq!(got(Shape::Workbook, &book).found.sheet.as_deref(), Some("Plan"));
    let book = workbook(&[("Nov", "visible", &table), ("Dec", "visible", &table)]);
    let told = refused(Shape::Workbook, &book);
    assert!(
        told.contains("several sheets with data: \"Nov\", \"Dec\"; name one, for instance sheet = \"Nov\""),
        "{told}"
    );
    let ask = Ask { sheet: Some("dec ".to_owned()), range: Some("B1:B2".to_owned()), ..Ask::new("x") };
    let read = with(&ask, Shape::Workbook, &book).expect("read");
    assert_eq!((read.found.columns, read.rows), (vec!["cost".to_owned()], vec![(2, "5".to_owned())]));
    let none =
        with(&Ask { sheet: Some("Jan".to_owned()), ..Ask::new("x") }, Shape::Workbook, &book).expect_err("refused");
    assert!(none.to_string().contains("no sheet \"Jan\"; it has \"Nov\", \"Dec\""), "{none}");
}

#[test]
fn cells_of_a_workbook_become_the_texts_a_person_would_write() {
    // leftshifters/excel-parser#44, SpartnerNL/Laravel-Excel#1126: long numbers and `.0`.
    let rows = row(1, &["Campaign report"])
        + &row(3, &["order", "day", "at", "cost", "ok"])
        + &row(4, &["=202611000123", "@1=46328", "@2=46328.75", "=80.5", ""])
        + &row(5, &["=159001810629457000", "", "", "=1E-2"])
        + "<row r=\"7\"><c r=\"A7\" t=\"e\"><v>#N/A</v></c><c r=\"B7\" t=\"b\"><v>1</v></c></row>";
    let book = workbook(&[("Sheet1", "visible", &rows)]);
    let read = got(Shape::Workbook, &book);
    assert_eq!((read.found.header_line, read.found.above.as_slice()), (3, ["Campaign report".to_owned()].as_slice()));
    assert_eq!(read.rows[0], (4, "202611000123|2026-11-02|2026-11-02T18:00:00|80.5|-".to_owned()));
    assert_eq!(read.rows[1], (5, "1.59001810629457E17|-|-|0.01|-".to_owned()));
    assert_eq!(read.rows[2], (7, "#N/A|true|-|-|-".to_owned()));
    assert!(read.found.notes[0].contains("row 5 holds the number 159001810629457000"), "{:?}", read.found.notes);
}

#[test]
fn a_cell_in_the_last_corner_takes_no_memory() {
    // ToucanToco/fastexcel#487, dimastbk/python-calamine#130, tafia/calamine#428.
    let corner = "<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>";
    let rows = row(1, &["day", "cost"]) + &row(2, &["2026-11-01", "=5"]) + corner;
    let read = got(Shape::Workbook, &workbook(&[("a", "visible", &rows)]));
    assert_eq!(read.rows.len(), 1);
    assert_eq!(read.bad, [(1_048_576, "column XFD holds a value, far beyond the table".to_owned())]);
}

#[test]
fn a_workbook_that_swells_is_refused() {
    // bobmatnyc/trusty-tools#4894, MinamiyamaKotaro/xlsxparser#88.
    let rows = row(1, &["day"]) + &" ".repeat(4 << 20);
    let ask = Ask { max_bytes: 1 << 20, ..Ask::new("x") };
    let told = with(&ask, Shape::Workbook, &workbook(&[("a", "visible", &rows)])).expect_err("refused");
    assert_eq!(told.message, "the file unpacks to more than 1 MB");
    // The same by rows that are declared as repeated.
    let text = "x".repeat(1000);
    let content = format!(
        "<a><table:table table:name=\"P\"><table:table-row table:number-rows-repeated=\"1000000\"><table:table-cell table:number-columns-repeated=\"400\" office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell></table:table-row></table:table></a>"
    );
    let told = with(&ask, Shape::Workbook, &zipped(&[("content.xml", content.as_bytes())])).expect_err("refused");
    assert_eq!(told.message, "the file unpacks to more than 1 MB");
}

#[test]
fn sheets_of_opendocument_keep_digits_and_repeat_nothing_empty() {
    // nuovo/spreadsheet-reader#148: the value, not how it looks.
    let content = "<office:document-content xmlns:office=\"o\" xmlns:table=\"t\" xmlns:text=\"x\"><office:automatic-styles><style:style style:name=\"ta1\"><style:table-properties table:display=\"false\"/></style:style></office:automatic-styles><office:spreadsheet>\
        <table:table table:name=\"Lists\" table:style-name=\"ta1\"><table:table-row><table:table-cell office:value-type=\"string\"><text:p>x</text:p></table:table-cell></table:table-row></table:table>\
        <table:table table:name=\"Plan\"><table:table-row><table:table-cell office:value-type=\"string\"><text:p>order</text:p></table:table-cell><table:table-cell office:value-type=\"string\"><text:p>A &amp; B</text:p></table:table-cell></table:table-row>\
        <table:table-row table:number-rows-repeated=\"2\"/><table:table-row><table:table-cell office:value-type=\"float\" office:value=\"612205820123\"><text:p>6.12E+11</text:p></table:table-cell><table:table-cell office:value-type=\"date\" office:date-value=\"2026-11-02\"><text:p>02.11.26</text:p></table:table-cell></table:table-row>\
        <table:table-row table:number-rows-repeated=\"1048570\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row></table:table></office:spreadsheet></office:document-content>";
    let book =
        zipped(&[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", content.as_bytes())]);
    let read = got(Shape::Workbook, &book);
    assert_eq!(
        (read.found.sheet.as_deref(), read.found.columns.as_slice()),
        (Some("Plan"), ["order".to_owned(), "A & B".to_owned()].as_slice())
    );
    assert_eq!(read.rows, [(4, "612205820123|2026-11-02".to_owned())]);
}

#[test]
fn old_workbooks_are_measured_before_they_are_read() {
    // plan.xls was made with xlwt: a title, a header in row 3, fifty rows, a hidden sheet.
    let sound = include_bytes!("testdata/plan.xls");
    let read = got(Shape::Workbook, sound);
    assert_eq!((read.found.header_line, read.found.sheet.as_deref(), read.rows.len()), (3, Some("Plan"), 50));
    assert_eq!(read.rows[0], (4, "202611000123|2026-11-02|80.5|Käse".to_owned()));
    // tafia/calamine#428: a sheet may reach over more cells than fit anywhere. A number in the last corner:
    let number = sound.windows(4).position(|bytes| bytes == [0x03, 0x02, 0x0e, 0x00]).expect("a number");
    let mut corner = sound.to_vec();
    corner[number + 4..number + 8].copy_from_slice(&[0xff, 0xff, 0xff, 0x00]);
    assert!(refused(Shape::Workbook, &corner).contains("reaches over 65536 rows and 256 columns"));
    assert!(refused(Shape::Delimited, sound).contains("a workbook of old Excel"));
}

#[test]
fn a_workbook_with_a_password_is_refused_in_a_sentence() {
    let mut file = cfb::CompoundFile::create(std::io::Cursor::new(Vec::new())).expect("made");
    file.create_stream("/EncryptedPackage").expect("made").write_all(b"secret").expect("written");
    let bytes = file.into_inner().into_inner();
    assert!(refused(Shape::Workbook, &bytes).contains("x: the workbook needs a password"));
}
