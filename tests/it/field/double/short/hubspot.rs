//! HubSpot's records in short: a contact with its days, a deal that was won.

use super::super::text;
use serde_json::{Map, Value, json};

/// `{id, created, lead}` as a contact that came by organic search.
pub fn contact(record: &mut Value) {
    record_of(record, |id, short| {
        let created = short.remove("created").unwrap_or_default();
        let mut own = json!({
            "email": format!("c{id}@example.com"), "createdate": created, "lastmodifieddate": created, "lifecyclestage": "lead",
            "hs_analytics_source": "ORGANIC_SEARCH", "hs_analytics_source_data_1": "google", "hs_analytics_source_data_2": null,
            "hs_analytics_first_url": null, "hs_merged_object_ids": null, "hs_object_id": id,
        });
        for (short_name, name) in [
            ("modified", "lastmodifieddate"),
            ("merged", "hs_merged_object_ids"),
            ("lead", "hs_lifecyclestage_lead_date"),
            ("mql", "hs_lifecyclestage_marketingqualifiedlead_date"),
            ("sql", "hs_lifecyclestage_salesqualifiedlead_date"),
        ] {
            if let Some(value) = short.remove(short_name) {
                own[name] = value;
            }
        }
        own
    });
}

/// `{id, amount, closed}` as a deal that was won.
pub fn deal(record: &mut Value) {
    record_of(record, |id, short| {
        let (created, closed) =
            (short.remove("created").unwrap_or_default(), short.remove("closed").unwrap_or_default());
        let changed = short.remove("modified").unwrap_or_else(|| created.clone());
        json!({
            "dealname": format!("d{id}"), "deal_currency_code": "USD", "dealstage": "closedwon", "pipeline": "default",
            "closedate": closed, "createdate": created, "hs_lastmodifieddate": changed, "hs_is_closed": "true",
            "hs_is_closed_won": "true", "hs_analytics_source": "ORGANIC_SEARCH", "hs_object_id": id,
            "hs_merged_object_ids": short.remove("merged").unwrap_or_default(),
        })
    });
}

/// A record whose properties are `usual` and what its short form says beyond it.
fn record_of(record: &mut Value, usual: impl Fn(&str, &mut Map<String, Value>) -> Value) {
    if record["properties"].is_object() {
        return;
    }
    let mut short = record.as_object().cloned().unwrap_or_default();
    let id = short.remove("id").unwrap_or_default();
    let archived_at = short.remove("archived_at");
    let mut properties = usual(text(&id), &mut short);
    if let Some(properties) = properties.as_object_mut() {
        properties.extend(short);
    }
    let changed = ["lastmodifieddate", "hs_lastmodifieddate"].map(|name| properties[name].clone());
    *record = json!({"id": id, "createdAt": properties["createdate"], "archived": archived_at.is_some(),
        "updatedAt": changed.into_iter().find(|at| !at.is_null()), "properties": properties});
    if let Some(at) = archived_at {
        record["archivedAt"] = at;
    }
}
