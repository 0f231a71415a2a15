//! What is found in bodies of every form.

use super::*;

fn lookups() -> Vec<Lookup> {
    vec![
        Lookup::new("/paging/next/after", Want::Scalar),
        Lookup::new("/data", Want::Records { id_field: Some("id".to_owned()) }),
        Lookup::new("/rowCount", Want::Scalar),
    ]
}

#[test]
fn values_are_found_in_any_order_and_depth() {
    let body =
        br#"{"rowCount":"2","data":[{"id":"a","x":[{"id":9}]},{"x":1,"id":"b"}],"paging":{"next":{"after":"Mw%3D"}}}"#;
    let found = scan(&body[..], &lookups()).expect("found");
    assert_eq!(found[0].text().as_deref(), Some("Mw%3D"));
    assert_eq!((found[1].records, found[1].last_id.as_deref()), (2, Some("b")));
    assert_eq!(found[2].text().as_deref(), Some("2"));
}

#[test]
fn an_array_body_is_one_answer() {
    let body = br#" [ {"data":[{"id":1}]}, {"data":[{"id":2},{"id":3}]} ] "#;
    let found = scan(&body[..], &lookups()).expect("found");
    assert_eq!((found[1].records, found[1].last_id.as_deref()), (3, Some("3")));
}

#[test]
fn a_body_that_is_the_list_itself_is_counted_and_its_elements_are_answers_still() {
    let lookups = [
        Lookup::new("", Want::Page),
        Lookup::new("", Want::Last { path: path_of("/at/day") }),
        Lookup::new("/error", Want::Whole),
    ];
    let body = br#"[{"id":1,"at":{"day":"b"}},{"id":2,"at":{"day":"a"},"error":"x"}]"#;
    let found = scan(&body[..], &lookups).expect("found");
    assert_eq!((found[0].records, found[1].records, found[1].last_id.as_deref()), (2, 2, Some("a")));
    assert_eq!(found[2].text().as_deref(), Some("x"));
}

#[test]
fn pages_with_the_same_records_have_the_same_fingerprint() {
    let of = |body: &str| {
        let found = scan(body.as_bytes(), &[Lookup::new("/rows", Want::Page)]).expect("found");
        (found[0].records, found[0].fingerprint)
    };
    let one = of(r#"{"request_id":"a","rows":[{"id":1,"n":null},{"id":2}]}"#);
    assert_eq!(one, of(r#"{"rows":[ {"id":1, "n":null}, {"id":2} ],"request_id":"b"}"#));
    assert_ne!(one, of(r#"{"rows":[{"id":1,"n":null},{"id":3}]}"#));
    let long = |last: &str| format!(r#"{{"rows":[{}"{last}"]}}"#, format!("\"{}\",", "x".repeat(100)).repeat(500));
    assert_eq!(of(&long("a")), of(&long("b")), "only the first 16 KB are looked at");
    assert_eq!(of(&long("a")).0, 501);
}

#[test]
fn a_cursor_may_be_a_list_or_an_object() {
    let token = |body: &str| scan(body.as_bytes(), &[Lookup::new("/next", Want::Token)]).expect("found")[0].text();
    assert_eq!(token(r#"{"next":["2026-11-10",7]}"#).as_deref(), Some(r#"["2026-11-10",7]"#));
    assert_eq!(token(r#"{"next":{"id":{"S":"x"}}}"#).as_deref(), Some(r#"{"id":{"S":"x"}}"#));
    assert_eq!((token(r#"{"next":"a"}"#).as_deref(), token(r#"{"next":7}"#).as_deref()), (Some("a"), Some("7")));
    for none in [r#"{"next":null}"#, r#"{"next":""}"#, r#"{"next":[]}"#, r#"{"next":{}}"#, "{}"] {
        assert_eq!(token(none), None, "{none}");
    }
    assert_eq!(token(r#"[{"next":"a"},{"next":null}]"#), None, "the last one counts");
}

#[test]
fn what_is_wanted_as_a_whole_is_found_in_any_element_and_the_first_counts() {
    let lookups =
        [Lookup::new("/error", Want::Whole), Lookup::new("/n", Want::Scalar), Lookup::new("/e/1/x", Want::Whole)];
    let body = br#"[{"n":1,"error":null},{"n":2,"error":{"code":503,"d":[{"e":"f"}]}},{"error":"later"},{"e":[{"x":1},{"x":2}]}]"#;
    let found = scan(&body[..], &lookups).expect("found");
    assert_eq!(found[0].value, Some(serde_json::json!({"code": 503, "d": [{"e": "f"}]})));
    assert_eq!((found[1].text().as_deref(), found[2].text().as_deref()), (Some("2"), Some("2")));
    let both = [Lookup::new("/error", Want::Whole), Lookup::new("/error/code", Want::Scalar)];
    let found = scan(&br#"{"error":{"code":7}}"#[..], &both).expect("found");
    assert_eq!((found[0].text().as_deref(), found[1].text().as_deref()), (Some("true"), Some("7")));
    assert_eq!(scan(&br#"{"data":[]}"#[..], &lookups).expect("found")[0].value, None);
}

#[test]
fn a_body_cut_short_or_followed_by_more_is_an_error() {
    assert!(scan(&br#"{"data":[{"id":1},"#[..], &lookups()).is_err());
    assert!(scan(&br#"{"data":[]} <html>"#[..], &lookups()).is_err());
}
