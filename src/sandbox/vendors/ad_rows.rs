//! Rows of Google Ads: a campaign's day, and an account's.

use crate::sandbox::world::{AdDay, Simulation};
use chrono::{Days, NaiveDate};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A row a day: what the account's campaigns have together.
pub fn account_rows<'a>(
    world: &Simulation,
    account: &str,
    ads: impl Iterator<Item = &'a AdDay>,
    fields: &[String],
) -> Vec<Value> {
    let mut days: BTreeMap<NaiveDate, (i128, i128, i128, f64)> = BTreeMap::new();
    for ad in ads {
        let day = days.entry(ad.date).or_default();
        day.0 += i128::from(ad.impressions);
        day.1 += i128::from(ad.clicks);
        day.2 += i128::from(ad.cost_micros);
        day.3 += credited(world, ad);
    }
    let row = |(date, (impressions, clicks, cost, conversions)): (NaiveDate, (i128, i128, i128, f64))| {
        let mut row = json!({});
        for field in fields {
            let value = match field.as_str() {
                "segments.date" => json!(date.to_string()),
                "customer.id" => json!(account),
                "customer.currency_code" => json!(world.tenant.currency.code()),
                "customer.time_zone" => json!(world.tenant.zone.name()),
                "metrics.impressions" => json!(impressions.to_string()),
                "metrics.clicks" => json!(clicks.to_string()),
                "metrics.cost_micros" => json!(cost.to_string()),
                "metrics.conversions" => json!((conversions * 100.0).round() / 100.0),
                _ => continue,
            };
            let Some((group, name)) = field.split_once('.') else { continue };
            row[group][camel(name)] = value;
        }
        row
    };
    days.into_iter().map(row).collect()
}

pub fn ad_row(world: &Simulation, ad: &AdDay, fields: &[String]) -> Value {
    let mut row = json!({});
    for field in fields {
        let value = match field.as_str() {
            "segments.date" => json!(ad.date.to_string()),
            "customer.id" => json!(ad.account),
            "customer.currency_code" => json!(world.tenant.currency.code()),
            "customer.time_zone" => json!(world.tenant.zone.name()),
            "campaign.id" => json!(ad.campaign_id.to_string()),
            "campaign.name" => json!(ad.campaign),
            "campaign.status" => json!("ENABLED"),
            "campaign.advertising_channel_type" => json!(ad.kind),
            "metrics.impressions" => json!(ad.impressions.to_string()),
            "metrics.clicks" => json!(ad.clicks.to_string()),
            "metrics.cost_micros" => json!(ad.cost_micros.to_string()),
            "metrics.conversions" => json!(credited(world, ad)),
            "metrics.conversions_value" => json!(credited(world, ad) * 40.0),
            _ => continue,
        };
        let Some((group, name)) = field.split_once('.') else { continue };
        row[group][camel(name)] = value;
    }
    row["campaign"]["resourceName"] = json!(format!("customers/{}/campaigns/{}", ad.account, ad.campaign_id));
    if ad.date > world.last - Days::new(60) {
        row["campaign"]["labels"] = json!(["sandbox"]);
    }
    row
}

/// Conversions credited so far: they keep arriving for 30 days after the click.
pub fn credited(world: &Simulation, ad: &AdDay) -> f64 {
    let age = (world.last - ad.date).num_days().clamp(0, 30);
    let arrived = 0.6 + 0.4 * age as f64 / 30.0;
    (ad.conversions_final as f64 * arrived).round() / 100.0
}

pub fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |name, part| {
        let mut letters = part.chars();
        let upper = letters.next().map(|letter| letter.to_ascii_uppercase()).into_iter();
        name + &upper.chain(letters).collect::<String>()
    })
}
