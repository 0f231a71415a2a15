//! The presets at hand: those built in, and an admin's own in `config/presets/`.
//!
//! # Adding one
//!
//! Write `src/connectors/file/presets/<name>.toml`, in the form of those beside it; nothing lists it. What it fills
//! is one of the targets of `src/connectors/file/target.rs`. Write a case or more in `tests/fixtures/drops/`, each
//! with the lines of an export as the vendor's documentation has them, made-up values, and what must come of them. It
//! is done when `every_preset_that_ships_can_be_read` and
//! `every_file_of_a_public_report_gives_its_right_value_or_a_clear_refusal` pass.

use super::own_target::Targets;
use super::preset::Preset;
use super::preset_file::{PresetProblem, read};
use super::target::Target;
use crate::domain::fact::Facts;
use crate::support::text_file;
use include_dir::{Dir, include_dir};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/connectors/file/presets");

static SHARED: LazyLock<Presets> = LazyLock::new(|| {
    let mut presets = Presets { by_name: BTreeMap::new(), targets: Targets::default() };
    let mut problems = Vec::new();
    for file in BUILT_IN.files() {
        let name = file.path().file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        presets.add(name, file.contents_utf8().unwrap_or_default(), &mut problems);
    }
    debug_assert!(problems.is_empty(), "{problems:?}");
    presets
});

/// Presets by name, and what they may fill.
#[derive(Clone, Debug)]
pub struct Presets {
    by_name: BTreeMap<String, Arc<Preset>>,
    targets: Targets,
}

impl Default for Presets {
    fn default() -> Self {
        Self::built_in()
    }
}

impl Presets {
    /// Those that are part of the binary.
    pub fn built_in() -> Self {
        SHARED.clone()
    }

    /// Adds what the installation's own facts may be filled by: for each its plain preset, under its name. Comes before
    /// the admin's presets, which may fill them as well.
    pub fn add_facts(&mut self, facts: &Facts) {
        self.targets = Targets::of(facts);
        for (word, target) in self.targets.all() {
            if matches!(target, Target::Own(_)) && !self.by_name.contains_key(*word) {
                self.by_name.insert((*word).to_owned(), Arc::new(Preset::plain(*target)));
            }
        }
    }

    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    /// Adds the presets of an admin's folder, if there is one; one with a built-in's name takes its place.
    pub fn add_folder(&mut self, folder: &Path) -> Vec<PresetProblem> {
        let mut problems = Vec::new();
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
        files.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
        files.sort();
        for path in files {
            let Some(name) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
            match text_file::read(&path) {
                Ok(Some(text)) => self.add(name, &text, &mut problems),
                // Gone since the folder was listed.
                Ok(None) => {}
                Err(unread) => problems.push(PresetProblem {
                    file: format!("{name}.toml"),
                    line: unread.line,
                    message: unread.message,
                    remedy: unread.remedy.to_owned(),
                }),
            }
        }
        problems
    }

    fn add(&mut self, name: &str, text: &str, problems: &mut Vec<PresetProblem>) {
        let found = read(name, text, &self.targets);
        match found {
            Ok(preset) => drop(self.by_name.insert(name.to_owned(), Arc::new(preset))),
            Err(found) => problems.extend(found),
        }
    }

    pub fn get(&self, name: &str) -> Option<Arc<Preset>> {
        self.by_name.get(name).cloned()
    }

    /// By name.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Preset>> {
        self.by_name.values()
    }

    pub fn names(&self) -> Vec<&str> {
        self.by_name.keys().map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_that_ships_can_be_read() {
        for file in BUILT_IN.files() {
            let name = file.path().file_stem().and_then(|stem| stem.to_str()).expect("a name");
            let found = read(name, file.contents_utf8().expect("UTF-8"), &Targets::default());
            assert!(found.is_ok(), "{name}: {found:?}");
        }
        assert!(Presets::built_in().names().contains(&"google_ads"));
        // A plain one for each target, under its name.
        for (word, target) in Target::WORDS {
            assert_eq!(Presets::built_in().get(word).map(|preset| preset.target), Some(target), "{word}");
        }
    }

    #[test]
    fn what_is_wrong_is_reported_with_its_line_all_at_once() {
        let text = "about = \"Orders\"\ntarget = \"offline_conversions\"\nrepeats = \"add\"\n[columns]\nconversion_id = [\"Order\"]\ndate = [\"Day\"]\namont = [\"Total\", \"Sum\"]\ncurrency = [\"day\"]\n[questions]\n\"Sales\" = [\"amount\", \"kind\", \"x\", \"none\"]\n";
        let found = read("orders", text, &Targets::default()).expect_err("problems");
        let told: Vec<String> = found
            .iter()
            .map(|problem| format!("{:?} {} → {}", problem.line.unwrap_or(0), problem.message, problem.remedy))
            .collect();
        assert_eq!(
            told,
            [
                "7 offline_conversions has no field \"amont\" → did you mean \"amount\"?",
                "6 the header \"Day\" stands for currency and for date → keep one of the two, or ask in [questions]",
                "10 offline_conversions has no field \"x\" → write one of conversion_id, date, kind, utm_source, utm_medium, utm_campaign, amount, refunded, currency",
                "3 repeats \"add\" is not known → write sum, items, same, quarantine or { newest_by = \"field\" }",
            ]
        );
        let found =
            read("orders", "about = \"x\"\ntarget = \"fx\"\ncolumn = 1\n", &Targets::default()).expect_err("problems");
        assert_eq!(found[0].line, Some(3));
        let found = read("orders", "about = \"x\"\ntarget = \"budget\"\n", &Targets::default()).expect_err("problems");
        assert!(found[0].message.contains("\"budget\" is not known") && found[0].remedy.contains("budgets"));
    }
}
