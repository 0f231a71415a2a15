//! Secrets that are marked, and vendors that repeat all they were sent: what is written and said afterwards holds none.

mod echo;
mod installation;
mod pages;
mod search;

use daybook::connectors::Catalog;
use daybook::connectors::spec::ConnectorSpec;
use std::collections::BTreeMap;

/// Every secret has it, whatever is done to the rest.
pub const MARK: &str = "canary-";

/// A connector of the catalogue, with one of the ways in which it proves who asks.
pub struct Way {
    pub connector: String,
    pub settings: BTreeMap<String, toml::Value>,
    /// Names it.
    pub id: String,
    pub spec: ConnectorSpec,
}

/// Every connector in every way.
pub fn ways() -> Vec<Way> {
    let catalog = Catalog::built_in().expect("a sound catalog");
    let mut ways = Vec::new();
    for name in catalog.names() {
        let spec = &catalog.get(name).expect("a connector").spec;
        let mut add = |id: String, settings: BTreeMap<String, toml::Value>| {
            ways.push(Way { connector: name.to_owned(), settings, id, spec: spec.clone() });
        };
        match spec.auth.one_of() {
            None => add(name.to_owned(), BTreeMap::new()),
            Some(one_of) => one_of.choices.keys().for_each(|choice| {
                add(format!("{name}_{choice}"), [(one_of.setting.clone(), choice.as_str().into())].into());
            }),
        }
    }
    ways
}

impl Way {
    /// Its secrets: signs in them are written otherwise in addresses and in JSON.
    pub fn secrets(&self) -> Vec<(String, String)> {
        let files = self.spec.auth.key_files();
        let is_file = |name: &str| files.iter().any(|file| file.template().contains(&format!("secrets.{name} ")));
        let value = |name: &str| match is_file(name) {
            true => crate::contract::script::key_file(),
            false => format!("{MARK}{}-{name}/x+y=z", self.id),
        };
        self.spec.secrets.keys().map(|name| (name.clone(), value(name))).collect()
    }
}
