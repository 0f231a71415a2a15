//! `[[competitors]]`.

use crate::domain::business::{Competitor, NETWORKS, domain};
use crate::settings::Kind;
use crate::settings::kinds::text;
use crate::settings::reader::{Section, fault};
use crate::settings::values::{quoted, read_text};
use serde_json::json;
use std::collections::BTreeMap;

pub(super) fn read(top: &mut Section<'_>) -> Vec<Competitor> {
    let mut competitors: Vec<Competitor> = Vec::new();
    for section in top.list("competitors") {
        let line = section.line;
        let Some(competitor) = competitor(section) else { continue };
        let same_name = |other: &&Competitor| other.name.trim().to_lowercase() == competitor.name.trim().to_lowercase();
        if competitors.iter().any(|other| same_name(&other)) {
            let message = format!("[[competitors]]: {} is there twice", quoted(&competitor.name));
            top.problem(line, &message, "keep one of the two");
        } else if let Some(other) = competitors.iter().find(|other| other.domain == competitor.domain) {
            let (domain, other) = (quoted(&competitor.domain), quoted(&other.name));
            let message = format!("[[competitors]]: {domain} is the domain of {other} too");
            top.problem(line, &message, "give each its own domain");
        }
        competitors.push(competitor);
    }
    competitors
}

fn competitor(mut section: Section<'_>) -> Option<Competitor> {
    section.about("Somebody who sells to the same people.");
    let name = section.required("name", "\"Globex\"", text().about("As printed; unique."));
    let domain = section.required("domain", "\"globex.example\"", own_domain().about("The domain of the web site."));
    let social = section.section("social").map(social).unwrap_or_default();
    section.finish();
    Some(Competitor { name: name?.value, domain: domain?.value, social })
}

fn social(mut section: Section<'_>) -> BTreeMap<String, String> {
    section.about("Accounts in social networks.");
    let mut accounts = BTreeMap::new();
    for network in NETWORKS {
        let account = section.optional(network, account().about("The account there, without @."));
        accounts.extend(account.map(|account| (network.to_owned(), account.value)));
    }
    section.finish();
    accounts
}

fn own_domain<'k>() -> Kind<'k, String> {
    Kind::text(json!({}), |value| {
        let text = read_text(value)?;
        domain(&text).map_err(|wrong| {
            let remedy = "write the domain alone, as \"globex.example\"";
            fault(format!("{}: {wrong}", quoted(&text)), remedy)
        })
    })
}

/// An account's name, without the `@` that some write before it.
fn account<'k>() -> Kind<'k, String> {
    Kind::text(json!({}), |value| {
        let text = read_text(value)?;
        let name = text.trim().trim_start_matches('@');
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'));
        if is_name && name.chars().count() <= 100 {
            return Ok(name.to_owned());
        }
        Err(fault(format!("{} is not the name of an account", quoted(&text)), "write it as \"globex\", no address"))
    })
}
