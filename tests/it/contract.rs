//! What every connector is tested for, kind by kind: a connector of the catalogue that lacks one fails here.
//!
//! # Adding one
//!
//! `tests/fixtures/contract/<connector>.toml` names for each of [`KINDS`] what shows it:
//!
//! - `[cases]`: cases of `tests/fixtures/<connector>/`, as `stream/case` (`fixtures.rs` says how they are written).
//! - `[[refusals]]`: an answer in the vendor's shape that is no data, what is done about it, and what an admin is told.
//! - `[[walks]]`: a script of answers, and what stands in the tables after the engine has asked for all of them.
//! - `[cannot]`: what the vendor cannot have, with the reason.

mod data;
mod refusals;
pub mod script;
mod walks;

use data::Contract;
use daybook::connectors::Catalog;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What may happen to a connector, and must be shown.
pub const KINDS: [&str; 13] = [
    "usual",
    "second_page",
    "empty",
    "rate_limited",
    "auth_expired",
    "permission_missing",
    "truncated",
    "malformed_row",
    "new_column",
    "restated_row",
    "deleted_object",
    "time_zone_edge",
    "currency_edge",
];

pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// Every connector of the catalogue with what its file says.
fn all() -> Vec<(String, Contract)> {
    let catalog = Catalog::built_in().expect("a sound catalog");
    let of = |name: &str| {
        let contract = Contract::of(&fixtures(), name).unwrap_or_else(|fault| panic!("{fault}"));
        (name.to_owned(), contract)
    };
    catalog.names().map(of).collect()
}

#[test]
fn each_connector_of_the_catalogue_shows_each_kind() {
    let catalog = Catalog::built_in().expect("a sound catalog");
    let mut faults = Vec::new();
    for name in catalog.names() {
        match Contract::of(&fixtures(), name) {
            Ok(contract) => faults.extend(contract.faults(&fixtures(), name)),
            Err(fault) => faults.push(fault),
        }
    }
    let connectors: BTreeSet<String> = catalog.names().map(|name| format!("{name}.toml")).collect();
    for entry in std::fs::read_dir(fixtures().join("contract")).expect("a folder").flatten() {
        let file = entry.file_name().to_string_lossy().into_owned();
        if !connectors.contains(&file) {
            faults.push(format!("tests/fixtures/contract/{file}: no built-in connector is called so"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    for (name, contract) in all() {
        let row: Vec<String> = KINDS.iter().map(|kind| format!("{kind} {}", contract.shown(kind))).collect();
        println!("{name}: {}", row.join(", "));
    }
}
