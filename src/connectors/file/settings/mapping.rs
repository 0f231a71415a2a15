//! The table `mapping`, which stands in for a preset.

use super::answers::{answered, check_fields, factors};
use crate::connectors::file::own_target::Targets;
use crate::connectors::file::preset::Preset;
use crate::connectors::file::target::Target;
use crate::settings::kinds::text;
use crate::settings::reader::{Section, fault, unknown_remedy};
use crate::settings::values::{self, quoted, read_text as any_text};
use crate::settings::{Kind, Names};
use serde_json::json;

/// `mapping = { target = "…", columns = { "Their name" = "field" }, constants = { field = "value" } }`.
pub fn read(mut section: Section<'_>, targets: &Targets) -> Option<Preset> {
    section.about("Stands in for the preset: nothing is read that it does not name.");
    let line = section.line;
    let target = section.required(
        "target",
        "\"offline_conversions\"",
        target(targets).about("What the files are about: a kind that ships, or a fact of your own by its name."),
    );
    let columns = section.entries("columns", &Names::Any, text().about("\"Their name\" = \"field\"."));
    let constants =
        section.entries("constants", &Names::Any, text().about("field = \"value\", the same for every row."));
    let target = target.map(|at| at.value);
    let factors = factors(&mut section, target);
    let target = target?;
    check_fields(&section, target, &columns, &constants);
    let is_given =
        |name: &str| columns.iter().any(|(_, at)| at.value == name) || constants.iter().any(|(field, _)| field == name);
    if let Some(missing) = target.spec().fields.iter().find(|field| field.is_required && !is_given(field.name)) {
        let message = format!("{}: no column is mapped to {}", section.name, quoted(missing.name));
        let remedy = format!("add \"its column\" = \"{}\" to columns", missing.name);
        section.problem(line, &message, &remedy);
    }
    section.finish();
    Some(Preset::mapped(target, &answered(columns, constants, factors)))
}

/// One of the targets at hand.
fn target(targets: &Targets) -> Kind<'_, Target> {
    Kind::new(
        move || json!({ "anyOf": [{ "enum": targets.words() }, { "type": "string", "pattern": values::ID_PATTERN }] }),
        move |value| {
            let name = any_text(value)?;
            targets.named(&name).ok_or_else(|| {
                let remedy = unknown_remedy(&name, &targets.words(), "targets");
                fault(format!("there is no target {}", quoted(&name)), remedy)
            })
        },
    )
}
