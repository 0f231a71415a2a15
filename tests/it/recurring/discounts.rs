//! Discounts as Stripe applies them: in turn, to what they are for, in their currency, while they last.

use super::{Account, at, by_year, item, subscription, with};
use serde_json::{Value, json};

const SINCE: &str = "2026-03-01T00:00:00Z";
const NOW: &str = "2026-11-20T12:00:00Z";

fn coupon(id: &str, fields: Value) -> Value {
    let plain = json!({"id": id, "object": "coupon", "duration": "forever", "percent_off": null, "amount_off": null,
        "currency": null, "valid": true});
    with(plain, fields)
}

fn percent(off: f64) -> Value {
    coupon(&format!("p{off}"), json!({"percent_off": off}))
}

fn amount(off: i64) -> Value {
    coupon(&format!("a{off}"), json!({"amount_off": off, "currency": "usd"}))
}

fn discount(coupon: Value) -> Value {
    json!({"id": format!("di_{}", coupon["id"].as_str().unwrap_or("x")), "object": "discount", "start": at(SINCE).timestamp(),
        "end": null, "source": {"type": "coupon", "coupon": coupon}})
}

fn discounted(id: &str, items: &[Value], coupons: &[Value]) -> Value {
    let discounts: Vec<Value> = coupons.iter().cloned().map(discount).collect();
    with(subscription(id, SINCE, items), json!({"discounts": discounts}))
}

/// The value of one subscription that came in the list and by its id.
fn value(of: &Value) -> String {
    let account = Account::new();
    let loaded = account.load("subscriptions", std::slice::from_ref(of), std::slice::from_ref(of), NOW);
    assert_eq!((loaded.rows_quarantined, loaded.notes), (0, Vec::new()), "{of}");
    account.values().remove(0).split(' ').nth(1).expect("a value").to_owned()
}

#[test]
fn each_discount_is_taken_from_what_the_one_before_left() {
    // bitwarden/server#7786: 35.00 with 5% and 20% off is billed at 26.60, not at 26.25.
    assert_eq!(value(&discounted("s", &[item("a", 3500)], &[percent(5.0), percent(20.0)])), "26.60");
    assert_eq!(
        value(&discounted("s", &[item("a", 10_000)], &[percent(50.0), coupon("h", json!({"percent_off": 50}))])),
        "25.00"
    );
    // In the order of the list.
    assert_eq!(value(&discounted("s", &[item("a", 10_000)], &[amount(1000), percent(20.0)])), "72.00");
    assert_eq!(value(&discounted("s", &[item("a", 10_000)], &[percent(20.0), amount(1000)])), "70.00");
}

#[test]
fn a_discount_never_pays_the_customer_and_holds_though_its_coupon_is_no_longer_valid() {
    // segmentio/stripe-cohort#2: 50 off a price of 49 was counted as minus 1; coupons that nobody can redeem any
    // more were left out, though they go on for those who have them.
    assert_eq!(value(&discounted("s", &[item("a", 4900)], &[amount(5000)])), "0.00");
    let over = coupon("over", json!({"percent_off": 10, "valid": false}));
    assert_eq!(value(&discounted("s", &[item("a", 10_000)], &[over])), "90.00");
}

#[test]
fn a_coupon_for_some_products_lowers_only_those() {
    // useautumn/autumn#535: 100.00 and an add-on of 50.00 at half price are 125.00.
    let items = [item("core", 10_000), item("addon", 5000)];
    let half = |fields: Value| with(percent(50.0), fields);
    let opened = discounted("s", &items, &[half(json!({"applies_to": {"products": ["addon"]}}))]);
    assert_eq!(value(&opened), "125.00");
    let of_amount = with(amount(6000), json!({"applies_to": {"products": ["addon"]}}));
    assert_eq!(value(&discounted("s", &items, &[of_amount])), "100.00", "no more than the item costs");

    // The list leaves the products out; one subscription with the coupon shows it for all.
    let account = Account::new();
    let listed = |id: &str| discounted(id, &items, &[half(json!({}))]);
    let single = with(opened, json!({"id": "one"}));
    account.load("subscriptions", &[listed("one"), listed("two")], &[single], NOW);
    assert_eq!(account.values(), ["one 125.00", "two 125.00"]);

    let account = Account::new();
    let loaded = account.load("subscriptions", &[listed("one")], &[], NOW);
    assert_eq!(account.values(), ["one 75.00"]);
    assert!(loaded.notes[0].contains("1 subscription") && loaded.notes[0].contains("too low"), "{:?}", loaded.notes);
}

#[test]
fn discounts_of_items_come_before_those_of_the_subscription() {
    let mut items = [item("a", 10_000), item("b", 10_000)];
    items[0]["discounts"] =
        json!([{"id": "di", "start": at(SINCE).timestamp(), "end": null, "source": {"coupon": "half"}}]);
    let of = discounted("s", &items, &[amount(3000)]);
    let account = Account::new();
    // The coupon of an item is asked for by its id.
    account.load(
        "subscriptions",
        std::slice::from_ref(&of),
        &[of.clone(), coupon("half", json!({"percent_off": 50}))],
        NOW,
    );
    assert_eq!(account.values(), ["s 120.00"]);

    let account = Account::new();
    let loaded = account.load("subscriptions", std::slice::from_ref(&of), std::slice::from_ref(&of), NOW);
    assert_eq!(account.values(), ["s 170.00"]);
    assert!(loaded.notes[0].contains("too high"), "{:?}", loaded.notes);
}

#[test]
fn an_amount_is_taken_off_each_invoice_in_its_own_currency() {
    let yearly = by_year(item("y", 120_000));
    assert_eq!(value(&discounted("s", std::slice::from_ref(&yearly), &[amount(12_000)])), "90.00");
    // Eleven invoices of 50 less 60, and one of 1,250 less 60: 1,190 a year.
    assert_eq!(value(&discounted("s", &[item("m", 5000), yearly], &[amount(6000)])), "99.17");
    let euros = |fields: Value| {
        let mut of = with(item("e", 10_000), json!({}));
        of["price"]["currency"] = json!("eur");
        with(discounted("s", &[of], &[with(amount(1000), fields)]), json!({"currency": "eur"}))
    };
    assert_eq!(value(&euros(json!({"currency_options": {"eur": {"amount_off": 800}}}))), "92.00");
    let account = Account::new();
    let foreign = euros(json!({}));
    let loaded = account.load("subscriptions", std::slice::from_ref(&foreign), std::slice::from_ref(&foreign), NOW);
    assert_eq!(account.values(), ["s 100.00"]);
    assert!(loaded.notes[0].contains("another currency"), "{:?}", loaded.notes);
}

#[test]
fn a_customers_discount_holds_where_the_subscription_has_none() {
    // bitwarden/server#7831, stripe/stripe-java#159: a discount that sits on the customer.
    let quarter = discount(percent(25.0));
    let customer = |id: &str, discount: &Value| json!({"id": format!("cus_{id}"), "object": "customer", "created": 1_769_904_000, "email": "jo@example.com", "discount": discount});
    let account = Account::new();
    let own = discounted("own", &[item("a", 4000)], &[percent(10.0)]);
    let subscriptions = [subscription("bare", SINCE, &[item("a", 4000)]), own.clone()];
    account.load("customers", &[customer("bare", &quarter), customer("own", &quarter)], &[], NOW);
    account.load("subscriptions", &subscriptions, std::slice::from_ref(&own), NOW);
    assert_eq!(account.values(), ["bare 30.00", "own 36.00"]);
    // It is taken away.
    account.load("customers", &[customer("bare", &Value::Null)], &[], NOW);
    account.load("subscriptions", &subscriptions, &[own], NOW);
    assert_eq!(account.values(), ["bare 40.00", "own 36.00"]);
}

#[test]
fn a_discount_counts_while_it_lasts() {
    let mut ends = discount(percent(50.0));
    ends["end"] = json!(at("2026-06-01T00:00:00Z").timestamp());
    let mut begins = discount(percent(10.0));
    begins["start"] = json!(at("2026-09-01T00:00:00Z").timestamp());
    let once = discount(coupon("once", json!({"percent_off": 90, "duration": "once"})));
    let of = with(subscription("s", SINCE, &[item("a", 10_000)]), json!({"discounts": [ends, begins, once]}));
    let account = Account::new();
    account.load("subscriptions", std::slice::from_ref(&of), std::slice::from_ref(&of), NOW);
    account.roll_up("2026-11-20");
    assert_eq!(
        account.days(&[
            "2026-02-28",
            "2026-03-01",
            "2026-05-31",
            "2026-06-01",
            "2026-08-31",
            "2026-09-01",
            "2026-11-20"
        ]),
        [
            "2026-03-01 50.00 1",
            "2026-05-31 50.00 1",
            "2026-06-01 100.00 1",
            "2026-08-31 100.00 1",
            "2026-09-01 90.00 1",
            "2026-11-20 90.00 1"
        ]
    );
}

#[test]
fn tiers_come_with_the_price_and_past_due_counts() {
    // adrienverge/localstripe#118: no more than four levels are expanded, so lists cannot hold tiers.
    let mut tiered = item("t", 0);
    tiered["quantity"] = json!(7);
    tiered["price"] = with(
        tiered["price"].clone(),
        json!({"billing_scheme": "tiered", "unit_amount": null,
        "unit_amount_decimal": null, "tiers_mode": "graduated"}),
    );
    let price = json!({"id": "price_t", "object": "price", "tiers": [{"up_to": 5, "unit_amount": 1000}, {"up_to": null, "unit_amount": 500}]});
    // Cap-go/capgo.app#2505: revenue of those that are past due was dropped from the day's figure.
    let late = with(subscription("late", SINCE, &[item("a", 4000)]), json!({"status": "past_due"}));
    let account = Account::new();
    account.load("subscriptions", &[subscription("t", SINCE, &[tiered]), late], &[price], NOW);
    assert_eq!(account.values(), ["late 40.00", "t 60.00"]);
}
