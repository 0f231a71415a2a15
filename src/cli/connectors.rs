//! `daybook connectors`: the connectors at hand, and what each needs.

use super::show::wrapped;
use super::{Outcome, out};
use crate::queries::connectors::{Named, connectors, file_formats};
use std::path::Path;

pub fn run(root: &Path, json: bool) -> anyhow::Result<Outcome> {
    let all = connectors(root)?;
    if json {
        return out::json(&all);
    }
    for connector in all {
        outln!("{} ({})\n  {}", connector.name, connector.label, connector.docs);
        for setting in &connector.settings {
            outln!("{}", wrapped("  setting ", &format!("{}: {}", marked(setting), setting.about)));
        }
        for way in &connector.ways {
            outln!("{}", wrapped("  way     ", &format!("{}: {}", way.name, way.about)));
        }
        for secret in &connector.secrets {
            outln!("{}", wrapped("  secret  ", &format!("{}: {}", secret.name, secret.about)));
        }
        for stream in &connector.streams {
            outln!("{}", wrapped("  stream  ", &format!("{}: {}", stream.name, stream.about)));
        }
    }
    outln!("file (dropped files: CSV, Excel, OpenDocument, NDJSON, Parquet; zip, gz and zst)");
    let formats = file_formats(root);
    for (preset, target) in &formats.presets {
        outln!("{}", wrapped("  preset  ", &format!("{}: {} ({target})", preset.name, preset.about)));
    }
    for (target, fields) in &formats.targets {
        let fields: Vec<String> = fields.iter().map(marked).collect();
        outln!("{}", wrapped("  target  ", &format!("{}: {} {}", target.name, target.about, fields.join(", "))));
    }
    Ok(Outcome::Done)
}

/// The name, and whether it must be given.
fn marked(named: &Named) -> String {
    format!("{}{}", named.name, if named.is_required { " (required)" } else { "" })
}
