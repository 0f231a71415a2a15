use super::super::{RollupSql, rollup};
use crate::domain::channel::ChannelRules;
use crate::domain::workspace::Workspace;
use crate::warehouse::{Context, Warehouse};

/// A payment: its id, customer, address and day.
type Payment = (&'static str, Option<&'static str>, Option<&'static str>, &'static str);

fn run(warehouse: &Warehouse, sql: &str) {
    let sql = sql.to_owned();
    warehouse.write_blocking(move |c| c.execute_batch(&sql).context(|| sql.clone())).expect("written");
}

fn text(value: Option<&str>) -> String {
    value.map_or_else(|| "NULL".to_owned(), |value| format!("'{value}'"))
}

fn pay(warehouse: &Warehouse, payments: &[Payment], load: &str) {
    for (id, customer, person, day) in payments {
        run(
            warehouse,
            &format!(
                "INSERT INTO core.payment BY NAME SELECT 'w' AS workspace, 'stripe' AS connection, '{id}' AS payment_id,
                     {}::VARCHAR AS customer_id, {}::VARCHAR AS person_key, TIMESTAMP '{day}' AS created_at, DATE '{day}' AS date,
                     'succeeded' AS status, true AS is_captured, false AS is_disputed, 49 AS amount, 'USD' AS currency, '{load}' AS load_id;
                 INSERT INTO ops.touched_day VALUES ('w', DATE '{day}', '{load}')",
                text(*customer),
                text(*person)
            ),
        );
    }
}

/// A contact with its addresses, as a load leaves it.
fn meet(warehouse: &Warehouse, id: &str, keys: &[&str], merged: &[&str], (day, source): (&str, &str), load: &str) {
    let list = |values: &[&str]| format!("{values:?}").replace('"', "'");
    run(
        warehouse,
        &format!(
            "INSERT INTO core.contact BY NAME SELECT 'w' AS workspace, 'crm' AS connection, '{id}' AS contact_id,
                 {} AS person_key, {}::VARCHAR[] AS other_person_keys, TIMESTAMP '{day}' AS created_at,
                 DATE '{day}' AS created_date, TIMESTAMP '{day}' AS modified_at, '{source}' AS source, 'organic' AS medium,
                 '' AS campaign, {}::VARCHAR[] AS merged_contact_ids, '{load}' AS load_id;
             INSERT INTO ops.touched_day VALUES ('w', DATE '{day}', '{load}')",
            text(keys.first().copied()),
            list(keys.get(1..).unwrap_or_default()),
            list(merged)
        ),
    );
}

fn roll_up(warehouse: &Warehouse) -> u64 {
    let workspace = Workspace::sample("w", "USD");
    let rules = ChannelRules::new(&[]).expect("rules");
    let today = "2026-11-20".parse().expect("a day");
    let rolled = warehouse.write_blocking(move |c| rollup(c, &workspace, &rules, &RollupSql::shipped(), today));
    rolled.expect("rolled up").days
}

/// Days with orders: day, source, new customers.
fn found(warehouse: &Warehouse) -> Vec<String> {
    let sql = "SELECT concat_ws(' ', date, source, sum(customers)) FROM mart.metric_daily WHERE orders > 0
        GROUP BY date, source ORDER BY date, source";
    warehouse
        .read_blocking(|reader| {
            let step = || sql.to_owned();
            let mut statement = reader.prepare(sql).context(step)?;
            let rows = statement.query_map([], |row| row.get(0)).context(step)?;
            rows.collect::<Result<_, _>>().context(step)
        })
        .expect("figures")
}

// edalzell/statamic-charge#83, MayOneUS/pledgeservice#32
#[test]
fn a_payer_without_an_address_or_with_another_one_is_the_same_by_the_customer() {
    let payments = [
        ("1", Some("cus_9"), Some("a"), "2026-10-05"),
        ("2", Some("cus_8"), Some("b"), "2026-10-06"),
        ("3", Some("cus_9"), None, "2026-11-05"),
        ("4", Some("cus_8"), Some("other"), "2026-11-06"),
    ];
    let mut backwards = payments;
    backwards.reverse();
    for payments in [payments, backwards] {
        let warehouse = Warehouse::in_memory().expect("a warehouse");
        pay(&warehouse, &payments, "l");
        roll_up(&warehouse);
        let wanted =
            ["2026-10-05 (unknown) 1", "2026-10-06 (unknown) 1", "2026-11-05 (unknown) 0", "2026-11-06 (unknown) 0"];
        assert_eq!(found(&warehouse), wanted);
    }
}

// laravel/cashier-stripe#1540: guest checkouts make a new customer each time.
#[test]
fn customers_that_share_an_address_are_one_and_so_are_their_other_addresses() {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let payments = [
        ("1", Some("cus_1"), Some("a"), "2026-10-05"),
        ("2", Some("cus_2"), Some("a"), "2026-10-06"),
        ("3", Some("cus_2"), Some("b"), "2026-10-07"),
        ("4", None, Some("b"), "2026-10-08"),
        ("5", Some("cus_5"), Some("c"), "2026-10-09"),
    ];
    pay(&warehouse, &payments, "l");
    roll_up(&warehouse);
    let new: Vec<String> = found(&warehouse).iter().map(|line| line[line.len() - 1..].to_owned()).collect();
    assert_eq!(new, ["1", "0", "0", "0", "1"]);
}

#[test]
fn payers_without_any_key_stay_strangers() {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    pay(&warehouse, &[("1", None, None, "2026-10-05"), ("2", None, None, "2026-10-06")], "l");
    roll_up(&warehouse);
    assert_eq!(found(&warehouse), ["2026-10-05 (unknown) 1", "2026-10-06 (unknown) 1"]);
}

// PostHog/posthog#48789: only a contact's first address was read.
#[test]
fn a_contact_that_comes_later_joins_two_payers_and_their_days_are_computed_anew() {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    pay(
        &warehouse,
        &[("1", Some("cus_1"), Some("a"), "2026-10-05"), ("2", Some("cus_2"), Some("b"), "2026-11-05")],
        "l",
    );
    pay(&warehouse, &[("3", Some("cus_3"), Some("c"), "2026-11-07")], "l");
    roll_up(&warehouse);
    assert_eq!(found(&warehouse)[1], "2026-11-05 (unknown) 1");
    meet(&warehouse, "7", &["a", "b"], &[], ("2025-05-02", "google"), "l2");
    assert_eq!(roll_up(&warehouse), 3, "the contact's day and two days of payments, not the stranger's");
    assert_eq!(found(&warehouse), ["2026-10-05 google 1", "2026-11-05 google 0", "2026-11-07 (unknown) 1"]);

    // The second address goes: they are two again.
    run(
        &warehouse,
        "INSERT INTO history.contact SELECT *, 'l3', TIMESTAMP '2026-11-20' FROM core.contact; DELETE FROM core.contact",
    );
    meet(&warehouse, "7", &["a"], &[], ("2025-05-02", "google"), "l3");
    assert_eq!(roll_up(&warehouse), 3);
    assert_eq!(found(&warehouse)[1], "2026-11-05 (unknown) 1");
}

#[test]
fn merged_contacts_are_one_person_whose_origin_is_where_they_were_first_met() {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    pay(&warehouse, &[("1", None, Some("a"), "2026-10-05"), ("2", None, Some("b"), "2026-11-05")], "l");
    meet(&warehouse, "1", &["a"], &[], ("2025-05-02", "news"), "l");
    meet(&warehouse, "2", &["b"], &["1"], ("2025-01-02", "google"), "l");
    roll_up(&warehouse);
    assert_eq!(found(&warehouse), ["2026-10-05 google 1", "2026-11-05 google 0"]);
}

// kin of Cap-go/capgo.app#2010
#[test]
fn who_paid_before_the_first_day_is_no_new_customer() {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    pay(&warehouse, &[("1", Some("cus_old"), None, "2026-01-05"), ("2", Some("cus_new"), None, "2026-01-06")], "l");
    roll_up(&warehouse);
    assert_eq!(found(&warehouse)[0], "2026-01-05 (unknown) 1");
    // A payment that is loaded by now is not earlier than itself.
    run(
        &warehouse,
        "INSERT INTO core.earlier_payer VALUES ('w', 'stripe', '0', 'cus_old', 'a', DATE '2025-12-05', 'l2'),
             ('w', 'stripe', '2', 'cus_new', NULL, DATE '2026-01-06', 'l2');
         INSERT INTO ops.touched_day VALUES ('w', DATE '2025-12-05', 'l2')",
    );
    roll_up(&warehouse);
    assert_eq!(found(&warehouse), ["2026-01-05 (unknown) 0", "2026-01-06 (unknown) 1"]);
    // An address that the customer list states joins a payer who gave no customer.
    pay(&warehouse, &[("3", None, Some("a"), "2026-01-07")], "l3");
    roll_up(&warehouse);
    assert_eq!(found(&warehouse)[2], "2026-01-07 (unknown) 0");
}

#[test]
fn a_refund_moves_to_the_origin_that_is_known_later() {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    pay(&warehouse, &[("1", None, Some("a"), "2026-10-05")], "l");
    run(
        &warehouse,
        "INSERT INTO core.refund BY NAME SELECT 'w' AS workspace, 'stripe' AS connection, 'r' AS refund_id, '1' AS payment_id,
             TIMESTAMP '2026-10-09' AS created_at, DATE '2026-10-09' AS date, 'succeeded' AS status, 10 AS amount,
             'USD' AS currency, 'l' AS load_id;
         INSERT INTO ops.touched_day VALUES ('w', DATE '2026-10-09', 'l')",
    );
    roll_up(&warehouse);
    meet(&warehouse, "1", &["a"], &[], ("2025-05-02", "google"), "l2");
    roll_up(&warehouse);
    let sources = warehouse.read_blocking(|reader| {
        let sql = "SELECT string_agg(source, ' ') FROM mart.metric_daily WHERE refunds > 0";
        reader.query_row(sql, [], |row| row.get::<_, String>(0)).context(|| sql.to_owned())
    });
    assert_eq!(sources.expect("a source"), "google");
}
