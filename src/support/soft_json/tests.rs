use super::*;
use proptest::prelude::*;

/// The text, and what was replaced; `None` where it was sound.
fn softened(body: &[u8]) -> Option<(String, Replaced)> {
    let mut text = Vec::new();
    let replaced = soften(body, &mut text).expect("written");
    let text = String::from_utf8(text).expect("UTF-8");
    let is_same = text.as_bytes() == body;
    assert_eq!(is_same, replaced.is_none(), "{text}");
    assert!(is_same || !is_sound(body).expect("read"), "the quick look misses {text}");
    (!is_same).then_some((text, replaced))
}

fn soft(body: &str) -> String {
    softened(body.as_bytes()).map_or_else(|| body.to_owned(), |(text, _)| text)
}

/// Gives a few bytes at a time.
struct Slowly<'a>(&'a [u8]);

impl Read for Slowly<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.0.len().min(into.len()).min(3);
        let (now, rest) = self.0.split_at(count);
        into[..count].copy_from_slice(now);
        self.0 = rest;
        Ok(count)
    }
}

/// A name that ends in half an emoji, as databases with a limit of letters cut it.
#[test]
fn half_a_character_becomes_a_mark_and_whole_ones_stay() {
    for (body, right) in [
        (r#"["a\ud83d"]"#, r#"["a\ufffd"]"#),
        (r#"["\ud83d\ude00"]"#, r#"["\ud83d\ude00"]"#),
        (r#"["\uD83D\uDE00\uD83D"]"#, r#"["\uD83D\uDE00\ufffd"]"#),
        (r#"["\ude00x"]"#, r#"["\ufffdx"]"#),
        (r#"["\ud83dx"]"#, r#"["\ufffdx"]"#),
        (r#"["\ud83d\n"]"#, r#"["\ufffd\n"]"#),
        (r#"["\ud83d\u0041"]"#, r#"["\ufffd\u0041"]"#),
        (r#"["\ud83d\ud83d\ude00"]"#, r#"["\ufffd\ud83d\ude00"]"#),
        (r#"["\\ud83d"]"#, r#"["\\ud83d"]"#),
        (r#"["\u00e4\"\\"]"#, r#"["\u00e4\"\\"]"#),
    ] {
        assert_eq!(soft(body), right);
        serde_json::from_str::<serde_json::Value>(right).expect("JSON");
    }
}

#[test]
fn bytes_that_are_no_letters_become_a_mark() {
    let (text, replaced) = softened(b"{\"a\":\"x\xff\xfey\",\"b\":\"\xc3\xa4\"}").expect("softened");
    assert_eq!((text.as_str(), replaced.letters), ("{\"a\":\"x\u{fffd}\u{fffd}y\",\"b\":\"ä\"}", 2));
    assert_eq!(softened("{\"b\":\"ä\"}".as_bytes()), None);
}

/// 36 KB of one unused field ended the process at every start.
#[test]
fn what_lies_too_deep_is_nothing_and_its_neighbours_stay() {
    let deep = |count: usize| {
        format!(r#"[{{"id":1,"x":{}1{},"y":"}}]"}},{{"id":2}}]"#, r#"{"a":"#.repeat(count), "}".repeat(count))
    };
    assert_eq!(softened(deep(90).as_bytes()), None);
    let (text, replaced) = softened(deep(8000).as_bytes()).expect("softened");
    assert_eq!(replaced, Replaced { deep: 1, ..Replaced::default() });
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((value[0]["y"].as_str(), value[1]["id"].as_u64()), (Some("}]"), Some(2)));
    assert!(text.len() < 1000);
}

/// koel/koel#705, airbytehq/airbyte#31605 and Sohex/musefs#420: one value that a reader does not take cost all
/// others of its answer.
#[test]
fn what_can_mean_one_thing_alone_is_read_so_and_words_that_are_no_values_are_nothing() {
    for (body, right) in [
        (r#"{"a":NaN,"b":-Infinity,"c":1}"#, r#"{"a":null,"b":null,"c":1}"#),
        (
            r#"[None, undefined ,True, nan, +1, .5, 01, 1., 0x1F, -1.5e+3]"#,
            r#"[null, null ,null, null, null, null, null, null, null, -1.5e+3]"#,
        ),
        ("\u{feff}[1]", "[1]"),
        ("\u{feff}{\u{a0}\"a\":\u{a0}1}\0", r#"{"a":1}"#),
        ("[\"a\u{1}b\tc\nd\"]", r#"["a\u0001b\u0009c\u000ad"]"#),
        (r#"{"a":1,}"#, r#"{"a":1}"#),
        ("[{\"a\":[1 , 2 , ] , } ,\n]", "[{\"a\":[1 , 2  ]  } \n]"),
        ("[,1,,2]", "[1,2]"),
        (r#"[{"a":,"b":}]"#, r#"[{"a":null,"b":null}]"#),
        (r#"["\x41\'\u12G4"]"#, r#"["\\x41\\'\\u12G4"]"#),
        (r#"["\u12"]"#, r#"["\\u12"]"#),
        (r#"["\ud83d\q"]"#, r#"["\ufffd\\q"]"#),
    ] {
        assert_eq!(soft(body), right);
        serde_json::from_str::<serde_json::Value>(right).expect(right);
    }
    for body in [
        "[true,false,null,0,-0,10.25,1e9,1E-9]",
        "[]",
        "{}",
        "[ ]",
        "{\"a\": {}, \"b\": []}\n",
        "NaN",
        "<html>",
        "[{\"a\":tru",
    ] {
        assert_eq!(soft(body), body);
    }
}

proptest! {
    #[test]
    fn sound_json_stays_as_it_is(text in "[ -~äö€😀]{0,40}", numbers in prop::collection::vec(any::<i32>(), 0..9)) {
        let body = serde_json::json!({"t": text, "n": numbers, "d": [[{"x": [text]}]]}).to_string();
        prop_assert_eq!(softened(body.as_bytes()), None);
    }

    #[test]
    fn any_string_of_escapes_can_be_read_afterwards(parts in prop::collection::vec(
        prop_oneof![Just("\\ud83d"), Just("\\ude00"), Just("\\u0041"), Just("\\n"), Just("\\\\"), Just("x"), Just("\\\""), Just("é")], 0..12,
    )) {
        let body = format!("[\"{}\"]", parts.concat());
        let value: serde_json::Value = serde_json::from_str(&soft(&body)).expect("JSON");
        let text = value[0].as_str().expect("a text");
        let was_sound = serde_json::from_str::<serde_json::Value>(&body).is_ok();
        prop_assert_eq!(was_sound, !text.contains(UNKNOWN));
    }

    #[test]
    fn any_bytes_end_well(bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\\'), Just(b'u'), Just(b'"'), Just(b'd'), Just(b'['), Just(b','), Just(b':'), Just(b'n')], 0..60)) {
        let (mut whole, mut slowly) = (Vec::new(), Vec::new());
        let replaced = soften(bytes.as_slice(), &mut whole).expect("written");
        prop_assert_eq!(soften(Slowly(&bytes), &mut slowly).expect("written"), replaced);
        prop_assert_eq!(&whole, &slowly);
        let text = String::from_utf8(whole);
        prop_assert!(text.is_ok());
        // Once is enough.
        prop_assert_eq!(softened(text.unwrap_or_default().as_bytes()), None);
    }
}
