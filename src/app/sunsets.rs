//! The API versions of an installation's connections that end.

use crate::config::{Problem, Settings};
use crate::connectors::Catalog;
use crate::jobs::sunset::{SunsetStep, VersionEnd};
use chrono::NaiveDate;

/// Every version that ends within 90 days or has ended, those that are set and those that are taken by default.
pub fn version_ends(settings: &Settings, catalog: &Catalog, today: NaiveDate) -> Vec<VersionEnd> {
    let mut found = Vec::new();
    for workspace in &settings.workspaces {
        for own in &workspace.connections {
            let Some(connector) = catalog.get(&own.connector) else { continue };
            for (name, spec) in &connector.spec.settings {
                let given = own.settings.get(name);
                let Some(version) = given.or(spec.default.as_ref()) else { continue };
                let version = version.as_str().map_or_else(|| version.to_string(), str::to_owned);
                let Some(ends) = spec.sunset.ends(&version) else { continue };
                let Some(step) = SunsetStep::on(today, ends) else { continue };
                let label = &connector.spec.label;
                let says = match step {
                    SunsetStep::Over => {
                        format!("{label} has ended {name} {version} of its API on {ends}, and refuses it")
                    }
                    _ => format!(
                        "{label} ends {name} {version} of its API on {ends}, in {} days, and refuses it from then on",
                        (ends - today).num_days()
                    ),
                };
                let newer = spec.sunset.newest().filter(|newest| spec.sunset.ends(newest) > Some(ends));
                let default = spec.default.as_ref().and_then(|value| value.as_str()).filter(|value| *value != version);
                let newer =
                    default.or(newer).map_or_else(|| "a current one".to_owned(), |newer| format!("\"{newer}\""));
                let remedy = format!(
                    "set {name} = {newer} in the settings of {}, once `daybook connectors test {}` has shown that its rows \
                     are right; an upgrade of Daybook may bring it as the default",
                    own.id, own.connector
                );
                let line = own.lines.get(name).copied().unwrap_or(own.line);
                found.push(VersionEnd {
                    workspace: workspace.workspace.id.clone(),
                    connection: own.id.clone(),
                    vendor: label.clone(),
                    setting: name.clone(),
                    version,
                    ends,
                    step,
                    says,
                    remedy,
                    place: (workspace.file.clone(), line),
                });
            }
        }
    }
    found
}

/// The same as mistakes (of versions that are over) or warnings of the files.
pub fn version_problems(ends: &[VersionEnd], are_over: bool) -> Vec<Problem> {
    let told = ends.iter().filter(|end| end.is_over() == are_over);
    told.map(|end| {
        let (file, line) = &end.place;
        Problem::new(file, Some(*line), &format!("{}: {}", end.connection, end.says), &end.remedy)
    })
    .collect()
}
