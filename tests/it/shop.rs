//! A shop's orders: what they add to the metrics, and what the standing checks say of them.

use crate::recurring::Account;
use crate::support::{land_and_load_pages, noon, source, texts};
use daybook::connectors::landing::PageLabel;
use serde_json::{Value, json};

fn money(amount: &str) -> Value {
    json!({"shopMoney": {"amount": amount, "currencyCode": "USD"}})
}

/// An order that was paid at once, of a day of November 2026.
fn order(number: u32, day: u32, total: &str) -> Value {
    let at = format!("2026-11-{day:02}T10:00:00Z");
    json!({
        "id": format!("gid://shopify/Order/{number}"), "name": format!("#{number}"), "createdAt": at, "processedAt": at,
        "updatedAt": at, "test": false, "displayFinancialStatus": "PAID", "currencyCode": "USD", "taxesIncluded": false,
        "subtotalPriceSet": money(total), "totalDiscountsSet": money("0.00"), "totalTaxSet": money("0.00"),
        "totalPriceSet": money(total), "totalRefundedSet": money("0.00"), "totalReceivedSet": money(total),
        "lineItems": {"nodes": [], "pageInfo": {"hasNextPage": false}}, "shippingLines": {"nodes": []}, "refunds": [],
        "transactions": [{"id": format!("gid://shopify/OrderTransaction/{number}"), "kind": "SALE", "status": "SUCCESS",
            "gateway": "stripe", "test": false, "processedAt": at, "amountSet": money(total)}],
    })
}

fn list(nodes: &[Value]) -> String {
    json!({"data": {"orders": {"nodes": nodes, "pageInfo": {"hasNextPage": false, "endCursor": null}}}}).to_string()
}

/// Who ordered: the number of the order, the customer, the address, and the tag of the last visit.
type Buyer<'a> = (u32, &'a str, &'a str, &'a str);

/// Orders with who ordered, and the refunds of one of them.
fn load(account: &Account, orders: &[Value], buyers: &[Buyer<'_>], refunds: Option<(u32, Value)>) -> Vec<String> {
    let id = |number: u32| format!("gid://shopify/Order/{number}");
    let origins: Vec<Value> = buyers
        .iter()
        .map(|(number, customer, _, tag)| {
            let visit = json!({"utmParameters": {"source": tag, "medium": "cpc", "campaign": "autumn"}});
            json!({"id": id(*number), "customer": {"id": customer}, "customerJourneySummary": {"lastVisit": visit}})
        })
        .collect();
    let addresses: Vec<Value> =
        buyers.iter().map(|(number, _, address, _)| json!({"id": id(*number), "email": address})).collect();
    let mut pages = vec![
        (PageLabel::default(), list(orders)),
        (PageLabel::of_part("origin"), list(&origins)),
        (PageLabel::of_part("address"), list(&addresses)),
    ];
    if let Some((number, refunds)) = refunds {
        let body = json!({"data": {"order": {"id": id(number), "refunds": refunds}}}).to_string();
        pages.push((PageLabel::of_part("refunds"), body));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let source = source("shopify", &[]);
    land_and_load_pages(&account.warehouse, (folder.path(), &source), "orders", &pages, (noon(), None))
        .expect("a load")
        .notes
}

fn says(account: &Account, check: &str) -> Vec<String> {
    texts(&account.warehouse, &format!("SELECT says FROM ({check}) ORDER BY says"))
}

const ADD_UP: &str = include_str!("../../jobs/checks/orders_add_up.sql");
const ONCE: &str = include_str!("../../jobs/checks/payments_are_counted_once.sql");
const FOUND: &str = include_str!("../../jobs/checks/articles_are_found_among_pages.sql");

fn refund() -> Value {
    json!([{"id": "gid://shopify/Refund/1", "createdAt": "2026-11-12T09:00:00Z", "totalRefundedSet": money("30.00"),
        "refundLineItems": {"nodes": [{"quantity": 1, "subtotalSet": money("30.00"), "totalTaxSet": money("0.00")}]},
        "transactions": {"nodes": [{"id": "gid://shopify/OrderTransaction/9", "kind": "REFUND", "status": "SUCCESS",
            "gateway": "stripe", "processedAt": "2026-11-12T09:00:00Z", "amountSet": money("30.00"),
            "parentTransaction": {"id": "gid://shopify/OrderTransaction/1"}}]}}])
}

#[test]
fn orders_give_revenue_new_customers_refunds_and_net_sales_with_their_origin() {
    let account = Account::new();
    let mut first = order(1, 2, "80.00");
    first["totalRefundedSet"] = money("30.00");
    first["refunds"] = json!([{"id": "gid://shopify/Refund/1", "createdAt": "2026-11-12T09:00:00Z", "totalRefundedSet": money("30.00")}]);
    let buyers = [(1, "c1", "jo@example.com", "google"), (2, "c1", "jo@example.com", "newsletter")];
    let notes = load(&account, &[first, order(2, 3, "20.00")], &buyers, Some((1, refund())));
    assert_eq!(notes, Vec::<String>::new());
    account.roll_up("2026-11-25");
    let days =
        "SELECT concat_ws(' ', date, source, orders, customers, revenue::DECIMAL(18, 2), refunds::DECIMAL(18, 2),
            shop_orders, ordered_sales::DECIMAL(18, 2), returned_sales::DECIMAL(18, 2))
        FROM mart.metric_daily ORDER BY date";
    assert_eq!(
        texts(&account.warehouse, days),
        [
            "2026-11-02 google 1 1 80.00 0.00 1 80.00 0.00",
            "2026-11-03 newsletter 1 0 20.00 0.00 1 20.00 0.00",
            "2026-11-12 google 0 0 0.00 30.00 0 0.00 30.00"
        ],
        "the refund is of its own day, and of the origin of its order"
    );
    assert_eq!(says(&account, ADD_UP), Vec::<String>::new());
    assert_eq!(says(&account, ONCE), Vec::<String>::new());
}

#[test]
fn an_order_that_does_not_come_to_its_own_word_is_reported_by_name() {
    let account = Account::new();
    let mut cut = order(1, 2, "100.00");
    cut["totalRefundedSet"] = money("60.00");
    let mut odd = order(2, 2, "50.00");
    odd["subtotalPriceSet"] = money("45.00");
    odd["totalReceivedSet"] = money("40.00");
    load(&account, &[cut, odd], &[], None);
    assert_eq!(
        says(&account, ADD_UP),
        [
            "the goods, shipping, tax and tips of 1 order of shopify do not come to the order's total, by 5.00 USD: #2",
            "the payments of 1 order of shopify do not come to the order's own word on what was received, by 10.00 USD: #2",
            "the refunds of 1 order of shopify do not come to the order's own word on what was given back, by 60.00 USD: #1",
        ]
    );
}

#[test]
fn payments_that_their_provider_tells_as_well_are_reported() {
    let account = Account::new();
    let people = ["a@example.com", "b@example.com", "c@example.com"];
    let orders: Vec<Value> = (1..=3).map(|number| order(number, number, "49.00")).collect();
    let buyers: Vec<Buyer<'_>> =
        (1..=3).zip(people).map(|(number, address)| (number, address, address, "google")).collect();
    load(&account, &orders, &buyers, None);
    assert_eq!(says(&account, ONCE), Vec::<String>::new(), "a shop alone");
    let charges: Vec<Value> = (1..=3)
        .zip(people)
        .map(|(day, address)| {
            json!({"id": format!("ch_{day}"), "object": "charge", "amount": 4900, "amount_captured": 4900, "captured": true,
                "created": crate::recurring::at(&format!("2026-11-{day:02}T10:00:20Z")).timestamp(), "currency": "usd", "customer": null,
                "status": "succeeded", "billing_details": {"email": address}, "metadata": {}, "balance_transaction": null})
        })
        .collect();
    account.load("charges", &charges[..2], &[], "2026-11-25T12:00:00Z");
    assert_eq!(says(&account, ONCE), Vec::<String>::new(), "two may be chance");
    account.load("charges", &charges, &[], "2026-11-25T12:00:00Z");
    let told = says(&account, ONCE);
    let wanted = "3 payments of shopify (147.00 USD) seem to be in stripe as well, and count twice";
    assert!(told.len() == 1 && told[0].contains(wanted), "{told:?}");
}

/// An article in the site's shape.
fn article(id: u32, link: &str) -> Value {
    json!({"id": id, "date_gmt": "2026-10-01T08:00:00", "modified_gmt": "2026-10-01T08:00:00", "status": "publish", "type": "post",
        "link": link, "title": {"rendered": "Title"}, "author": 3, "categories": []})
}

#[test]
fn sessions_are_those_of_the_article_however_its_address_is_written() {
    let account = Account::new();
    let load = |host: &str, from: u32| {
        let links = ["caf%c3%a9-guide/", "Pricing/", "/en//posts/", "one/", "two/"];
        let list: Vec<Value> =
            (from..).zip(links).map(|(id, path)| article(id, &format!("https://{host}/{path}"))).collect();
        let folder = tempfile::tempdir().expect("a folder");
        let pages = [(PageLabel::default(), Value::from(list).to_string())];
        let source = source("wordpress", &[]);
        land_and_load_pages(&account.warehouse, (folder.path(), &source), "articles", &pages, (noon(), None))
            .expect("a load");
    };
    load("example.com", 1);
    let seen = |pages: &[(&str, u32)]| {
        let rows: Vec<String> = pages
            .iter()
            .map(|(page, sessions)| {
                format!("('acme', 'ga4', '1', DATE '2026-11-02', '{page}', {sessions}, 1, 2, 0, 'l')")
            })
            .collect();
        let sql = format!(
            "DELETE FROM core.page_daily;
             INSERT INTO core.page_daily (workspace, connection, property_id, date, page, sessions, engaged_sessions, pageviews, key_events, load_id)
             VALUES {}",
            rows.join(", ")
        );
        account
            .warehouse
            .write_blocking(move |connection| {
                connection.execute_batch(&sql).expect("rows");
                Ok(())
            })
            .expect("written");
    };
    seen(&[("/caf%C3%A9-guide", 5), ("/café-guide/", 2), ("/pricing", 3), ("/en/posts/?x=1", 1), ("/other", 9)]);
    let all = "SELECT concat_ws(' ', article_id, path, sessions, days_since) FROM mart.article_daily ORDER BY ALL";
    assert_eq!(texts(&account.warehouse, all), ["1 /café-guide 7 32", "2 /Pricing 3 32", "3 /en/posts 1 32"]);
    assert_eq!(says(&account, FOUND), Vec::<String>::new());
    seen(&[("/other", 9)]);
    assert_eq!(
        says(&account, FOUND),
        [
            "5 of 5 articles of wordpress are no landing page in web analytics: their addresses may be of another site, or not be measured"
        ]
    );
}
