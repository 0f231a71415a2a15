//! What a workspace's file states about the business: competitors, known events, holidays, experiments.
//!
//! All of it stands in `config/workspaces/<id>.toml`, beside budgets and campaigns: one file has one order of
//! names and one schema, and nothing can clash with another file.

mod competitors;
mod events;
mod experiments;

use super::Known;
use crate::domain::business::Business;
use crate::domain::holidays::{Region, RegionError};
use crate::settings::Kind;
use crate::settings::check_known;
use crate::settings::kinds::list_of;
use crate::settings::reader::{At, Section, fault};
use crate::settings::values::{quoted, read_text};
use serde_json::json;
use std::collections::BTreeSet;

pub(super) fn read(top: &mut Section<'_>, known: &Known) -> Business {
    let holidays = top
        .optional(
            "holidays",
            list_of(region()).about("Countries and their parts whose public holidays count, as \"DE\", \"US-NY\"."),
        )
        .map(|at| at.value)
        .unwrap_or_default();
    Business {
        competitors: competitors::read(top),
        events: events::read(top, known),
        holidays,
        experiments: experiments::read(top, known),
    }
}

/// A country or a part of one whose holidays are known.
fn region<'k>() -> Kind<'k, Region> {
    Kind::text(json!({ "pattern": "^\\s*[A-Za-z]{2}(-.{1,40})?\\s*$" }), |value| {
        let text = read_text(value)?;
        Region::parse(&text).map_err(|error| match error {
            RegionError::UnknownCountry { code, known } => {
                fault(format!("no holidays are known for {}", quoted(&code)), known.to_string())
            }
            RegionError::UnknownSubdivision { country, code, known } => {
                let remedy = match known.to_string().as_str() {
                    "known: " => format!("write \"{country}\" alone"),
                    known => known.to_owned(),
                };
                fault(format!("{country} has no part {}", quoted(&code)), remedy)
            }
            error => fault(error.to_string(), "leave the country out"),
        })
    })
}

/// Checks every name of a list.
fn check_all(
    section: &Section<'_>,
    names: Option<At<Vec<String>>>,
    known: Option<&BTreeSet<String>>,
    (what, place): (&str, &str),
) -> Vec<String> {
    let Some(names) = names else { return Vec::new() };
    for name in &names.value {
        check_known(section, &At { value: name.clone(), line: names.line }, known, what, place);
    }
    names.value
}

const METRIC: (&str, &str) = ("metric", "jobs/metrics.toml");
const CHANNEL: (&str, &str) = ("channel", "config/channels.toml");
