//! Files that lie beside those that are read: a misspelt ending is a job that never runs.

use super::Findings;
use crate::config::{Settings, facts, is_id};
use crate::connectors::file::presets;
use crate::support::secret::SecretRef;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// No installation has more; what lies beyond is not looked at.
const MOST_FILES: usize = 5_000;
const DEEPEST: usize = 4;

/// Folders whose files have one ending.
const FOLDERS: [(&str, &str); 7] = [
    (facts::FOLDER, "toml"),
    ("config/workspaces", "toml"),
    (presets::FOLDER, "toml"),
    ("config", "toml"),
    ("jobs/checks", "sql"),
    ("jobs/rollups", "sql"),
    ("jobs", "toml"),
];
/// What `config/` itself holds.
const OF_CONFIG: [&str; 4] = ["daybook.toml", "channels.toml", "benchmarks.toml", "metrics.toml"];
/// Files that are looked for elsewhere, and where.
const MISPLACED: [(&str, &str); 6] = [
    ("daybook.toml", "config/daybook.toml"),
    ("channels.toml", "config/channels.toml"),
    ("benchmarks.toml", "config/benchmarks.toml"),
    ("metrics.toml", "jobs/metrics.toml"),
    ("workspaces", "config/workspaces"),
    ("presets", presets::FOLDER),
];

pub(super) fn review(settings: &Settings, found: &Findings<'_>) {
    let root = &settings.root;
    let kept: BTreeSet<PathBuf> = referred(settings);
    let mut files = Vec::new();
    for folder in ["config", "jobs"] {
        collect(root, Path::new(folder), DEEPEST, &mut files);
    }
    for file in files.iter().filter(|file| !kept.contains(*file)) {
        if let Some(remedy) = judge(root, file) {
            found.warn_at(file, None, "this file is not read", &remedy);
        }
    }
    for (name, place) in MISPLACED {
        // A file of another program may bear the name; ours are missing then.
        if root.join(name).exists() && !root.join(place).exists() {
            found.warn_at(Path::new(name), None, "this is not read", &format!("move it to {place}"));
        }
    }
}

/// Files that the configuration names: keys and certificates.
fn referred(settings: &Settings) -> BTreeSet<PathBuf> {
    let secrets = settings.secrets.iter().filter_map(|place| match &place.reference {
        SecretRef::File(path) => Some(Path::new("config").join(path)),
        SecretRef::Env(_) | SecretRef::Credential(_) => None,
    });
    secrets.collect()
}

fn collect(root: &Path, folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(root.join(folder)) else { return };
    for entry in entries.flatten() {
        let path = folder.join(entry.file_name());
        if is_left_alone(&entry.file_name().to_string_lossy()) || files.len() >= MOST_FILES {
            continue;
        }
        // Links are not followed into: they may lead in circles.
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => {
                let is_ours = ["config/secrets", "config/schemas"].iter().any(|own| path == Path::new(own));
                if depth > 0 && !is_ours {
                    collect(root, &path, depth - 1, files);
                }
            }
            Ok(kind) if !kind.is_dir() => files.push(path),
            _ => {}
        }
    }
}

/// What editors, systems and people keep there for themselves.
fn is_left_alone(name: &str) -> bool {
    let lower = name.to_lowercase();
    let endings = ["~", ".swp", ".swo", ".swx", ".tmp", ".part", ".md", "#"];
    name.starts_with(['.', '#']) || endings.iter().any(|ending| lower.ends_with(ending)) || is_text_for_people(&lower)
}

fn is_text_for_people(lower: &str) -> bool {
    let stem = lower.split('.').next().unwrap_or_default();
    ["readme", "license", "licence", "changelog", "notes", "thumbs"].contains(&stem)
}

/// What to do about a file that is not read; `None` where it is read, or none of our business.
fn judge(root: &Path, file: &Path) -> Option<String> {
    let name = file.file_name()?.to_string_lossy().into_owned();
    let folder = file.parent()?;
    if let Ok(inner) = folder.strip_prefix("config/connectors") {
        return of_connectors(inner, &name);
    }
    let (own, ending) = FOLDERS.into_iter().find(|(known, _)| folder.starts_with(known))?;
    let is_flat = folder == Path::new(own);
    if own == facts::FOLDER && is_flat && name.ends_with(facts::QUERY) {
        return None;
    }
    if own == "config" && is_flat && OF_CONFIG.contains(&name.as_str()) {
        return None;
    }
    if own != "config" && is_flat && file.extension().is_some_and(|found| found == ending) {
        return None;
    }
    let (stem, looks) = likeness(&name, ending)?;
    if own == "config" {
        return of_config(folder, is_flat, &name, stem, looks);
    }
    let meant = format!("{stem}.{ending}");
    if !is_flat {
        return Some(format!("files in folders below {own} are not read: move it to {own}/{meant}, or out of {own}"));
    }
    Some(match looks {
        Likeness::Same if own == "jobs/checks" || own == "jobs/rollups" => format!("move it out of {own}"),
        Likeness::Other if own == "jobs" && name.ends_with(".sql") => {
            format!("move it to jobs/checks/{name} or jobs/rollups/{name}")
        }
        Likeness::Copy if root.join(own).join(&meant).exists() => {
            format!("it looks like a copy of {meant}: move it out of {own}, or remove it")
        }
        Likeness::Copy | Likeness::Near | Likeness::Same => format!("did you mean {meant:?}?"),
        Likeness::Other => {
            format!("only files that end in .{ending} are read here: rename it, or move it out of {own}")
        }
    })
}

/// How a name relates to one with the right ending.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Likeness {
    Same,
    /// `.tml`, `.TOML`, `.toml.txt`.
    Near,
    /// `.toml.bak`, `acme copy.toml.old`.
    Copy,
    Other,
}

/// The stem and how much the ending is like `ending`; `None` for a name without letters.
fn likeness<'n>(name: &'n str, ending: &str) -> Option<(&'n str, Likeness)> {
    let lower = name.to_lowercase();
    let dotted = format!(".{ending}");
    if let Some(at) = lower.find(&format!("{dotted}.")) {
        let is_text = lower.ends_with(".txt");
        return Some((name.get(..at)?.trim(), if is_text { Likeness::Near } else { Likeness::Copy }));
    }
    if let Some(stem) = name.strip_suffix(&dotted) {
        return Some((stem.trim(), Likeness::Same));
    }
    let (stem, found) = name.rsplit_once('.').unwrap_or((name, ""));
    let found = found.trim().to_lowercase();
    let is_near = strsim::damerau_levenshtein(&found, ending) <= 1 || (found.is_empty() && is_id(stem));
    Some((stem.trim(), if is_near { Likeness::Near } else { Likeness::Other }))
}

/// `config/` also holds keys and certificates: only what looks like configuration is reported.
fn of_config(folder: &Path, is_flat: bool, name: &str, stem: &str, looks: Likeness) -> Option<String> {
    if looks == Likeness::Other || (looks == Likeness::Near && !name.contains('.')) {
        return None;
    }
    let known: Vec<&str> = OF_CONFIG.to_vec();
    let meant = format!("{stem}.toml");
    if !is_flat {
        let inner = folder.strip_prefix("config").ok()?.to_string_lossy().into_owned();
        let near = crate::support::nearest::nearest(&inner, &["workspaces", "presets", "connectors", "facts"]);
        return Some(near.map_or_else(
            || format!("the folder {} is not read: move it to config/workspaces/{meant}", folder.display()),
            |near| format!("did you mean the folder config/{near}?"),
        ));
    }
    Some(match crate::support::nearest::nearest(&meant, &known) {
        Some(near) if looks != Likeness::Copy => format!("did you mean {near:?}?"),
        Some(near) => format!("it looks like a copy of {near}: move it out of config, or remove it"),
        None => format!("move it to config/workspaces/{meant} if it is a workspace, or to jobs/{meant} if it is a job"),
    })
}

fn of_connectors(inner: &Path, name: &str) -> Option<String> {
    let depth = inner.components().count();
    match depth {
        0 => Some(
            "each connector has a folder of its own: move it to config/connectors/<name>/connector.toml".to_owned(),
        ),
        1 if ["connector.toml", "incidents.toml", "metrics.toml"].contains(&name) || name.ends_with(".sql") => None,
        2 if inner.ends_with("facts") && (name.ends_with(".toml") || name.ends_with(facts::QUERY)) => None,
        1 => Some(
            "a connector has connector.toml, metrics.toml and a .sql for each stream: rename it, or move it out"
                .to_owned(),
        ),
        _ => Some("below a connector's folder only facts/ is read: move it up".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(files: &[&str]) -> Vec<(String, String)> {
        let root = tempfile::tempdir().expect("a folder");
        for file in files {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            std::fs::write(path, "").expect("a file");
        }
        let mut all = Vec::new();
        for folder in ["config", "jobs"] {
            collect(root.path(), Path::new(folder), DEEPEST, &mut all);
        }
        all.sort();
        let judged = all.iter().filter_map(|file| Some((file.display().to_string(), judge(root.path(), file)?)));
        judged.collect()
    }

    #[test]
    fn what_is_read_or_kept_by_editors_is_not_reported() {
        let read = [
            "config/daybook.toml",
            "config/channels.toml",
            "config/benchmarks.toml",
            "config/workspaces/acme.toml",
            "config/presets/awin.toml",
            "config/connectors/own/connector.toml",
            "config/connectors/own/ad_daily.sql",
            "config/mail-ca.pem",
            "config/person_key",
            "config/secrets/x.toml",
            "config/schemas/job.json",
            "jobs/report_daily.toml",
            "jobs/metrics.toml",
            "jobs/checks/spend.sql",
            "jobs/rollups/metric_daily.sql",
            "jobs/report_daily.toml~",
            "jobs/.report_daily.toml.swp",
            "jobs/README.md",
            "jobs/#report.toml#",
            "config/workspaces/README",
        ];
        assert_eq!(told(&read), Vec::<(String, String)>::new());
    }

    #[test]
    fn each_file_that_is_not_read_is_reported_with_what_was_meant() {
        for (file, remedy) in [
            ("jobs/report_weekly.tml", "did you mean \"report_weekly.toml\"?"),
            ("jobs/report_weekly.TOML", "did you mean \"report_weekly.toml\"?"),
            ("jobs/report_weekly.toml.txt", "did you mean \"report_weekly.toml\"?"),
            ("jobs/report_weekly", "did you mean \"report_weekly.toml\"?"),
            ("jobs/report_weekly.yaml", "only files that end in .toml are read here"),
            ("jobs/weekly/report.toml", "move it to jobs/report.toml"),
            ("jobs/own.sql", "jobs/checks/own.sql or jobs/rollups/own.sql"),
            ("jobs/checks/own.sqll", "did you mean \"own.sql\"?"),
            ("jobs/checks/more/own.sql", "move it to jobs/checks/own.sql"),
            ("jobs/rollups/metric_daily.sql.orig", "did you mean \"metric_daily.sql\"?"),
            ("config/workspaces/acme_uk.tml", "did you mean \"acme_uk.toml\"?"),
            ("config/workspaces/acme.toml.bak", "did you mean \"acme.toml\"?"),
            ("config/workspaces/uk/acme.toml", "move it to config/workspaces/acme.toml"),
            ("config/presets/awin.tom", "did you mean \"awin.toml\"?"),
            ("config/chanels.toml", "did you mean \"channels.toml\"?"),
            ("config/channels.tml", "did you mean \"channels.toml\"?"),
            ("config/daybook.toml.old", "a copy of daybook.toml"),
            ("config/acme.toml", "config/workspaces/acme.toml"),
            ("config/workspace/acme.toml", "did you mean the folder config/workspaces?"),
            ("config/connectors/connector.toml", "a folder of its own"),
            ("config/connectors/own/connector.tml", "metrics.toml and a .sql"),
        ] {
            let found = told(&[file]);
            let [(place, said)] = found.as_slice() else { panic!("{file}: {found:?}") };
            assert_eq!(place, file);
            assert!(said.contains(remedy), "{file}: {said}");
        }
        let found = told(&["config/workspaces/acme.toml", "config/workspaces/acme.toml.bak"]);
        assert_eq!(found.len(), 1);
        assert!(found[0].1.contains("looks like a copy of acme.toml"), "{found:?}");
    }
}
