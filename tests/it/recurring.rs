//! What subscriptions are worth a month: as Stripe discounts them, and as it was on each day.

mod discounts;
mod past;

use crate::support::{land_and_load_at, source, texts};
use chrono::{DateTime, NaiveDate, Utc};
use daybook::domain::channel::ChannelRules;
use daybook::domain::money::Currency;
use daybook::domain::workspace::Workspace;
use daybook::report::questions::question;
use daybook::warehouse::Warehouse;
use daybook::warehouse::load::Loaded;
use daybook::warehouse::rollup::{RollupSql, rollup};
use duckdb::params;
use serde_json::{Value, json};

/// A warehouse that receives from one Stripe account.
pub struct Account {
    pub warehouse: Warehouse,
    folder: tempfile::TempDir,
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

impl Account {
    pub fn new() -> Self {
        let (warehouse, folder) =
            (Warehouse::in_memory().expect("a warehouse"), tempfile::tempdir().expect("a folder"));
        Self { warehouse, folder }
    }

    /// Loads a list of objects of a stream, and single ones as they come when asked for by their ids.
    pub fn load(&self, stream: &str, list: &[Value], single: &[Value], when: &str) -> Loaded {
        let bodies = std::iter::once(json!({"object": "list", "has_more": false, "data": list}));
        let bodies: Vec<String> = bodies.chain(single.iter().cloned()).map(|body| body.to_string()).collect();
        let source = source("stripe", &[]);
        land_and_load_at(&self.warehouse, (self.folder.path(), &source), stream, &bodies, at(when)).expect("a load")
    }

    pub fn roll_up(&self, today: &str) -> u64 {
        let workspace = Workspace {
            id: "acme".to_owned(),
            name: "Acme".to_owned(),
            time_zone: chrono_tz::UTC,
            currency: Currency::new("USD").expect("a currency"),
            week_starts_on: chrono::Weekday::Mon,
            fiscal_year: Default::default(),
        };
        let today: NaiveDate = today.parse().expect("a date");
        let rules = ChannelRules::new(&[]).expect("rules");
        self.warehouse
            .write_blocking(move |c| rollup(c, &workspace, &rules, &RollupSql::shipped(), today))
            .expect("a rollup")
            .days
    }

    /// The monthly value of each subscription as it stands.
    pub fn values(&self) -> Vec<String> {
        texts(&self.warehouse, "SELECT subscription_id || ' ' || mrr::DECIMAL(18, 2) FROM core.subscription ORDER BY 1")
    }

    /// Recurring revenue at the end of days, with the number of subscriptions.
    pub fn days(&self, dates: &[&str]) -> Vec<String> {
        let dates: Vec<String> = dates.iter().map(|date| format!("DATE '{date}'")).collect();
        let sql = format!(
            "SELECT date || ' ' || mrr::DECIMAL(18, 2) || ' ' || subscriptions FROM mart.mrr_daily WHERE date IN ({}) ORDER BY date",
            dates.join(", ")
        );
        texts(&self.warehouse, &sql)
    }

    /// Opening, new, reactivation, expansion, contraction, churned and closing between the ends of two days.
    pub fn moved(&self, from: &str, to: &str) -> String {
        let (from, to): (NaiveDate, NaiveDate) = (from.parse().expect("a date"), to.parse().expect("a date"));
        let sql = format!(
            "SELECT concat_ws(' ', opening::DECIMAL(18, 2), new::DECIMAL(18, 2), reactivation::DECIMAL(18, 2),
                expansion::DECIMAL(18, 2), contraction::DECIMAL(18, 2), churned::DECIMAL(18, 2), closing::DECIMAL(18, 2))
             FROM ({})",
            question("mrr_movements").expect("a question").query(["$1", "(CAST($2 AS DATE) + 1)", "(CAST($3 AS DATE) + 1)"])
        );
        self.warehouse
            .read_blocking(move |reader| {
                Ok(reader.query_row(&sql, params!["acme", from, to], |row| row.get(0)).expect("movements"))
            })
            .expect("movements")
    }
}

/// An item of a price a month, in minor units.
pub fn item(product: &str, unit_amount: i64) -> Value {
    json!({"id": format!("si_{product}"), "quantity": 1, "discounts": [], "price": {"id": format!("price_{product}"),
        "billing_scheme": "per_unit", "currency": "usd", "product": product, "unit_amount": unit_amount,
        "unit_amount_decimal": unit_amount.to_string(), "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"}}})
}

pub fn by_year(mut item: Value) -> Value {
    item["price"]["recurring"]["interval"] = json!("year");
    item
}

/// An active subscription since an instant.
pub fn subscription(id: &str, since: &str, items: &[Value]) -> Value {
    let since = at(since).timestamp();
    json!({"id": id, "object": "subscription", "customer": format!("cus_{id}"), "status": "active", "created": since,
        "start_date": since, "trial_start": null, "trial_end": null, "ended_at": null, "currency": "usd",
        "pause_collection": null, "discounts": [], "items": {"object": "list", "has_more": false, "data": items}})
}

/// The object with other values of some fields.
pub fn with(mut object: Value, fields: Value) -> Value {
    for (name, value) in fields.as_object().expect("fields") {
        object[name] = value.clone();
    }
    object
}
