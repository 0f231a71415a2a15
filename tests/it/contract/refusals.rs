//! What each connector makes of the vendor's refusals.

use crate::support::noon;
use daybook::connectors::Catalog;
use daybook::connectors::rules::ErrorResponse;
use reqwest::header::{HeaderMap, HeaderName};
use std::time::Duration;

#[test]
fn refusals_in_the_vendors_shapes_are_acted_upon_and_told_as_each_file_says() {
    let catalog = Catalog::built_in().expect("a sound catalog");
    let (mut tried, mut faults) = (0, Vec::new());
    for (name, contract) in super::all() {
        let rules = &catalog.get(&name).expect("a connector").spec.errors;
        for refusal in &contract.refusals {
            tried += 1;
            let header = |(name, value): (&String, &String)| {
                (name.parse::<HeaderName>().expect("a header"), value.parse().expect("a value"))
            };
            let headers: HeaderMap = refusal.headers.iter().map(header).collect();
            let place = format!("{name}: {} {}", refusal.kind, refusal.told);
            let Some(found) = ErrorResponse::new(refusal.status, &headers, &refusal.body).verdict(rules, noon()) else {
                faults.push(format!("{place}: it is taken for data"));
                continue;
            };
            let expected =
                (refusal.action, refusal.means.unwrap_or(refusal.status), refusal.wait_secs.map(Duration::from_secs));
            if (found.action, found.status, found.wait) != expected {
                faults.push(format!("{place}: {expected:?} is due, not {found:?}"));
            }
            if !found.note.contains(&refusal.told) {
                faults.push(format!("{place}: the note says: {}", found.note));
            }
        }
    }
    assert!(tried > 40 && faults.is_empty(), "{}", faults.join("\n"));
}
