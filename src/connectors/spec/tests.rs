//! What is told of each mistake in a `connector.toml`, and what loads as it always did.

use super::*;

const SOUND: &str = r#"name = "shop"
label = "Shop"
docs = "https://shop.example/api"
[settings.base_url]
about = "Where the API is."
kind = "url"
default = "https://shop.example"
[secrets.token]
about = "A key."
[auth]
kind = "bearer"
token = "{{ secrets.token }}"
[limits]
requests = 5
[[errors]]
status = [429, 503]
action = "retry"
note = "asked too often"
[streams.orders]
about = "Orders."
records = "$.orders[*]"
slicing = { kind = "days", step_days = 7, reread_days = 3 }
paging = { kind = "offset", limit = 100, total_pointer = "/total" }
[streams.orders.request]
url = "{{ settings.base_url }}/orders"
query = [["from", "{{ slice.start_date }}"]]
[[streams.orders.loads]]
table = "payment"
mode = { kind = "upsert" }
"#;

fn problems(text: &str) -> Vec<String> {
    let found = ConnectorSpec::parse(Path::new("connector.toml"), text).err().unwrap_or_default();
    found.iter().map(ToString::to_string).collect()
}

/// What is replaced, by what, and what is told of it.
const MISTAKES: [(&str, &str, &str); 26] = [
    ("docs = ", "doc = ", "1: \"docs\" is missing — add docs = \"https://vendor.example/api\""),
    ("[limits]", "[limit]", "13: unknown key \"limit\" — did you mean \"limits\"?"),
    (
        "kind = \"url\"",
        "kind = \"link\"",
        "6: [settings.base_url]: kind: unknown choice \"link\" — known choices: boolean, list, number, text, time_zone, url",
    ),
    (
        "about = \"A key.\"",
        "optional = 1",
        "8: [secrets.token]: \"about\" is missing — add about = \"A key with the right to read.\"",
    ),
    ("[auth]\nkind = \"bearer\"\ntoken = \"{{ secrets.token }}\"\n", "", "1: \"auth\" is missing — add [auth]"),
    ("kind = \"bearer\"", "kind = \"barer\"", "11: [auth]: kind: unknown choice \"barer\" — did you mean \"bearer\"?"),
    ("kind = \"bearer\"\n", "", "10: [auth]: \"kind\" is missing — add kind = \"none\""),
    (
        "token = \"{{ secrets.token }}\"",
        "tokn = \"x\"",
        "10: [auth]: \"token\" is missing — add token = \"{{ secrets.token }}\"",
    ),
    (
        "requests = 5",
        "requests = \"5\"",
        "14: [limits]: requests: this is a text, not a whole number from 0 to 4294967295 — write digits without quotes or decimals",
    ),
    (
        "requests = 5",
        "requests = -5",
        "14: [limits]: requests: the number is not a whole number from 0 to 4294967295 — choose a number in that range",
    ),
    ("[[errors]]", "[errors]", "15: [errors] is not a list of tables — write each as [[errors]]"),
    (
        "status = [429, 503]",
        "status = [429, \"503\"]",
        "16: [[errors]]: status: item 2: this is a text, not a whole number from 0 to 65535 — write digits without quotes or decimals",
    ),
    (
        "status = [429, 503]",
        "status = 429",
        "16: [[errors]]: status: this is a whole number, not a list — write it in [ ], even a single one",
    ),
    (
        "action = \"retry\"",
        "action = \"again\"",
        "17: [[errors]]: action: unknown choice \"again\" — known choices: refresh, restart_slice, retry, skip, smaller_page, split_window, stop, stop_for_today",
    ),
    (
        "note = \"asked too often\"",
        "notes = \"\"",
        "15: [[errors]]: \"note\" is missing — add note = \"the account lacks the right to read\"",
    ),
    (
        "[streams.orders]\nabout",
        "[streams]\nx = 1\n[streams.orders]\nabout",
        "20: [streams]: x is not a table — write [streams.x]",
    ),
    ("records = ", "record = ", "19: [streams.orders]: \"records\" is missing — add records = \"$.results[*]\""),
    (
        "records = \"$.orders[*]\"",
        "records = \"$.orders[*]\"\nonce_a_day = 1",
        "22: [streams.orders]: once_a_day: this is a whole number, not true or false — write true or false without quotes",
    ),
    (
        "kind = \"days\", step_days = 7",
        "kind = \"days\"",
        "22: [streams.orders.slicing]: \"step_days\" is missing — add step_days = 1",
    ),
    (
        "kind = \"days\"",
        "kind = \"weeks\"",
        "22: [streams.orders.slicing]: kind: unknown choice \"weeks\" — known choices: before, days, instants, whole",
    ),
    ("limit = 100", "limits = 100", "23: [streams.orders.paging]: unknown key \"limits\" — did you mean \"limit\"?"),
    (
        "[streams.orders.request]\n",
        "[streams.orders.requests]\n",
        "19: [streams.orders]: \"request\" is missing — add [streams.orders.request]",
    ),
    (
        "[[\"from\", ",
        "[[\"from\", \"x\", ",
        "26: [streams.orders.request]: query: item 1: this is not a name and its value — write [\"name\", \"value\"]",
    ),
    (
        "[[streams.orders.loads]]",
        "[[streams.orders.load]]",
        "19: [streams.orders]: \"loads\" is missing — add [[streams.orders.loads]]",
    ),
    (
        "kind = \"upsert\"",
        "kind = \"update\"",
        "29: [loads.mode]: kind: unknown choice \"update\" — known choices: replace_all, replace_window, upsert",
    ),
    (
        "label = \"Shop\"",
        "label = “Shop”",
        "2: this is not TOML: the quotes are curly ones, which word processors write — write straight quotes: \"…\"",
    ),
];

#[test]
fn each_mistake_is_told_with_its_line_and_a_remedy() {
    assert_eq!(problems(SOUND), [""; 0]);
    let mut missed = Vec::new();
    for (old, new, told) in MISTAKES {
        assert!(SOUND.contains(old), "{old}");
        let found = problems(&SOUND.replacen(old, new, 1));
        if !found.contains(&format!("connector.toml:{told}")) {
            missed.push(format!("{new:?}: {found:#?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    let text = SOUND.replace("docs = ", "doc = ").replace("bearer", "barer").replace("limit = 100", "limit = \"100\"");
    assert_eq!(problems(&text).len(), 4, "{:#?}", problems(&text));
}

#[test]
fn what_loaded_in_earlier_releases_loads() {
    let text = SOUND
        .replace("label = \"Shop\"", "label = \"\"")
        .replace("note = \"asked too often\"", "note = \"\"\"\nasked\ntoo often\"\"\"")
        .replace("[429, 503]", "[429, 429]")
        .replace("kind = \"days\", step_days = 7, reread_days = 3", "kind = \"whole\", step_days = 7")
        .replace("[limits]\nrequests = 5\n", "[limits]\nattempts = 0\n")
        .replace("[streams.orders]", "[streams.\"Orders 2\"]")
        .replace("streams.orders", "streams.\"Orders 2\"");
    let spec = ConnectorSpec::parse(Path::new("connector.toml"), &text).expect("sound");
    assert_eq!(spec.errors[0].status, [429, 429]);
    assert_eq!(spec.limits, LimitSpec { attempts: 0, ..LimitSpec::default() });
    let orders = &spec.streams["Orders 2"];
    assert_eq!((&orders.slicing, orders.body), (&SlicingSpec::Whole, BodyKind::Object));
    assert_eq!(orders.request.query, [("from".to_owned(), "{{ slice.start_date }}".to_owned())]);
    assert_eq!(orders.paging.limit(), Some(100), "{:?}", orders.paging);
}

#[test]
fn a_single_response_ignores_the_keys_of_pagers_and_may_be_as_long_as_its_vendor_lists_at_most() {
    let paging = |table: &str| {
        let text = SOUND.replace(r#"{ kind = "offset", limit = 100, total_pointer = "/total" }"#, table);
        ConnectorSpec::parse(Path::new("connector.toml"), &text).expect("sound").streams["orders"].paging.clone()
    };
    assert_eq!(paging(r#"{ kind = "none", limit = "100", pointer = 1 }"#), PagingSpec::default());
    assert_eq!(paging(r#"{ kind = "none", most_records = 15000 }"#).bounds.most_records, Some(15000));
    assert_eq!(paging(r#"{ kind = "next_token", pointer = "/next", limit = 50 }"#).limit(), Some(50));
}

#[test]
fn the_list_of_a_stream_is_where_its_records_are_if_there_is_one() {
    let list = |records: &str, body: &str| {
        let lines = format!("records = \"{records}\"\nbody = \"{body}\"");
        let text = SOUND.replace("records = \"$.orders[*]\"", &lines);
        ConnectorSpec::parse(Path::new("connector.toml"), &text).expect("sound").streams["orders"].list_pointer()
    };
    assert_eq!(list("$.orders[*]", "object").as_deref(), Some("/orders"));
    assert_eq!(list("$.data.list[*]", "array").as_deref(), Some("/data/list"));
    assert_eq!(list("$", "array").as_deref(), Some(""));
    assert_eq!((list("$.days[*].rows[*]", "object"), list("$", "object")), (None, None));
}
