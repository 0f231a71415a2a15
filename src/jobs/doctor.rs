//! The installation's health: database, backups, landed pages, folders and disk, each with a remedy.

use super::agreement::{self, FigureCheck};
use super::maintenance::{landed_key, loads_by_manifest};
use crate::connectors::{LandedSlice, landed};
use crate::domain::clock::lies_ahead;
use crate::support::shown::fault;
use crate::warehouse::facts::{self, checks};
use crate::warehouse::maintenance::backup;
use crate::warehouse::maintenance::doctor::{Finding, examine};
use crate::warehouse::rollup::own;
use crate::warehouse::{Context, Warehouse, WarehouseError, library, queries};
use chrono::{DateTime, TimeDelta, Utc};
use std::path::{Path, PathBuf};

/// What is looked at. The warehouse is an error where it does not open: the rest is still examined.
pub struct Patient<'a> {
    pub warehouse: Result<&'a Warehouse, &'a WarehouseError>,
    /// Absolute.
    pub data_dir: &'a Path,
    pub backups: PathBuf,
    pub keep_landing_days: u32,
    pub compact_at_free_percent: u64,
    pub has_person_key: bool,
    /// Name and query of the checks that must yield no row.
    pub checks: Vec<(String, String)>,
    /// What figures are computed by, to compare them with their facts.
    pub figures: Option<&'a FigureCheck>,
}

/// Examines everything; blocking, and reads every page and row.
pub fn doctor(patient: &Patient<'_>, now: DateTime<Utc>) -> Vec<Finding> {
    let mut findings = database(patient);
    findings.extend(patient.warehouse.ok().map(|warehouse| landing(patient, warehouse, now)));
    if let (Ok(warehouse), Some(figures)) = (patient.warehouse, patient.figures) {
        findings.push(match agreement::check(warehouse, figures, agreement::Waiting::IsLeftOut, now) {
            Ok(says) => Finding::good("figures", says),
            Err(says) => Finding::bad(
                "figures",
                says,
                "compute the days again with `daybook rollup --from --to`, then `daybook doctor`",
            ),
        });
    }
    findings.push(backups(patient, now));
    findings.push(folders(patient));
    findings.push(disk(patient));
    findings.extend(leftovers(patient));
    findings.push(if patient.has_person_key {
        Finding::good("pseudonyms", "people's identifiers are hashed with a key of your own")
    } else {
        Finding::warning(
            "pseudonyms",
            "people's identifiers are hashed without a key: who knows an address can find its rows",
            "set person_key under [privacy] in config/daybook.toml before the first load; later, people become strangers once",
        )
    });
    findings
}

fn database(patient: &Patient<'_>) -> Vec<Finding> {
    let subject = "database";
    let warehouse = match patient.warehouse {
        Ok(warehouse) => warehouse,
        Err(error) => return vec![Finding::bad(subject, "does not open", error.to_string())],
    };
    if let Err(error) = warehouse.check_place() {
        return vec![Finding::bad(
            subject,
            error.to_string(),
            "see `daybook status`, and mend it before anything else",
        )];
    }
    let mut findings = vec![Finding::good(subject, format!("{} opens", warehouse.path().display()))];
    let version = warehouse.read_blocking(library::version);
    findings.extend(version.ok().map(|version| Finding::good("DuckDB", format!("{version}, {}", library::kind()))));
    match warehouse.read_blocking(|reader| examine(reader, patient.compact_at_free_percent)) {
        Ok(found) => findings.extend(found),
        Err(error) => findings.push(Finding::bad(subject, error.to_string(), remedy(&error))),
    }
    for (name, sql) in &patient.checks {
        let step = || format!("the check {name}");
        let count = warehouse.read_blocking(|reader| {
            queries::examine(reader, sql)?;
            let rows = sql.trim_end().trim_end_matches(';');
            let count: u64 = reader
                .query_row(&format!("SELECT count(*)::UBIGINT FROM ({rows})"), [], |row| row.get(0))
                .context(step)?;
            let example = format!("SELECT left(concat_ws(' ', *COLUMNS(*)), 200) FROM ({rows}) ORDER BY 1 LIMIT 1");
            let example: Option<String> = match count {
                0 => None,
                _ => Some(reader.query_row(&example, [], |row| row.get(0)).context(step)?),
            };
            Ok((count, example.unwrap_or_default()))
        });
        let claim = name.replace('_', " ");
        findings.push(match count {
            Ok((0, _)) => Finding::good(&claim, "holds"),
            Ok((rows, example)) if checks::NAMES.contains(&name.as_str()) => Finding::warning(
                &claim,
                format!("does not hold for {rows} rows, such as: {}", fault(&example)),
                "`daybook tables <fact>` shows what its rows must be: load those days again, or correct the contract",
            ),
            Ok((rows, _)) => Finding::warning(
                &claim,
                format!("does not hold for {rows} rows"),
                format!("run jobs/checks/{name}.sql on a copy made by `daybook snapshot` to see them"),
            ),
            Err(error) => Finding::bad(&claim, error.to_string(), "mend the query; `daybook check` tries it"),
        });
    }
    if let Ok(failed) = warehouse.read_blocking(own::failures) {
        findings.extend(failed.into_iter().map(|(rollup, workspace, error)| {
            let says = format!("mart.{rollup} lacks days of {workspace}: {error}");
            Finding::bad("rollups", says, "mend its file in jobs/rollups; its days are computed by the next rollup")
        }));
    }
    if let Ok(removed) = warehouse.read_blocking(own::removed) {
        findings.extend(removed.into_iter().map(|rollup| {
            let says = format!("mart.{rollup} has no file any more: it stays as it was last computed");
            Finding::warning("rollups", says, "put its file in jobs/rollups back, or read the table no more")
        }));
    }
    if let Ok(removed) = warehouse.read_blocking(facts::removed) {
        findings.extend(removed.into_iter().map(|fact| {
            let says = format!("core.{fact} has no contract any more: its rows stay and count in no figure");
            Finding::warning("facts", says, "put its file in config/facts back, or leave the rows to retention")
        }));
    }
    findings
}

fn remedy(error: &WarehouseError) -> &'static str {
    if error.can_retry() { "try again" } else { "put a good backup in place with `daybook restore latest`" }
}

/// Pages of loads that should still be there: present, and as they were written.
fn landing(patient: &Patient<'_>, warehouse: &Warehouse, now: DateTime<Utc>) -> Finding {
    let subject = "landed pages";
    let root = patient.data_dir.join("landing");
    let (loads, entries) = match (warehouse.read_blocking(loads_by_manifest), landed::entries(&root)) {
        (Ok(loads), Ok(entries)) => (loads, entries),
        (Err(error), _) => return Finding::bad(subject, error.to_string(), remedy(&error)),
        (_, Err(error)) => return Finding::bad(subject, error.to_string(), "give Daybook's user access to the folder"),
    };
    let mut damaged = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    let mut unloaded = 0;
    for entry in entries.iter().filter(|entry| entry.is_complete) {
        let key = landed_key(&entry.manifest());
        // A slice on its way into the database is no finding.
        unloaded += usize::from(!loads.contains_key(&key) && entry.fetched_at < now - TimeDelta::days(1));
        seen.insert(key);
        if let Err(error) = LandedSlice::open(&entry.manifest()) {
            damaged.push(error.to_string());
        }
    }
    let missing = loads.keys().filter(|key| !seen.contains(*key)).count();
    let says = format!(
        "{} slices as they were written, {missing} missing, {unloaded} never loaded",
        seen.len() - damaged.len()
    );
    if let Some(first) = damaged.first() {
        let says = format!("{says}, {} damaged, the first: {first}", damaged.len());
        return Finding::bad(
            subject,
            says,
            "what was loaded from them is kept; remove the slice's folder and fetch its days again with `daybook backfill`",
        );
    }
    if missing > 0 {
        return Finding::warning(
            subject,
            says,
            "somebody removed pages by hand: their slices cannot be replayed, only fetched again with `daybook backfill`",
        );
    }
    if unloaded > 0 {
        return Finding::warning(subject, says, "`daybook replay` their manifests");
    }
    Finding::good(subject, says)
}

fn backups(patient: &Patient<'_>, now: DateTime<Utc>) -> Finding {
    let subject = "backups";
    let make = "`daybook backup` makes one; the job jobs/maintenance_nightly.toml does so every night";
    let all = match backup::list(&patient.backups, now) {
        Ok(all) => all,
        Err(error) => return Finding::bad(subject, error.to_string(), make),
    };
    let Some(newest) = all.first() else {
        return Finding::warning(subject, format!("there is none in {}", patient.backups.display()), make);
    };
    if let Err(error) = backup::verify(newest) {
        return Finding::bad(subject, error.to_string(), make);
    }
    if lies_ahead(newest.manifest.made_at, now) {
        let says =
            format!("the newest is dated {}, which has not come", newest.manifest.made_at.format("%Y-%m-%d %H:%M UTC"));
        return Finding::warning(subject, says, make);
    }
    let hours = (now - newest.manifest.made_at).num_hours();
    let says =
        format!("{} good ones; the newest is {hours} hours old, opens and holds {} rows", all.len(), newest.rows());
    if hours > 48 { Finding::warning(subject, says, make) } else { Finding::good(subject, says) }
}

/// Whether files can be made where files are made.
fn folders(patient: &Patient<'_>) -> Finding {
    let subject = "folders";
    let candidates = [patient.data_dir.to_owned(), patient.data_dir.join("landing"), patient.backups.clone()];
    for folder in candidates.iter().filter(|folder| folder.exists()) {
        if let Err(error) = tempfile::NamedTempFile::new_in(folder) {
            return Finding::bad(
                subject,
                format!("{} cannot be written: {}", folder.display(), error.kind()),
                "give the user that Daybook runs as write access, or set data_dir to another folder",
            );
        }
    }
    Finding::good(subject, "data, landing and backups can be written")
}

/// Room for a compaction or a backup: as much again as the database takes, and something for a night.
fn disk(patient: &Patient<'_>) -> Finding {
    let subject = "disk";
    let database = std::fs::metadata(patient.data_dir.join("daybook.duckdb")).map_or(0, |file| file.len());
    match rustix::fs::statvfs(patient.data_dir) {
        Ok(disk) => {
            let free = disk.f_bavail * disk.f_frsize;
            let needed = 2 * database + (256 << 20);
            let says = format!("{} MB are free; the database takes {} MB", free / 1_000_000, database / 1_000_000);
            if free < needed {
                let remedy = format!(
                    "free {} MB, or move data_dir or [backup] dir to a larger disk: backup and compaction need a copy's room",
                    (needed - free) / 1_000_000 + 1
                );
                Finding::warning(subject, says, remedy)
            } else {
                Finding::good(subject, says)
            }
        }
        Err(error) => Finding::warning(subject, format!("its free room cannot be read: {error}"), "see `df`"),
    }
}

/// Files that somebody should look at and remove.
fn leftovers(patient: &Patient<'_>) -> Option<Finding> {
    let entries = std::fs::read_dir(patient.data_dir).ok()?;
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut replaced: Vec<String> = names.filter(|name| name.contains(".duckdb.replaced-")).collect();
    replaced.sort();
    (!replaced.is_empty()).then(|| {
        Finding::warning(
            "replaced databases",
            format!("a restore set aside {}", replaced.join(", ")),
            "remove them once nothing in them is missed",
        )
    })
}
