//! Secrets: config files only say where each is kept; this reads them all, to report every missing one.

use crate::settings::SecretPlace;
use crate::settings::problems::Problem;
use crate::support::secret::{SecretError, SecretRef};
use std::path::Path;

/// Tries to read every secret and returns a problem for each that is missing or empty. The values are
/// dropped at once; relative secret files start at `config_dir`.
pub fn missing(places: &[SecretPlace], config_dir: &Path) -> Vec<Problem> {
    let mut problems: Vec<Problem> = places
        .iter()
        .filter_map(|place| {
            let error = place.reference.resolve(config_dir).err()?;
            let message = format!("the secret of {} cannot be read: {}", place.owner, reason(&error, &place.reference));
            let remedy = match &error {
                SecretError::Marked(_) => "save it again as plain UTF-8, without a byte order mark (BOM)".to_owned(),
                _ => remedy(&place.reference),
            };
            Some(Problem::new(&place.file, Some(place.line), &message, &remedy))
        })
        .collect();
    problems.sort();
    problems
}

/// The reason with the path as the admin wrote it.
fn reason(error: &SecretError, reference: &SecretRef) -> String {
    match (error, reference) {
        (SecretError::UnreadableFile { reason, .. }, SecretRef::File(path)) => {
            // The system's own words say "entity".
            let reason = if reason == "entity not found" { "file not found" } else { reason };
            format!("{}: {reason}", path.display())
        }
        (SecretError::Empty(_), SecretRef::File(path)) => format!("{} is empty", path.display()),
        (SecretError::Marked(_), SecretRef::File(path)) => {
            format!("{} begins with a byte order mark, which would be sent with it", path.display())
        }
        _ => error.to_string(),
    }
}

fn remedy(reference: &SecretRef) -> String {
    match reference {
        SecretRef::Env(name) => format!("set the environment variable {name} for the daemon"),
        SecretRef::File(path) => {
            format!("write the secret to {} (relative to config/), readable by the daemon alone", path.display())
        }
        SecretRef::Credential(name) => format!("add LoadCredential={name}:… to the systemd unit"),
    }
}
