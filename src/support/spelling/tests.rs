use super::*;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use std::io::{Cursor, Write};

const MAIL: &str = "jörg.müller+tag@example.com";

fn words() -> Words {
    Words::new(&[MAIL, "cus_17", "101"]).expect("words")
}

/// Every way one text may be written, by name.
fn spellings(text: &str) -> Vec<(&'static str, String)> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let escaped = |format: fn(u16) -> String| units.iter().map(|unit| format(*unit)).collect::<String>();
    let bytes = |format: fn(u8) -> String| text.bytes().map(format).collect::<String>();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(text.as_bytes()).expect("packed");
    let packed = packed.finish().expect("packed");
    let json = escaped(|unit| format!("\\u{unit:04x}"));
    vec![
        ("as it is", text.to_owned()),
        ("upper case", text.to_uppercase()),
        ("apart", text.nfd().collect()),
        ("wide", text.replace('@', "＠")),
        ("json", json.clone()),
        ("JSON in capitals", escaped(|unit| format!("\\u{unit:04X}"))),
        ("json in json", json.replace('\\', "\\\\")),
        ("braces", text.chars().map(|c| format!("\\u{{{:x}}}", u32::from(c))).collect()),
        ("long", text.chars().map(|c| format!("\\U{:08x}", u32::from(c))).collect()),
        ("bytes", bytes(|byte| format!("\\x{byte:02x}"))),
        ("percent", bytes(|byte| format!("%{byte:02X}"))),
        ("percent in small letters", bytes(|byte| format!("%{byte:02x}"))),
        ("percent twice", bytes(|byte| format!("%25{byte:02x}"))),
        ("old percent", escaped(|unit| format!("%u{unit:04X}"))),
        ("html", text.chars().map(|c| format!("&#{};", u32::from(c))).collect()),
        ("html in hex", text.chars().map(|c| format!("&#x{:x};", u32::from(c))).collect()),
        ("html by name", text.replace('ö', "&ouml;").replace('ü', "&uuml;").replace('@', "&commat;")),
        ("quoted printable", bytes(|byte| format!("={byte:02X}")).replace("=40", "=40=\r\n")),
        ("a word of a header", format!("=?utf-8?B?{}?=", STANDARD.encode(text))),
        ("one with Q", format!("=?UTF-8?q?{}?=", bytes(|byte| format!("={byte:02X}")))),
        ("base64", STANDARD.encode(text)),
        ("base64 for addresses", URL_SAFE_NO_PAD.encode(text)),
        ("base64 from the second byte", STANDARD.encode(format!("<{text}>"))),
        ("base64 from the third", URL_SAFE_NO_PAD.encode(format!("><{text}"))),
        ("base64 after a dash", format!("id-{}", STANDARD.encode(text))),
        ("base64 of escapes", STANDARD.encode(format!("{{\"mail\":\"{json}\"}}"))),
        ("base64 of gzip", STANDARD.encode(packed)),
        ("hex", bytes(|byte| format!("{byte:02x}"))),
        ("base64 of utf-16", STANDARD.encode(units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<u8>>())),
    ]
}

#[test]
fn a_word_is_found_in_every_spelling_and_its_neighbours_are_not() {
    for (name, text) in spellings(MAIL) {
        for text in [text.clone(), format!("{{\"a\":\"{text}\",\"b\":2}}"), format!("x,{text}\n")] {
            assert!(words().are_in_text(&text), "{name}: {text}");
        }
    }
    for (name, text) in spellings("björg.müller+tag@example.com") {
        assert!(!Words::new(&[MAIL]).expect("words").are_in_text(&text), "{name}: {text}");
    }
    for text in [r#"{"id":"1012"}"#, r#"{"id":"7101"}"#, "mary.jane@example.com", "cus_171", "MTAx", "3130313130313130"]
    {
        assert!(!words().are_in_text(text), "{text}");
    }
    for text in [r#"{"id":"101"}"#, "101,x", "[101]", "x,101", "a=cus%5F17&b", r#"{"id":"cus_17"}"#] {
        assert!(words().are_in_text(text), "{text}");
    }
}

#[test]
fn two_spellings_in_one_another_are_read_too() {
    for (first, text) in spellings(MAIL) {
        // Case and marks are lost to an encoding, and a header's word is not one within another.
        for (second, text) in
            spellings(&text).into_iter().filter(|(name, _)| !name.contains("by name") && *name != "upper case")
        {
            assert!(words().are_in_text(&format!("<{text}>")), "{first} in {second}: {text}");
        }
    }
}

#[test]
fn a_word_is_found_in_packed_and_archived_files() {
    let text = format!("{{\"mail\":\"{MAIL}\"}}");
    let filler = "{\"x\": 0}\n".repeat(50_000);
    let long = format!("{filler}{text}{filler}");
    let zstd = zstd::encode_all(long.as_bytes(), 1).expect("packed");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(long.as_bytes()).expect("packed");
    let gzip = gzip.finish().expect("packed");
    let zip = |name: &str, content: &[u8]| {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        archive.start_file(name, zip::write::SimpleFileOptions::default()).expect("a member");
        archive.write_all(content).expect("written");
        archive.finish().expect("an archive").into_inner()
    };
    let utf16: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let latin: Vec<u8> = text.chars().map(|letter| u8::try_from(u32::from(letter)).expect("a byte")).collect();
    for (name, bytes) in [
        ("plain", long.clone().into_bytes()),
        ("zip of gzip", zip("a.gz", &gzip)),
        ("zip of zip", zip("a.zip", &zip("b.csv", long.as_bytes()))),
        ("the name in a zip", zip(&format!("{MAIL}.csv"), b"x")),
        ("zstd", zstd),
        ("gzip", gzip),
        ("utf-16", utf16),
        ("latin", latin),
    ] {
        assert!(words().are_in(Cursor::new(bytes)).expect("read"), "{name}");
    }
    assert!(!words().are_in(Cursor::new(zip("a.csv", filler.as_bytes()))).expect("read"));
    words().are_in(Cursor::new(b"PAR1..".to_vec())).expect_err("Parquet is not looked into");
    words().are_in(Cursor::new(b"\x1f\x8bnot so".to_vec())).expect_err("broken");
}

#[test]
fn a_word_is_replaced_where_it_stands_and_a_text_that_spells_it_otherwise_as_a_whole() {
    let replaced = |text: &str| words().replaced(text, "***");
    assert_eq!(replaced("to <Jörg.Müller+tag@example.com> 550 JÖRG.MÜLLER+TAG@EXAMPLE.COM"), "to <***> 550 ***");
    assert_eq!(replaced("cus_17 cus_17 cus_171"), "*** *** cus_171");
    assert_eq!(replaced("GET /?mail=j%C3%B6rg.m%C3%BCller%2Btag%40example.com failed"), "***");
    assert_eq!(replaced("all is well"), "all is well");
}

#[test]
fn addresses_of_one_mailbox_are_given_in_the_forms_that_are_told_apart() {
    assert_eq!(of_address(" Jane@Example.com "), ["jane@example.com"]);
    let forms = of_address("jo@münchen.example");
    assert!(forms.contains(&"jo@xn--mnchen-3ya.example".to_owned()) && forms.len() == 3, "{forms:?}");
    assert_eq!(of_address("cus_17"), ["cus_17"]);
    assert_eq!(addresses("to: <A.b@c.example>, mailto:d@e.example."), ["a.b@c.example", "d@e.example"]);
}

#[test]
fn a_text_with_too_many_readings_counts_as_found() {
    assert!(any_reading("plain", &mut |text| text == "plain"));
    assert!(!any_reading("plain", &mut |_| false));
    let mut most = 0;
    let noise = r#"\u0025u0040 %2526amp; =3D=?utf-8?q?=3D?= "" + &amp;#x5c; \\x2b"#.repeat(3);
    let _ = any_reading(&noise, &mut |_| {
        most += 1;
        false
    });
    assert!(most <= MOST, "{most}");
}
