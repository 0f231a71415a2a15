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
        assert_eq!(words().look_in(Cursor::new(bytes)).expect("read"), Outcome::Found, "{name}");
    }
    let nobody = zip("a.csv", filler.as_bytes());
    assert_eq!(words().look_in(Cursor::new(nobody)).expect("read"), Outcome::Absent);
    words().look_in(Cursor::new(b"PAR1..".to_vec())).expect_err("Parquet is not looked into");
    words().look_in(Cursor::new(b"\x1f\x8bnot so".to_vec())).expect_err("broken");
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
fn addresses_of_one_mailbox_are_given_in_the_forms_that_are_distinguished() {
    assert_eq!(of_address(" Jane@Example.com "), ["jane@example.com"]);
    let forms = of_address("jo@münchen.example");
    assert!(forms.contains(&"jo@xn--mnchen-3ya.example".to_owned()) && forms.len() == 3, "{forms:?}");
    assert_eq!(of_address("cus_17"), ["cus_17"]);
    assert_eq!(addresses("to: <A.b@c.example>, mailto:d@e.example.", Kind::Text), ["a.b@c.example", "d@e.example"]);
}

#[test]
fn a_text_with_too_many_readings_is_distinguished_and_counts_as_one_that_names_a_word() {
    assert_eq!(search("plain", &mut |text| text == "plain"), Outcome::Found);
    assert_eq!(search("plain", &mut |_| false), Outcome::Absent);
    let mut most = 0;
    let outcome = search(&noise(), &mut |_| {
        most += 1;
        false
    });
    assert_eq!(outcome, Outcome::TooMany);
    assert!(most <= MOST, "{most}");
    assert!(words().are_in_text(&noise()) && words().look_in_text(&noise()) == Outcome::TooMany);
}

/// What nobody writes: each letter of it may be read in many ways.
fn noise() -> String {
    r#"\u0025u0040 %2526amp; =3D=?utf-8?q?=3D?= ""+ &amp;#x5c; \\x2b %3D3D =2526 &#37;41 =5Cx3d"#.repeat(8)
}

#[test]
fn an_address_is_not_found_in_a_longer_one() {
    let words = Words::new(&["jane@yahoo.com"]).expect("words");
    let is_jane = |text: &str| words.clone().or_addresses(|address| address == "jane@yahoo.com").are_in_text(text);
    for text in
        ["jane@yahoo.com.br", "élise.jane@yahoo.com", "ájane@yahoo.com", "jane@yahoo.com.é", "jane@yahoo.com.zip"]
    {
        for text in [text.to_owned(), format!("{{\"a\":\"{text}\"}}"), format!("mailto:{text},"), STANDARD.encode(text)]
        {
            assert!(!is_jane(&text), "{text}");
            assert_eq!(words.replaced(&text, "***"), text);
        }
    }
    for text in ["To jane@yahoo.com.", "jane@yahoo.com. And", "jane@yahoo.com.csv", "jane@yahoo.com.json.zst, 3 rows"] {
        assert!(is_jane(text), "{text}");
        assert!(words.replaced(text, "***").contains("***"), "{text}");
    }
    assert_eq!(addresses("jane@yahoo.com.br", Kind::Name), ["jane@yahoo.com.br"]);
    assert_eq!(addresses("jane@yahoo.com.csv.zip", Kind::Name).pop().as_deref(), Some("jane@yahoo.com"));
    assert!(Words::of(&["jane@yahoo.com"], Kind::Name).expect("words").are_in_text("jane@yahoo.com.zip"));
}

/// Numbers without a pattern.
fn numbers() -> impl FnMut() -> u64 {
    let mut state = 7_u64;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    }
}

/// Paths with their queries, as GA4 reports them.
fn ga4(size: usize) -> String {
    let (mut next, mut page) = (numbers(), String::from("{\"rows\":["));
    while page.len() < size {
        let (a, b, c) = (next(), next(), next());
        page.push_str(&format!(
            r#"{{"dimensionValues":[{{"value":"20261121"}},{{"value":"/shop/summer-dresses-{a}/?q=red%20shoes+{b}&utm_source=news%2Bletter&amp;gclid=Cj0KC{a:x}{b:x}-{c:x}_wE&ref=https%3A%2F%2Fexample.com%2Fa%3Db%2526c&e=3d=ad{c}"}},{{"value":"(not set) \"\"\/ \u00f6 \u0026"}}],"metricValues":[{{"value":"{b}"}},{{"value":"{c}"}}]}},"#
        ));
    }
    page
}

/// Charges with addresses, tokens and a description in HTML, as Stripe lists them.
fn stripe(size: usize) -> String {
    let (mut next, mut page) = (numbers(), String::from("{\"object\":\"list\",\"data\":[\n"));
    while page.len() < size {
        let (a, b, c) = (next(), next(), next());
        let html = format!(
            r#"<p>Order {a} &amp; 100% cotton =&gt; <a href=\"https:\/\/shop.example.com\/o?id={b}&amp;m=payer{b}%40example.com&t={c:x}+x\">see&nbsp;it<\/a><br>caf\u00e9\n\t<td style=\"a=3D\">"#
        );
        let receipt: String = (0..10).map(|_| format!("{:x}", next())).collect();
        page.push_str(&format!(
            "{{\"id\": \"ch_{a}\",\n \"amount\": {b},\n \"billing_details\": {{\"email\": \"payer{a}@example.com\", \"name\": \"P. \\\"{c}\\\" Ayer\"}},\n \"receipt_url\": \"https://pay.stripe.com/receipts/payment/CAcaFwoVYWNjdF8x{receipt}\",\n \"description\": \"{html}\"}},\n"
        ));
    }
    page
}

#[test]
fn a_page_of_encoded_addresses_names_nobody_but_whom_it_does() {
    let words = words().or_addresses(|address| address == "other@example.com");
    for (name, mut page) in [("ga4", ga4(1 << 18)), ("stripe", stripe(1 << 18))] {
        assert_eq!(words.look_in(Cursor::new(page.as_bytes())).expect("read"), Outcome::Absent, "{name}");
        // Escaped, and at the end of the page.
        let escaped: String = MAIL.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        page.push_str(&format!("{{\"a\":\"https://x.example/?m={escaped}&b=1\"}}]}}"));
        assert_eq!(words.look_in(Cursor::new(page.as_bytes())).expect("read"), Outcome::Found, "{name}");
    }
}

#[test]
fn a_word_is_found_in_a_long_value_that_is_packed_or_encoded() {
    let page = stripe(40_000).replace("payer1", "payer2") + &format!("{{\"mail\":\"{MAIL}\"}}");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(page.as_bytes()).expect("packed");
    let packed = STANDARD.encode(packed.finish().expect("packed"));
    let lines: Vec<&str> = packed.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    for (name, text) in [
        ("gzip", packed.clone()),
        ("gzip in JSON of PHP", packed.replace('/', "\\/")),
        ("gzip in lines", lines.join("\r\n")),
        ("gzip in lines in JSON", lines.join("\\r\\n")),
        ("base64", STANDARD.encode(&page)),
        ("hex", page.bytes().map(|byte| format!("{byte:02x}")).collect()),
        ("JSON in JSON", serde_json::to_string(&serde_json::to_string(&page).expect("JSON")).expect("JSON")),
        ("percent", page.bytes().map(|byte| format!("%{byte:02x}")).collect()),
    ] {
        let text = format!("{{\"id\":1,\"body\":\"{text}\",\"b\":2}}");
        assert_eq!(words().look_in(Cursor::new(text)).expect("read"), Outcome::Found, "{name}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]
    #[test]
    fn a_word_whose_letters_are_spelt_each_in_its_own_way_is_found_as_if_every_reading_was_made(
        ways in proptest::collection::vec(0_u8..8, 16),
        layers in proptest::collection::vec(0_u8..5, 0..3),
        around in "[ -~]{0,12}",
    ) {
        let word = "jane@example.com";
        let mut text: String = word.chars().zip(&ways).map(|(letter, way)| {
            let code = u32::from(letter);
            match way {
                0 => format!("%{code:02X}"),
                1 => format!("\\u{code:04x}"),
                2 => format!("&#{code};"),
                3 => format!("={code:02X}"),
                4 => format!("\\x{code:02x}"),
                _ => letter.to_string(),
            }
        }).collect();
        text = format!("{around} {text} {around}");
        for layer in layers {
            let signs = |format: fn(u8) -> String| -> String {
                text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format(byte) }).collect()
            };
            text = match layer {
                0 => signs(|byte| format!("%{byte:02x}")),
                1 => signs(|byte| format!("\\u{byte:04x}")),
                2 => signs(|byte| format!("&#x{byte:x};")),
                3 => signs(|byte| format!("={byte:02X}")),
                _ => STANDARD.encode(&text),
            };
        }
        let words = Words::new(&[word]).expect("words").or_addresses(|address| address == "other@example.com");
        let full = search(&text, &mut |reading| words.are_in_reading(reading));
        proptest::prop_assert_eq!(words.look_in_text(&text), full, "{}", text);
    }
}
