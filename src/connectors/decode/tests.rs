use super::*;
use serde_json::{Value, json};
use std::io::Write;

/// What a body comes to when it was landed: its pieces, and what was counted.
fn decoded(body: &[u8], form: &Form) -> Result<(Vec<Value>, Decoded), ConnectorError> {
    let landed = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(landed.path(), zstd::encode_all(body, 1).expect("packed")).expect("landed");
    let mut pieces = Vec::new();
    let count = decode(landed.path(), form, &mut |piece| {
        pieces.push(serde_json::from_slice(piece).expect("JSON"));
        Ok(())
    })?;
    Ok((pieces, count))
}

fn form(kind: BodyKind) -> Form {
    Form { kind, table: TableSpec::default(), max_bytes: 32 << 20 }
}

fn csv(columns: &[&str]) -> Form {
    let columns = columns.iter().map(|column| (*column).to_owned()).collect();
    Form { table: TableSpec { columns, ..TableSpec::default() }, ..form(BodyKind::Csv) }
}

fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, body) in members {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a member");
        archive.write_all(body).expect("written");
    }
    archive.finish().expect("an archive").into_inner()
}

fn gzipped(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body).expect("packed");
    encoder.finish().expect("packed")
}

/// As the vendor's guide prints it (MicrosoftDocs/Advertising, "Reports"): a preamble, a byte order mark, a footer.
const REPORT: &str = "\u{feff}\"Report Name: Daily\"\r\n\"Time Zone: (GMT+01:00) Berlin\"\r\n\
    \"Potential Incomplete Data: true\"\r\n\"Rows: 2\"\r\n\r\n\
    \"TimePeriod\",\"CampaignName\",\"Spend\"\r\n\"2026-11-10\",\"Shoes, red\",\"1234.50\"\r\n\
    \"2026-11-11\",\"\",\"0.00\"\r\n\r\n\"@2026 Example Corporation. All rights reserved. \"\r\n";

#[test]
fn a_report_with_a_preamble_and_a_footer_is_its_rows_and_what_stands_above() {
    let mut form = csv(&["TimePeriod", "Spend"]);
    form.table.ignores = vec!["@".to_owned()];
    for body in [
        REPORT.as_bytes().to_vec(),
        gzipped(REPORT.as_bytes()),
        zipped(&[("report.csv", REPORT.as_bytes())]),
        gzipped(&zipped(&[("a/report.csv", REPORT.as_bytes())])),
    ] {
        let (pieces, count) = decoded(&body, &form).expect("a report");
        assert_eq!((count.rows, count.bad), (2, 0));
        assert_eq!(pieces[0]["columns"], json!(["TimePeriod", "CampaignName", "Spend"]));
        assert_eq!(pieces[0]["stated"]["Potential Incomplete Data"], "true");
        assert_eq!(pieces[0]["stated"]["Time Zone"], "(GMT+01:00) Berlin");
        let rows = [
            json!({"TimePeriod": "2026-11-10", "CampaignName": "Shoes, red", "Spend": "1234.50"}),
            json!({"TimePeriod": "2026-11-11", "CampaignName": null, "Spend": "0.00"}),
        ];
        assert_eq!(pieces[0]["rows"], json!(rows));
    }
}

#[test]
fn a_table_without_rows_is_an_answer_and_one_without_its_columns_is_none() {
    let (pieces, count) = decoded(b"TimePeriod;Spend\n", &csv(&["TimePeriod", "Spend"])).expect("an empty report");
    assert_eq!((count.rows, &pieces[0]["rows"]), (0, &json!([])));
    let lacks = decoded(b"TimePeriod;Cost\n2026-11-10;1\n", &csv(&["TimePeriod", "Spend"])).expect_err("no Spend");
    assert!(lacks.to_string().contains("lacks the columns Spend; it has TimePeriod, Cost"), "{lacks}");
}

#[test]
fn what_is_no_table_is_refused_whatever_its_status_was() {
    let wanted = csv(&["day"]);
    for (body, said) in [
        (&b"<!DOCTYPE html><html><body>Sign in</body></html>"[..], "web page"),
        (b"", "empty"),
        (b"{\"error\": {\"code\": 7}}", ""),
    ] {
        let error = decoded(body, &wanted).expect_err("no table");
        assert!(matches!(error, ConnectorError::UnexpectedPayload { .. }), "{error:?}");
        assert!(error.to_string().contains(said), "{error}");
    }
    let two = zipped(&[("a.csv", b"day\n1\n"), ("b.csv", b"day\n2\n")]);
    assert!(decoded(&two, &wanted).expect_err("two").to_string().contains("archive of 2 files"));
}

#[test]
fn what_is_cut_on_its_way_is_asked_for_again_and_what_swells_is_refused() {
    let packed = gzipped(REPORT.repeat(100).as_bytes());
    let cut = decoded(&packed[..packed.len() - 20], &csv(&["Spend"])).expect_err("cut");
    assert!(matches!(cut, ConnectorError::Unavailable { .. }), "{cut:?}");
    let bomb = gzipped(&vec![b' '; 40 << 20]);
    assert!(decoded(&bomb, &csv(&["Spend"])).expect_err("a bomb").to_string().contains("more than 32 MB"));
}

#[test]
fn a_line_that_is_no_row_is_told_and_the_others_are_read() {
    let body = "day,spend\n2026-11-10,1\n2026-11-11,2,3,4\n2026-11-12,5\n";
    let (pieces, count) = decoded(body.as_bytes(), &csv(&["day", "spend"])).expect("a report");
    assert_eq!((count.rows, count.bad), (2, 1));
    assert!(pieces[0]["bad"][0]["reason"].as_str().is_some_and(|reason| reason.starts_with("line 3: ")), "{pieces:?}");
}

#[test]
fn large_answers_come_in_pieces_and_each_says_what_its_columns_are() {
    let lines: String = (0..60_000).map(|number| format!("2026-11-10,campaign number {number}\n")).collect();
    let (pieces, count) = decoded(format!("day,name\n{lines}").as_bytes(), &csv(&["day"])).expect("a report");
    assert!(pieces.len() > 2 && pieces.iter().all(|piece| piece["columns"] == json!(["day", "name"])));
    let rows: usize = pieces.iter().map(|piece| piece["rows"].as_array().expect("rows").len()).sum();
    assert_eq!((rows, count.rows), (60_000, 60_000));
}

#[test]
fn json_lines_are_rows_as_they_stand() {
    let body = "{\"id\": 1, \"items\": [{\"a\": null}]}\n\n{\"id\": \"gid://shop/Order/2\"}\r\n";
    for body in [body.as_bytes().to_vec(), gzipped(body.as_bytes())] {
        let (pieces, count) = decoded(&body, &form(BodyKind::Lines)).expect("lines");
        assert_eq!(count.rows, 2);
        assert_eq!(pieces[0]["rows"], json!([{"id": 1, "items": [{"a": null}]}, {"id": "gid://shop/Order/2"}]));
    }
    let empty = decoded(b"", &form(BodyKind::Lines)).expect("nothing to report");
    assert_eq!((empty.0[0]["rows"].clone(), empty.1.rows), (json!([]), 0));
    assert!(decoded(b"<html>", &form(BodyKind::Lines)).is_err());
    let cut = decoded(b"{\"id\": 1}\n{\"id\": 2, \"x", &form(BodyKind::Lines)).expect_err("cut");
    assert!(matches!(cut, ConnectorError::Unavailable { .. }), "{cut:?}");
    let (_, count) = decoded(b"{\"id\": 1}\nnot json\n{\"id\": 2}\n", &form(BodyKind::Lines)).expect("two");
    assert_eq!((count.rows, count.bad), (2, 1));
}

#[test]
fn xml_is_an_object_whose_children_are_lists() {
    let body = "<?xml version='1.0' encoding=\"UTF-8\"?>\n<gesmes:Envelope xmlns:gesmes=\"x\" xmlns='y'>\n\
        <gesmes:subject>Reference &amp; more&#33;</gesmes:subject><Cube><Cube time='2026-04-13'>\
        <Cube currency='USD' rate='1.1684'/><Cube currency=\"JPY\" rate='186.75'></Cube></Cube></Cube>\
        <note><![CDATA[a < b]]></note></gesmes:Envelope>";
    let (pieces, _) = decoded(body.as_bytes(), &form(BodyKind::Xml)).expect("XML");
    let envelope = &pieces[0]["Envelope"];
    assert_eq!(envelope["subject"][0]["#text"], "Reference & more!");
    assert_eq!(envelope["note"][0]["#text"], "a < b");
    let day = &envelope["Cube"][0]["Cube"][0];
    assert_eq!((&day["@time"], &day["Cube"][1]["@rate"]), (&json!("2026-04-13"), &json!("186.75")));
}

#[test]
fn xml_that_is_cut_nested_without_end_or_declares_entities_is_refused() {
    let xml = form(BodyKind::Xml);
    assert!(matches!(decoded(b"<a><b>1</b>", &xml), Err(ConnectorError::Unavailable { .. })));
    assert!(
        decoded(b"<a><b></a></b>", &xml).is_err() && decoded(b"plain", &xml).is_err() && decoded(b"", &xml).is_err()
    );
    assert!(decoded("<a>".repeat(1000).as_bytes(), &xml).expect_err("deep").to_string().contains("64 levels"));
    let laughs = b"<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><l>&b;</l>";
    assert!(decoded(laughs, &xml).expect_err("entities").to_string().contains("document type"));
    assert!(decoded(b"<a>&b;</a>", &xml).is_err());
}

#[test]
fn a_report_with_another_number_of_rows_than_it_announces_is_cut() {
    let mut form = csv(&["TimePeriod", "Spend"]);
    (form.table.ignores, form.table.count) = (vec!["@".to_owned()], Some("Rows".to_owned()));
    let rows = |announced: &str| decoded(REPORT.replace("Rows: 2", announced).as_bytes(), &form);
    assert_eq!(rows("Rows: 2").expect("a report").1.rows, 2);
    let cut = rows("Rows: 1,203").expect_err("a cut report");
    assert!(
        matches!(&cut, ConnectorError::Unavailable { note } if note.contains("announces 1203 rows and has 2")),
        "{cut:?}"
    );
    // Nothing announced is nothing to hold it against.
    assert!(rows("Rows: ").is_ok() && rows("Columns: 3").is_ok());
}

/// singer-io/tap-bing-ads#78: a report with a zero byte among its values was lost.
#[test]
fn a_zero_byte_costs_no_report_and_no_value_is_guessed() {
    let mut form = csv(&["TimePeriod", "Spend"]);
    (form.table.ignores, form.table.count) = (vec!["@".to_owned()], Some("Rows".to_owned()));
    let (pieces, count) = decoded(REPORT.replace("Shoes, red", "Shoes\0, red\0").as_bytes(), &form).expect("a report");
    assert_eq!((count.rows, count.bad, pieces[0]["rows"][0]["CampaignName"].as_str()), (2, 0, Some("Shoes, red")));
    assert_eq!(count.notes, ["2 zero bytes are taken out (first in line 7)"]);
    // Whether a digit stood there nobody knows.
    let (pieces, count) = decoded(REPORT.replace("1234.50", "12\u{0}34.50").as_bytes(), &form).expect("a report");
    assert_eq!((count.rows, count.bad, pieces[0]["rows"][0]["TimePeriod"].as_str()), (1, 1, Some("2026-11-11")));
    let reason = pieces[0]["bad"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.starts_with("line 7: zero bytes stand where"), "{reason}");
}
