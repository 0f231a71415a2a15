use super::*;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Signs that every encoding treats in its own way.
const KEY: &str = "k/9+z= \"Q\"\\ü<&>'%é😀 end";

fn percent(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).collect()
}

/// With small letters in the numbers alone.
fn small(percent: &str) -> String {
    let mut parts = percent.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| format!("{all}%{}{}", part[..2].to_lowercase(), &part[2..]))
}

fn spellings(secret: &str) -> Vec<(&'static str, String)> {
    let json = serde_json::to_string(secret).expect("JSON");
    let json = json.trim_matches('"').to_owned();
    let units = |format: fn(u16) -> String| secret.encode_utf16().map(format).collect::<String>();
    let html = secret
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;");
    let form = percent(secret).replace("%20", "+");
    vec![
        ("plain", secret.to_owned()),
        ("percent", percent(secret)),
        ("small percent", small(&percent(secret))),
        ("percent twice", percent(&percent(secret))),
        ("form", form),
        ("json", json.clone()),
        ("json in json", serde_json::to_string(&json).expect("JSON")),
        ("json with slashes", json.replace('/', "\\/")),
        (
            "json in ascii",
            units(|unit| {
                if unit < 128 && unit != 0x22 && unit != 0x5c {
                    String::from(char::from(unit as u8))
                } else {
                    format!("\\u{unit:04x}")
                }
            }),
        ),
        ("json whole", units(|unit| format!("\\u{unit:04X}"))),
        ("percent of json", percent(&json)),
        ("html", html),
        ("debug", format!("{secret:?}")),
        ("debug of bytes", secret.escape_debug().to_string()),
        ("ascii debug", secret.bytes().flat_map(std::ascii::escape_default).map(char::from).collect()),
        ("unicode debug", secret.escape_unicode().to_string()),
        ("debug of debug", format!("{:?}", format!("{secret:?}"))),
        ("quoted printable", secret.bytes().map(|byte| format!("={byte:02X}")).collect()),
        ("base64", STANDARD.encode(secret)),
        ("basic", format!("Basic {}", STANDARD.encode(format!("user:{secret}")))),
        ("basic of another", format!("Basic {}", STANDARD.encode(format!("me:{secret}")))),
        ("base64 for addresses", URL_SAFE_NO_PAD.encode(format!("\0u\0{secret}"))),
        ("base64 in percent", percent(&STANDARD.encode(format!("x{secret}")))),
        ("base64 in json", STANDARD.encode(secret).replace('/', "\\/")),
        ("hex", secret.bytes().map(|byte| format!("{byte:02x}")).collect()),
    ]
}

#[test]
fn a_secret_is_hidden_in_every_spelling_and_what_stands_around_it_stays() {
    for secret in [KEY, "AKIA/plain+key==", "correct horse", "12345678"] {
        for (name, written) in spellings(secret) {
            let told = one(&format!("GET /?key={written}&page=2 failed"), secret);
            assert!(told.contains(HIDDEN) && !told.contains(&written), "{name}: {told}");
            assert!(told.starts_with("GET /?") && told.ends_with("&page=2 failed"), "{name}: {told}");
            let left = told.replace("GET /?key=", "").replace("&page=2 failed", "");
            assert!(left.len() <= "Basic ".len() + HIDDEN.len() + 4, "{name} leaves {left} of {written}");
        }
    }
}

#[test]
fn a_short_secret_is_hidden_as_a_value_and_does_not_star_out_ordinary_words() {
    let told = |text: &str| one(text, "daily");
    assert_eq!(told("the daily report is held"), "the daily report is held");
    assert_eq!(told("/?key=daily&x=1 \"daily\" Bearer daily, dailyish"), "/?key=***&x=1 \"***\" Bearer ***, dailyish");
    assert_eq!(told("key: daily"), "key: ***");
    assert_eq!(one("the secret hunter2 is expired", "hunter2"), "the secret *** is expired", "no word is spelt so");
    assert_eq!(one("a=abc", "abc"), "a=abc", "who can guess three letters needs no log");
    assert_eq!(one("as it was", ""), "as it was");
}

#[test]
fn a_secret_that_a_text_was_cut_in_is_hidden_too() {
    assert_eq!(one("GET /?key=AKIA/plain+k", "AKIA/plain+key=="), "GET /?key=***");
    assert_eq!(one("GET /?key=AKIA%2Fplain%2Bk…", "AKIA/plain+key=="), "GET /?key=***…");
    assert_eq!(one("of AKIA", "AKIA/plain+key=="), "of AKIA");
}

#[test]
fn tokens_are_known_by_their_form_and_parts_of_secrets_by_themselves() {
    let hook = "https://hooks.slack.com/services/T0001/B0002/abcdefGHIJKL";
    assert_eq!(one("POST /services/T0001/B0002/abcdefGHIJKL failed", hook), "POST *** failed");
    let jwt = format!(
        "{}.{}.{}",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#),
        URL_SAFE_NO_PAD.encode("{\"iss\":\"me@x\"}"),
        "c2lnbmF0dXJl"
    );
    let told = all(&format!("assertion={jwt}&x xoxb-1234-5678-abcdef {hook} ya29.a0AfH6SMBxyz"));
    assert_eq!(told, "assertion=***&x *** https://hooks.slack.com/services/*** ***");
    let line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7";
    let key = serde_json::json!({ "client_email": "a@b.example", "private_key": format!("-----BEGIN PRIVATE KEY-----\n{line}\n-----END PRIVATE KEY-----\n") });
    let told = one(&format!("bad key {line} of a@b.example"), &key.to_string());
    assert_eq!(told, "bad key *** of a@b.example");
}

#[test]
fn what_was_read_or_fetched_is_hidden_in_every_line_of_the_log() {
    keep("from-a-file/1234567");
    for number in 0..MOST_TOKENS + 5 {
        keep_token(&format!("fetched-token-{number:05}-x"));
    }
    let mut log = Redacting(Vec::new());
    let last = format!("fetched-token-{:05}-x", MOST_TOKENS + 4);
    let line = format!("a from-a-file%2F1234567 b {last} c\n");
    assert_eq!(log.write(line.as_bytes()).expect("written"), line.len());
    assert_eq!(String::from_utf8(log.0).expect("text"), "a *** b *** c\n");
    assert!(all("fetched-token-00000-x").contains("00000"), "the oldest is forgotten, it ended long ago");
}

#[test]
fn what_follows_a_long_secret_in_json_stays_json() {
    let secret = "a1".repeat(40);
    let text = format!(r#"{{"error": "Bearer {secret}\" is wrong", "next": 1}}"#);
    let told = one(&text, &secret);
    assert!(!told.contains("a1a1a1a1"), "{told}");
    serde_json::from_str::<serde_json::Value>(&told).expect("JSON as before");
}
