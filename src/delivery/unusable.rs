//! A way out that cannot be used as configured: where that is to be mended, and what its messages get for an answer.

use super::error::misconfigured;
use super::{BuildError, DeliveryError};
use crate::settings::SecretPlace;
use crate::settings::problems::Problem;
use std::path::Path;

/// Where ways out are configured; for what no secret is the cause of.
const FILE: &str = "config/daybook.toml";

/// Why a way cannot be used.
#[derive(Clone, Debug)]
pub(super) struct Unusable {
    pub problem: Problem,
    /// The next try may succeed without anybody's help.
    is_passing: bool,
}

impl Unusable {
    /// `owner` is who the places of the way's `secrets` are noted for.
    pub fn new(owner: &str, error: &BuildError, secrets: &[SecretPlace], config_dir: &Path) -> Self {
        let own: Vec<&SecretPlace> = secrets.iter().filter(|place| place.owner == owner).collect();
        let missing = own.iter().find_map(|place| place.problem(config_dir));
        let problem = missing.unwrap_or_else(|| match own.first() {
            Some(place) => {
                let remedy = "put the right value where the secret is kept";
                Problem::new(&place.file, Some(place.line), &error.to_string(), remedy)
            }
            None => Problem::new(Path::new(FILE), None, &error.to_string(), "correct the section [delivery]"),
        });
        let is_passing = matches!(error, BuildError::Secret(error) if error.can_retry());
        Self { problem, is_passing }
    }

    /// What a message gets for an answer.
    pub fn error(&self) -> DeliveryError {
        match self.is_passing {
            true => DeliveryError::Unavailable { reason: self.problem.to_string(), retry_after: None },
            false => misconfigured(&self.problem.to_string()),
        }
    }
}
