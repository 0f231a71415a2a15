//! Descriptions of connectors and their queries.

use super::Trial;
use crate::support::noon;
use chrono::TimeDelta;
use daybook::connectors::slice::{Known, slices};
use daybook::connectors::{Catalog, Connection, LandedSlice};
use daybook::domain::money::Currency;
use daybook::jobs::sync::{Source, load_request};
use daybook::support::secret::Secret;
use daybook::warehouse::Warehouse;
use daybook::warehouse::load::load;
use std::collections::BTreeMap;

const BUILT_IN: [&str; 6] = ["google_ads", "google_analytics", "hubspot", "linkedin_ads", "stripe", "tiktok_ads"];

pub fn hunt(mut trial: Trial) {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let (mut taken, mut refused) = (0, 0);
    while let Some(mut round) = trial.next() {
        let chance = &mut round.chance;
        let name = chance.of(&BUILT_IN);
        let files = super::seeds(&format!("src/connectors/catalog/{name}"), &["toml", "sql"]);
        let folder = tempfile::tempdir().expect("a folder");
        let own = folder.path().join(name);
        std::fs::create_dir(&own).expect("a folder");
        let spoilt_file = chance.below(files.len());
        let is_description = !chance.one_in(4);
        for (number, (path, text)) in files.iter().enumerate() {
            let file = path.rsplit('/').next().expect("a name");
            let text = match is_description {
                true if file == "connector.toml" && !chance.one_in(10) => {
                    super::spoil::toml(&String::from_utf8_lossy(text), chance).into_bytes()
                }
                false if number == spoilt_file => super::spoil::bytes(text, b"SELECT 1", chance),
                _ => text.clone(),
            };
            trial.keep(file, &text);
            std::fs::write(own.join(file), text).expect("written");
        }
        let mut catalog = Catalog::built_in().expect("sound");
        if let Err(problems) = catalog.add_folder(folder.path()) {
            refused += 1;
            problems.iter().for_each(|problem| super::is_told_well(&problem.to_string()));
            continue;
        }
        taken += 1;
        let connector = catalog.get(name).expect("it was taken");
        let mut settings = BTreeMap::new();
        for (setting, spec) in &connector.spec.settings {
            if spec.default.is_none() {
                settings.insert(setting.clone(), toml::Value::Array(vec!["1234567890".into()]));
            }
        }
        let secrets = connector.spec.secrets.keys().map(|name| (name.clone(), Secret::new("s3cret"))).collect();
        let connection = match Connection::new("acme", name, connector.clone(), settings, secrets, chrono_tz::UTC) {
            Ok(connection) => connection,
            Err(problems) => {
                problems.iter().for_each(|problem| super::is_told_well(problem));
                continue;
            }
        };
        let since = (noon() - TimeDelta::days(400)).date_naive();
        let source = Source { connection, currency: Currency::new("USD").expect("a currency"), since };
        for (stream, spec) in &connector.spec.streams {
            for partition in source.connection.partitions(spec.partition_over.as_deref()) {
                let planned = slices(&spec.slicing, &partition, &Known::default(), since, noon(), chrono_tz::UTC);
                assert!(planned.len() <= 20_000, "{stream}: {} slices", planned.len());
            }
            // As `daybook check` prepares every query.
            let empty = LandedSlice::empty(&source.connection, stream, noon());
            let Ok(mut request) =
                load_request(&source, &empty, &daybook::warehouse::facts::builtin(), &Secret::new("key"), false)
            else {
                continue;
            };
            request.load_id += &format!("_{}", round.number);
            if let Err(error) = warehouse.write_blocking(move |connection| load(connection, &request, noon())) {
                super::is_told_well(&error.to_string());
            }
        }
    }
    println!("{taken} taken, {refused} refused");
}
