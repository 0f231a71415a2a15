//! Secrets: config files only say where each is kept; this reads them all, to report every missing one.

use crate::settings::SecretPlace;
use crate::settings::problems::Problem;
use std::path::Path;

/// A problem for each secret that is missing or empty. Relative secret files start at `config_dir`.
pub fn missing(places: &[SecretPlace], config_dir: &Path) -> Vec<Problem> {
    let mut problems: Vec<Problem> = places.iter().filter_map(|place| place.problem(config_dir)).collect();
    problems.sort();
    problems
}
