use super::*;
use std::path::Path;

#[test]
fn a_name_that_is_none_and_an_answer_without_a_list_are_refused_with_a_remedy() {
    let told = |name: &str, body: Value| draft(name, Some(&body), None).expect_err("refused").to_string();
    assert!(told("Our Shop", json!([{"id": 1}])).contains("such as our_shop"));
    // frankfurter.dev answers so: rates by currency, and no record anywhere.
    let rates = told("rates", json!({"base": "EUR", "date": "2026-11-02", "rates": {"USD": 1.1, "GBP": 0.9}}));
    assert!(rates.contains("an object with base, date, rates"), "{rates}");
    // matomo-org/matomo#19460: a list for each day, under its name.
    let by_day = told("visits", json!({"2022-06-28": [], "2022-06-30": [{"label": "a", "nb_visits": 8}]}));
    assert!(by_day.contains("json_keys(body)"), "{by_day}");
    assert!(told("shop", json!([])).contains("an empty list"));
    assert!(told("shop", json!({"error": "no"})).contains("an object with error"));
}

#[test]
fn a_connector_is_named_by_its_list_or_by_the_end_of_the_address() {
    let of = |body: Value, url: &str| {
        draft("shop", Some(&body), Some(Address::parse(url).expect("an address"))).expect("a draft").table
    };
    assert_eq!(of(json!({"orders": [{"id": 1}]}), "https://a.example/v1/list"), "shop_orders");
    assert_eq!(of(json!([{"id": 1}]), "https://a.example/v1/salesOrders?limit=5"), "shop_sales_orders");
    assert_eq!(of(json!({"data": [{"id": 1}]}), "https://a.example/"), "shop_rows");
    assert_eq!(of(json!([{"id": 1}]), "https://a.example/shop"), "shop_row");
}

#[test]
fn an_address_with_credentials_is_refused() {
    assert!(Address::parse("https://user:pass@api.example/orders").is_err());
    assert!(Address::parse("not an address").is_err());
}

/// What is written can be read back: description, contract and metrics.
#[test]
fn the_files_are_what_their_schemas_take() {
    let made = draft("shop", None, None).expect("a draft");
    let of = |ending: &str| {
        let found = made.files.iter().find(|(place, _)| place.ends_with(ending));
        found.unwrap_or_else(|| panic!("no {ending}")).1.as_str()
    };
    let spec = crate::connectors::spec::ConnectorSpec::parse(Path::new("connector.toml"), of("connector.toml"));
    assert_eq!(spec.expect("a description").streams.keys().collect::<Vec<_>>(), ["orders"]);
    assert!(of("facts/shop_orders.toml").contains("key = [\"id\"]"));
    assert_eq!(made.metrics, ["shop_orders_count", "shop_amount"]);
    assert!(of("shop_orders.metrics.sql").contains("m.utm_source AS source"));
}
