//! What Google Ads says of campaigns by device, hour, region, keyword and search term. Shares add up to the campaign,
//! but for places it does not know, keywords of other kinds, and terms that few people used.

use super::ad_rows::{ad_row, camel, credited};
use super::shares::{hours, shares};
use crate::sandbox::world::{AdDay, Simulation};
use chrono::Datelike;
use serde_json::{Value, json};

const DEVICES: [(&str, u32); 4] = [("DESKTOP", 480), ("MOBILE", 440), ("TABLET", 60), ("CONNECTED_TV", 20)];

/// A place: the country's id, the region's if it is known, and its weight.
const PLACES: [(u32, Option<u32>, u32); 8] = [
    (2840, Some(21_137), 260),
    (2840, Some(21_167), 200),
    (2840, None, 30),
    (2276, Some(20_226), 170),
    (2276, Some(20_228), 140),
    (2826, Some(20_339), 130),
    (2826, Some(20_340), 40),
    (2826, None, 10),
];

/// Places by id, with their names and countries.
const NAMES: [(u32, &str, &str); 9] = [
    (2840, "United States", "US"),
    (2276, "Germany", "DE"),
    (2826, "United Kingdom", "GB"),
    (21_137, "California", "US"),
    (21_167, "New York", "US"),
    (20_226, "Bavaria", "DE"),
    (20_228, "Berlin", "DE"),
    (20_339, "England", "GB"),
    (20_340, "Scotland", "GB"),
];

const KEYWORDS: [(&str, &str, u32); 3] =
    [("", "EXACT", 550), (" online", "PHRASE", 300), (" comparison", "BROAD", 110)];
const TERMS: [(&str, &str, u32); 4] =
    [("", "EXACT", 400), (" price", "PHRASE", 180), (" login", "NEAR_EXACT", 120), (" near me", "BROAD", 90)];

/// What tells a share of a campaign's day apart: fields of the query with their values.
type Told = Vec<(&'static str, Value)>;

/// The rows of a campaign's day, of a resource; `None` where it is none that the sandbox has.
pub fn rows(world: &Simulation, ad: &AdDay, resource: &str, fields: &[String]) -> Option<Vec<Value>> {
    let asks = |field: &str| fields.iter().any(|asked| asked == field);
    let parts: Vec<(u32, Told)> = match resource {
        "campaign" if asks("segments.device") => {
            DEVICES.iter().map(|(device, weight)| (*weight, vec![("segments.device", json!(device))])).collect()
        }
        "campaign" if asks("segments.hour") => {
            let weights = hours(ad.date, world.tenant.zone);
            (0..)
                .zip(weights)
                .map(|(hour, weight): (u32, u32)| (weight, vec![("segments.hour", json!(hour))]))
                .collect()
        }
        "user_location_view" => PLACES.iter().map(place).collect(),
        "keyword_view" if ad.kind == "SEARCH" => {
            (0..).zip(KEYWORDS).map(|(number, of)| keyword(ad, number, of)).collect()
        }
        "search_term_view" if ad.kind == "SEARCH" => TERMS.iter().map(|of| term(ad, of)).collect(),
        "keyword_view" | "search_term_view" => Vec::new(),
        _ => return None,
    };
    let weights: Vec<u32> = parts.iter().map(|(weight, _)| *weight).collect();
    let of = if asks("segments.hour") { weights.iter().sum() } else { 1000 };
    let phase = ad.campaign_id + u64::from(ad.date.num_days_from_ce().unsigned_abs());
    let split = |total: i128| shares(total, &weights, of, phase);
    let (impressions, clicks) = (split(ad.impressions.into()), split(ad.clicks.into()));
    let (cost, conversions) = (split(ad.cost_micros.into()), split((credited(world, ad) * 100.0).round() as i128));
    let mut rows = Vec::new();
    for (number, (_, told)) in parts.into_iter().enumerate() {
        // A row of nothing but zeros is not sent.
        if [impressions[number], clicks[number], cost[number], conversions[number]] == [0; 4] {
            continue;
        }
        let mut row = ad_row(world, ad, fields);
        let credited = conversions[number] as f64 / 100.0;
        let counted = [
            ("metrics.impressions", json!(impressions[number].to_string())),
            ("metrics.clicks", json!(clicks[number].to_string())),
            ("metrics.cost_micros", json!(cost[number].to_string())),
            ("metrics.conversions", json!(credited)),
            ("metrics.conversions_value", json!((credited * 4000.0).round() / 100.0)),
        ];
        for (field, value) in counted.into_iter().chain(told).filter(|(field, _)| asks(field)) {
            put(&mut row, field, value);
        }
        rows.push(row);
    }
    Some(rows)
}

fn put(row: &mut Value, field: &str, value: Value) {
    let place = field.split('.').fold(row, |place, part| &mut place[camel(part)]);
    *place = value;
}

fn place(&(country, region, weight): &(u32, Option<u32>, u32)) -> (u32, Told) {
    let mut told = vec![("user_location_view.country_criterion_id", json!(country.to_string()))];
    told.extend(region.map(|id| ("segments.geo_target_region", json!(format!("geoTargetConstants/{id}")))));
    (weight, told)
}

fn ad_group(ad: &AdDay) -> Told {
    vec![("ad_group.id", json!((ad.campaign_id * 10).to_string())), ("ad_group.name", json!("Ad group 1"))]
}

fn keyword(ad: &AdDay, number: u64, (words, match_type, weight): (&str, &str, u32)) -> (u32, Told) {
    let mut told = ad_group(ad);
    told.push(("ad_group_criterion.criterion_id", json!((ad.campaign_id * 100 + number).to_string())));
    told.push(("ad_group_criterion.keyword.text", json!(ad.campaign.to_lowercase() + words)));
    told.push(("ad_group_criterion.keyword.match_type", json!(match_type)));
    // The last one has too few impressions to be rated.
    if number < 2 {
        let score = 3 + (ad.campaign_id * 7 + number * 3 + u64::from(ad.date.month0())) % 8;
        let word = match score {
            7.. => "ABOVE_AVERAGE",
            5.. => "AVERAGE",
            _ => "BELOW_AVERAGE",
        };
        told.push(("metrics.historical_quality_score", json!(score.to_string())));
        told.push(("metrics.historical_creative_quality_score", json!(word)));
        told.push(("metrics.historical_landing_page_quality_score", json!("AVERAGE")));
        told.push(("metrics.historical_search_predicted_ctr", json!(word)));
    }
    (weight, told)
}

fn term(ad: &AdDay, (words, match_type, weight): &(&str, &str, u32)) -> (u32, Told) {
    let mut told = ad_group(ad);
    told.push(("search_term_view.search_term", json!(ad.campaign.to_lowercase() + words)));
    told.push(("segments.search_term_match_type", json!(match_type)));
    (*weight, told)
}

/// The places that a query over `geo_target_constant` names.
pub fn places(query: &str) -> Vec<Value> {
    let asked: Vec<&str> = query.split(|letter: char| !letter.is_ascii_digit()).collect();
    let known = NAMES.iter().filter(|(id, ..)| asked.contains(&id.to_string().as_str()));
    known
        .map(|(id, name, country)| {
            json!({"geoTargetConstant": {"resourceName": format!("geoTargetConstants/{id}"), "id": id.to_string(),
                "name": name, "countryCode": country}})
        })
        .collect()
}
