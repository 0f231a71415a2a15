//! The presets at hand: those built in, and an admin's own in `config/presets/`.
//!
//! # Adding one
//!
//! Write `src/connectors/file/presets/<name>.toml`, in the form of those beside it; nothing lists it. What it fills
//! is one of the targets of `src/connectors/file/target.rs`. Write a case or more in `tests/fixtures/drops/`, each
//! with the lines of an export as the vendor's documentation has them, made-up values, and what must come of them. It
//! is done when `every_preset_that_ships_can_be_read`,
//! `every_shipped_file_fits_its_schema_and_leads_editors_to_it` and
//! `every_file_of_a_public_report_gives_its_right_value_or_a_clear_refusal` pass.

use super::own_target::Targets;
use super::preset::Preset;
use super::preset_file::read;
use super::target::Target;
use crate::domain::fact::Facts;
use crate::settings::files::{files_in, read_text};
use crate::settings::{Problems, Source};
use include_dir::{Dir, include_dir};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

/// Where an admin's own presets are.
pub const FOLDER: &str = "config/presets";

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/connectors/file/presets");

static SHARED: LazyLock<Presets> = LazyLock::new(|| {
    let mut presets = Presets { by_name: BTreeMap::new(), targets: Targets::default() };
    let problems = Problems::default();
    for file in BUILT_IN.files() {
        presets.add(file.path(), file.contents_utf8().unwrap_or_default(), &problems);
    }
    debug_assert!(problems.count() == 0, "{:?}", problems.into_sorted());
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

    /// Adds the admin's presets below `root`, if there are any; one with a built-in's name takes its place.
    pub fn add_own(&mut self, root: &Path, problems: &Problems) {
        for file in files_in(root, FOLDER, "toml", problems) {
            // It may be gone since the folder was listed.
            if let Some(text) = read_text(root, &file, true, problems) {
                self.add(&file, &text, problems);
            }
        }
    }

    fn add(&mut self, file: &Path, text: &str, problems: &Problems) {
        let Some(name) = file.file_stem().and_then(|stem| stem.to_str()) else { return };
        if let Some(preset) = read(Source { file, text, problems }, name, &self.targets) {
            self.by_name.insert(name.to_owned(), Arc::new(preset));
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

    /// What is wrong with a preset, a line each.
    fn told(text: &str) -> Vec<String> {
        let problems = Problems::default();
        read(Source { file: Path::new("own.toml"), text, problems: &problems }, "own", &Targets::default());
        problems.into_sorted().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_preset_that_ships_can_be_read() {
        for file in BUILT_IN.files() {
            assert_eq!(told(file.contents_utf8().expect("UTF-8")), [""; 0], "{}", file.path().display());
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
        assert_eq!(
            told(text),
            [
                "own.toml:3: repeats: unknown choice \"add\" — write sum, items, same, quarantine or { newest_by = \"field\" }",
                "own.toml:6: the header \"Day\" stands for currency and for date — keep one of the two, or ask in [questions]",
                "own.toml:7: [columns]: offline_conversions has no field \"amont\" — did you mean \"amount\"?",
                "own.toml:10: [questions]: offline_conversions has no field \"x\" — known fields: amount, conversion_id, currency, date, kind, refunded, utm_campaign, utm_medium, utm_source",
            ]
        );
    }
}
