//! What an installation keeps for its owner alone, and what of it others can get at.

use crate::config::Settings;
use crate::connectors::auth::kept::FOLDER;
use crate::support::device::{Encryption, encryption};
use crate::support::owner;
use crate::warehouse::maintenance::doctor::Finding;
use std::path::PathBuf;

/// Names in the data folder, which may hold the configuration and what is the admin's as well. What begins
/// with `daybook.` is the database with its log, its temporary files and copies, the lock and the socket.
const KEPT: [&str; 6] = ["landing", "backups", "export", "erased", "sent", FOLDER];

/// The files and folders of the data folder that hold persons, mails or figures; those of it that are there.
fn kept(settings: &Settings) -> Vec<PathBuf> {
    let data = &settings.data_dir;
    let entries = std::fs::read_dir(data).into_iter().flatten().flatten();
    let mut kept: Vec<PathBuf> = entries
        .filter(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.starts_with("daybook.") || KEPT.iter().any(|kept| name.split('.').next() == Some(*kept))
        })
        .map(|entry| entry.path())
        .collect();
    // A folder elsewhere is shared as its owner has it.
    kept.extend(
        settings
            .delivery
            .folders()
            .into_iter()
            .map(|path| data.join(path))
            .filter(|path| path.starts_with(data) && path != data),
    );
    kept.sort();
    kept.dedup();
    kept
}

/// Closes what another umask or an earlier version left open.
pub fn close(settings: &Settings) {
    owner::close(kept(settings));
}

/// What others can read, and whether the disk is encrypted, as `daybook doctor` reports it.
pub fn findings(settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    let open = owner::open_to_others(kept(settings));
    findings.push(match open.first() {
        None => Finding::good("rights", "database, pages, reports and backups are their owner's alone"),
        Some(first) => Finding::warning(
            "rights",
            format!("{} can be opened by other users{}", first.display(), more(open.len())),
            format!("as their owner: chmod -R go= {}", list(&open)),
        ),
    });
    for problem in crate::config::review::rights(settings) {
        let says = format!("{}: {}", problem.file.display(), problem.message);
        findings.push(Finding::warning("rights", says, problem.remedy.clone()));
    }
    findings.push(of_device(settings));
    findings
}

fn of_device(settings: &Settings) -> Finding {
    let remedy =
        "encrypt the disk below data_dir (README, \"Files and rights\"), or know that whoever has the disk reads it";
    match encryption(&settings.data_dir) {
        Encryption::Proved(how) => Finding::good("encryption", format!("data_dir is encrypted: {how}")),
        Encryption::NotFound(what) => {
            Finding::warning("encryption", format!("none is found below data_dir: {what}"), remedy)
        }
        Encryption::Unknown(why) => {
            Finding::warning("encryption", format!("whether data_dir is encrypted is not known: {why}"), remedy)
        }
    }
}

fn more(count: usize) -> String {
    if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() }
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" ")
}
