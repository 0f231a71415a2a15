//! One person's data: handed out, or erased wherever Daybook keeps something about them.

use super::care::{CareContext, CareError, landed_key, loads_by_manifest, make_snapshot, note_removed};

use crate::connectors::landed::{self, Entry};
use crate::domain::clock::lies_ahead;
use crate::support::names;
use crate::support::spelling::Words;
use crate::warehouse::care::marks::Marks;
use crate::warehouse::care::objection;
use crate::warehouse::care::person::{Erased, Held, Who, erase, held, with_identifiers};
use crate::warehouse::care::{backup, compact, erased, export};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::HashMap;
use std::path::PathBuf;

/// The file beside the database that keeps erased people erased when a backup is restored.
pub const ERASURES: &str = "erased.json";

/// Everything kept about a person.
#[derive(Debug, Serialize)]
pub struct About {
    #[serde(flatten)]
    pub held: Held,
    /// Folders of landed pages that name the person, as received.
    pub landed: Vec<PathBuf>,
}

impl About {
    pub fn is_empty(&self) -> bool {
        self.held.is_empty() && self.landed.is_empty()
    }
}

/// What became of it.
#[derive(Debug, Serialize)]
pub struct Forgotten {
    #[serde(flatten)]
    pub erased: Erased,
    /// Landed slices that named the person and are removed: they cannot be replayed, only fetched again.
    pub landed: Vec<PathBuf>,
    /// Reports and mails in folders that named the person and are removed.
    pub files: Vec<PathBuf>,
    /// Files of the archive that were written anew.
    pub archive: Vec<PathBuf>,
    /// Backups that still hold the person's rows and records, with the newest last.
    pub backups: Vec<PathBuf>,
    /// Backups removed on demand.
    pub backups_removed: Vec<PathBuf>,
    /// What could not be done, if anything; the database itself is done.
    pub left: Vec<String>,
}

/// Looks everywhere; changes nothing. Blocking.
pub fn about(context: &CareContext, workspace: &str, who: &Who) -> Result<About, CareError> {
    let (id, who_there, key) = (workspace.to_owned(), who.clone(), context.person_key.clone());
    let held = context.warehouse.write_blocking(move |connection| held(connection, &id, &who_there, &key))?;
    let landed = naming(context, workspace, who, &held)?.into_iter().map(|entry| entry.folder).collect();
    Ok(About { held, landed })
}

/// Erases a person: first landed pages, for which the identifiers in the database are needed: where one
/// cannot be removed, nothing else is done, and it can be run again. Then facts, history and quarantine at
/// once; then the archive, the copy for BI tools, and the file's free space, in which old rows could still
/// be read. Blocking.
///
/// `purges_backups` also makes a new backup and removes all others; else they age out by number.
pub fn forget(
    context: &CareContext,
    workspace: &str,
    who: &Who,
    actor: &str,
    purges_backups: bool,
    now: DateTime<Utc>,
) -> Result<Forgotten, CareError> {
    let about = about(context, workspace, who)?;
    let landed = remove_landed(context, &about.landed, now)?;
    let words = words_in_reports(context, workspace, who, &about.held)?;
    let after = who.clone();
    let (id, who, key, actor) = (workspace.to_owned(), who.clone(), context.person_key.clone(), actor.to_owned());
    let erased = context.warehouse.write_blocking(move |connection| erase(connection, &id, &who, &key, &actor, now))?;
    let mut left = under_way(context, workspace, &after)?;
    let mut tell = |what: &str, error: &dyn std::fmt::Display| left.push(format!("{what}: {error}"));
    // First what keeps a restored backup from bringing the person back.
    if let Err(error) = super::care::keep_erasures(context) {
        tell("the list of erasures beside the database", &error);
    }
    let files = super::sent_files::remove(context, workspace, &words).unwrap_or_else(|error| {
        tell("files of reports and mails", &error);
        Vec::new()
    });
    let archive = erase_archive(context, workspace).unwrap_or_else(|error| {
        tell("the archive", &error);
        Vec::new()
    });
    if let Err(error) = compact::compact(&context.warehouse) {
        tell("free space of the database file", &error);
    }
    if let Some(target) = context.config.snapshot.as_ref().filter(|target| target.exists())
        && let Err(error) = make_snapshot(context, target)
    {
        tell("the copy for BI tools", &error);
    }
    let folder = context.backups();
    let mut backups_removed = Vec::new();
    if purges_backups {
        match purge(context, now) {
            Ok(gone) => backups_removed = gone,
            Err(error) => tell("backups", &error),
        }
    }
    let old = backup::list(&folder, now)?
        .into_iter()
        .filter(|backup| backup.manifest.made_at < now || lies_ahead(backup.manifest.made_at, now))
        .map(|b| b.path);
    let backups = old.rev().collect();
    Ok(Forgotten { erased, landed, files, archive, backups, backups_removed, left })
}

/// Notes that a person objects to being analysed, or lifts that; returns how many identifiers it is about, and
/// what could not be done. Blocking.
pub fn object(
    context: &CareContext,
    workspace: &str,
    who: &Who,
    (actor, lifts): (&str, bool),
    now: DateTime<Utc>,
) -> Result<(u64, Option<String>), CareError> {
    let (id, who, key, actor) = (workspace.to_owned(), who.clone(), context.person_key.clone(), actor.to_owned());
    let changed = context
        .warehouse
        .write_blocking(move |connection| objection::object(connection, &id, &who, &key, (&actor, lifts), now))?;
    let left = super::care::keep_erasures(context).err();
    Ok((changed, left.map(|error| format!("the list of objections beside the database: {error}"))))
}

/// A mail that is being sent at this moment cannot be taken back.
fn under_way(context: &CareContext, workspace: &str, who: &Who) -> Result<Vec<String>, CareError> {
    let (id, who, key) = (workspace.to_owned(), who.clone(), context.person_key.clone());
    let held = context.warehouse.write_blocking(move |connection| held(connection, &id, &who, &key))?;
    let is_under_way = |row: &&serde_json::Value| row["state"] == "claimed";
    let mails = held.tables.get("ops.outbox").map_or(0, |rows| rows.iter().filter(is_under_way).count());
    let told = format!("{mails} mails to the person are under way just now: run this again in a few minutes");
    Ok(if mails > 0 { vec![told] } else { Vec::new() })
}

/// Landed slices of the workspace that hold one of the person's identifiers as a vendor sends them, or an
/// address that is one of theirs.
fn naming(context: &CareContext, workspace: &str, who: &Who, held: &Held) -> Result<Vec<Entry>, CareError> {
    let marks = wanted(context, workspace, who)?;
    let mut all = Vec::new();
    let mut found: Vec<(Option<String>, String)> = held
        .identifiers
        .iter()
        .filter(|identifier| identifier.kind != "person_key" && !identifier.value.starts_with("erased_"))
        .map(|identifier| (identifier.connection.clone(), identifier.value.clone()))
        .collect();
    found.push(match who {
        Who::Mail(mail) => (None, mail.trim().to_owned()),
        Who::Id { id, connection } => (connection.clone(), id.clone()),
    });
    let mut by_connection: HashMap<String, Words> = HashMap::new();
    let entries = landed::entries(&context.landing())?.into_iter();
    for entry in entries.filter(|entry| names::is_of(&entry.workspace, workspace)) {
        if !by_connection.contains_key(&entry.connection) {
            let is_there = |id: &Option<String>| id.as_ref().is_none_or(|id| names::is_of(&entry.connection, id));
            let of_entry = found.iter().filter(|(connection, _)| is_there(connection));
            let words: Vec<&str> = of_entry.map(|(_, word)| word.as_str()).filter(|word| !word.is_empty()).collect();
            let known = marks.clone();
            let words = Words::new(&words).map_err(|_| CareError::TooMany)?;
            let words = words.or_addresses(move |address| known.of_address(address).is_some());
            by_connection.insert(entry.connection.clone(), words);
        }
        if entry.mentions(&by_connection[&entry.connection]) {
            all.push(entry);
        }
    }
    Ok(all)
}

/// What to look for where figures stand as well: an address, and ids that are no numbers.
fn words_in_reports(context: &CareContext, workspace: &str, who: &Who, held: &Held) -> Result<Words, CareError> {
    let marks = wanted(context, workspace, who)?;
    let given = match who {
        Who::Mail(word) | Who::Id { id: word, .. } => word.trim(),
    };
    let ids = held.identifiers.iter().filter(|id| id.kind != "person_key" && !id.value.starts_with("erased_"));
    let all = ids.map(|id| id.value.as_str()).chain([given]);
    let is_name = |word: &&str| word.len() >= 6 && word.contains(|letter: char| !letter.is_ascii_digit());
    let words = Words::new(&all.filter(is_name).collect::<Vec<_>>()).map_err(|_| CareError::TooMany)?;
    Ok(words.or_addresses(move |address| marks.of_address(address).is_some()))
}

fn wanted(context: &CareContext, workspace: &str, who: &Who) -> Result<Marks, CareError> {
    let (id, whom, key) = (workspace.to_owned(), who.clone(), context.person_key.clone());
    Ok(context.warehouse.write_blocking(move |connection| {
        with_identifiers(connection, &id, &whom, &key, |transaction| Marks::wanted(transaction, &id))
    })?)
}

fn remove_landed(context: &CareContext, folders: &[PathBuf], now: DateTime<Utc>) -> Result<Vec<PathBuf>, CareError> {
    let loads = context.warehouse.read_blocking(loads_by_manifest)?;
    let mut gone = Vec::new();
    for entry in landed::entries(&context.landing())?.into_iter().filter(|entry| folders.contains(&entry.folder)) {
        if let Some(ids) = loads.get(&landed_key(&entry.manifest())) {
            note_removed(&context.warehouse, ids, now)?;
        }
        entry.remove()?;
        gone.push(entry.folder);
    }
    Ok(gone)
}

fn erase_archive(context: &CareContext, workspace: &str) -> Result<Vec<PathBuf>, CareError> {
    let Some(folder) = &context.config.archive else { return Ok(Vec::new()) };
    let files = context.warehouse.read_blocking(|reader| {
        erased::set_key(reader, &context.person_key)?;
        let files = export::erase(reader, folder, workspace);
        erased::forget_key(reader);
        files
    })?;
    Ok(files)
}

fn purge(context: &CareContext, now: DateTime<Utc>) -> Result<Vec<PathBuf>, CareError> {
    let folder = context.backups();
    context.warehouse.read_blocking(|reader| backup::make(reader, &folder, backup::Kind::Daybook, now))?;
    let mut gone = backup::prune(&folder, backup::Kind::Daybook, 1, now)?;
    gone.extend(backup::remove_all(&folder, backup::Kind::BeforeMigration, now)?);
    Ok(gone)
}
