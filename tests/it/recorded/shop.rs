//! Recorded bodies of a shop and of a content system.

use super::{body, case, recordings};
use crate::support::{land_and_load, noon, source, texts};
use daybook::connectors::Catalog;
use daybook::connectors::rules::ErrorResponse;
use daybook::connectors::spec::ErrorAction;
use daybook::warehouse::Warehouse;
use reqwest::header::HeaderMap;

/// What the connector makes of a recorded answer: the status it is meant as, what is done, and whether readers are told.
fn verdict(connector: &str, status: u16, body: &str) -> Option<(u16, ErrorAction, String)> {
    let catalog = Catalog::built_in().expect("a catalog");
    let rules = &catalog.get(connector).expect("a connector").spec.errors;
    let found = ErrorResponse::new(status, &HeaderMap::new(), body).verdict(rules, noon())?;
    Some((found.status, found.action, found.note))
}

#[test]
fn an_order_in_two_currencies_counts_in_the_shops_on_the_shops_day() {
    let Some(folder) = recordings() else { return };
    let order = body(&folder, "shopify/order_refund_multicurrency.json");
    for (zone, wanted) in [("Etc/UTC", "2026-03-01"), ("Europe/Berlin", "2026-03-02")] {
        let warehouse = Warehouse::in_memory().expect("a warehouse");
        let landing = tempfile::tempdir().expect("a folder");
        let source = source("shopify", &[("time_zone", zone.into())]);
        let loaded =
            land_and_load(&warehouse, landing.path(), &source, "orders", std::slice::from_ref(&order)).expect("a load");
        assert_eq!(loaded.rows_quarantined, 0);
        let payment = "SELECT concat_ws(' ', date, amount::DECIMAL(18, 1), currency, source) FROM core.payment";
        assert_eq!(texts(&warehouse, payment), [format!("{wanted} 100.0 EUR")]);
        let refund = "SELECT concat_ws(' ', date, amount::DECIMAL(18, 1), currency) FROM core.refund";
        assert_eq!(texts(&warehouse, refund), ["2026-03-05 40.0 EUR"]);
        let seen = "SELECT concat_ws(' ', presented_total::DECIMAL(18, 0), presented_currency) FROM core.sales_order";
        assert_eq!(texts(&warehouse, seen), ["16500 JPY"]);
    }
}

#[test]
fn lists_of_a_shop_that_are_no_orders_give_no_rows_and_are_no_errors() {
    let Some(folder) = recordings() else { return };
    for file in ["customers", "products_page_has_next", "paged_1", "paged_2"] {
        let text = body(&folder, &format!("shopify/{file}.json"));
        assert_eq!(verdict("shopify", 200, &text), None, "{file}");
        let loaded = case("shopify", "orders", &[text]);
        let rows = "SELECT (SELECT count(*) FROM core.sales_order) + (SELECT count(*) FROM core.payment) || ''";
        assert_eq!((texts(&loaded.warehouse, rows), loaded.quarantined), (vec!["0".to_owned()], 0), "{file}");
    }
}

#[test]
fn errors_of_a_shop_come_with_status_200() {
    let Some(folder) = recordings() else { return };
    let (status, action, note) =
        verdict("shopify", 200, &body(&folder, "shopify/error_undefined_field.json")).expect("an error");
    assert_eq!((status, action), (400, ErrorAction::Stop));
    assert!(note.contains("Field 'invalidField' doesn't exist"), "{note}");
    let (status, action, note) =
        verdict("shopify", 200, &body(&folder, "shopify/errors_and_data_together.json")).expect("an error");
    assert_eq!((status, action), (403, ErrorAction::Stop));
    assert!(note.contains("FulfillmentOrder") && note.contains("read_orders"), "{note}");
}

#[test]
fn an_article_of_the_night_when_clocks_change_has_its_title_its_day_and_its_path() {
    let Some(folder) = recordings() else { return };
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let landing = tempfile::tempdir().expect("a folder");
    let source = source("wordpress", &[("time_zone", "Europe/Berlin".into())]);
    let posts = body(&folder, "wordpress/posts_entities_dst.json");
    let loaded = land_and_load(&warehouse, landing.path(), &source, "articles", &[posts]).expect("a load");
    assert_eq!(loaded.rows_quarantined, 0);
    let article = "SELECT concat_ws(' | ', title, path, published_at, published_date, modified_at) FROM core.article";
    assert_eq!(
        texts(&warehouse, article),
        ["Café – don’t miss & more | /café-guide | 2026-03-29 01:30:00 | 2026-03-29 | 2026-03-29 01:45:00"]
    );
}

#[test]
fn errors_of_a_content_system_are_told_apart() {
    let Some(folder) = recordings() else { return };
    for (file, status, meant, action, wanted) in [
        ("error_page_past_end", 400, 400, ErrorAction::Skip, "ended"),
        ("error_no_route", 404, 404, ErrorAction::Stop, "REST API is switched off"),
        ("error_invalid_param", 400, 400, ErrorAction::Stop, "per_page must be between 1"),
    ] {
        let found = verdict("wordpress", status, &body(&folder, &format!("wordpress/{file}.json"))).expect("an error");
        assert_eq!((found.0, found.1), (meant, action), "{file}");
        assert!(found.2.contains(wanted), "{file}: {}", found.2);
    }
    let page: String = serde_json::from_str(&body(&folder, "wordpress/html_instead_of_json.json")).expect("a text");
    let (_, action, note) = verdict("wordpress", 200, &page).expect("an error");
    assert_eq!(action, ErrorAction::Retry);
    assert!(note.contains("Just a moment"), "{note}");
}
