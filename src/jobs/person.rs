//! One person's data: handed out, or erased wherever Daybook keeps something about them.

use super::maintenance::{
    MaintenanceContext, MaintenanceError, keep_erasures, landed_key, loads_by_manifest, make_snapshot, note_removed,
};
use super::sent_files;
use crate::connectors::landed::{self, Entry, Mention};
use crate::domain::clock::lies_ahead;
use crate::support::names;
use crate::support::spelling::{Kind, Words};
use crate::warehouse::maintenance::{backup, compact, export};
use crate::warehouse::outbox;
use crate::warehouse::privacy::erased;
use crate::warehouse::privacy::marks::Marks;
use crate::warehouse::privacy::objection;
use crate::warehouse::privacy::person::{Erased, Held, Identifier, Who, erase, held, identified, mails_under_way};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::HashMap;
use std::path::PathBuf;

pub use crate::warehouse::privacy::erased::FILE as ERASURES;

/// Everything kept about a person.
#[derive(Debug, Serialize)]
pub struct About {
    #[serde(flatten)]
    pub held: Held,
    /// Folders of landed pages that name the person, as received, or may do so: nobody can look into them.
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
    /// Landed slices that named the person, or could not be looked into, and are removed: they cannot be replayed,
    /// only fetched again.
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
pub fn about(context: &MaintenanceContext, workspace: &str, who: &Who) -> Result<About, MaintenanceError> {
    let (id, who_there, key) = (workspace.to_owned(), who.clone(), context.person_key.clone());
    let held = context.warehouse.write_blocking(move |connection| held(connection, &id, &who_there, &key))?;
    let person = Person::find(context, workspace, who)?;
    let landed = naming(context, &person)?.into_iter().map(|(entry, _)| entry.folder).collect();
    Ok(About { held, landed })
}

/// Erases a person: first landed pages, for which the identifiers in the database are needed: where one
/// cannot be removed, nothing else is done, and it can be run again. Then facts, history and quarantine at
/// once; then the archive, the copy for BI tools, and the file's free space, in which old rows could still
/// be read. Blocking.
///
/// `purges_backups` also makes a new backup and removes all others; else they age out by number.
pub fn forget(
    context: &MaintenanceContext,
    workspace: &str,
    who: &Who,
    actor: &str,
    purges_backups: bool,
    now: DateTime<Utc>,
) -> Result<Forgotten, MaintenanceError> {
    let person = Person::find(context, workspace, who)?;
    let naming = naming(context, &person)?;
    let mut left: Vec<String> = naming.iter().filter_map(|(entry, why)| Some(unread(entry, why.as_ref()?))).collect();
    let landed = remove_landed(context, naming.into_iter().map(|(entry, _)| entry), now)?;
    let (words, in_names) = person.words_in_reports()?;
    let after = who.clone();
    let (id, who, key, actor) = (workspace.to_owned(), who.clone(), context.person_key.clone(), actor.to_owned());
    let erased =
        context.warehouse.write_both_blocking(move |connection| erase(connection, &id, &who, &key, &actor, now))?;
    left.extend(under_way(context, workspace, &after)?);
    let mut tell = |what: &str, error: &dyn std::fmt::Display| left.push(format!("{what}: {error}"));
    // First what keeps a restored backup from bringing the person back.
    if let Err(error) = keep_erasures(context) {
        tell("the list of erasures beside the database", &error);
    }
    let files = match sent_files::remove(context, workspace, (&words, &in_names)) {
        Ok(done) => {
            done.left.iter().for_each(|problem| tell("files of reports and mails", problem));
            done.gone
        }
        Err(error) => {
            tell("files of reports and mails", &error);
            Vec::new()
        }
    };
    if let Err(error) = context.warehouse.write_ledger_blocking(move |ledger| outbox::sweep_files(ledger, true, now)) {
        tell("bytes of messages beside the database", &error);
    }
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
    context: &MaintenanceContext,
    workspace: &str,
    who: &Who,
    (actor, lifts): (&str, bool),
    now: DateTime<Utc>,
) -> Result<(u64, Option<String>), MaintenanceError> {
    let (id, who, key, actor) = (workspace.to_owned(), who.clone(), context.person_key.clone(), actor.to_owned());
    let changed = context
        .warehouse
        .write_blocking(move |connection| objection::object(connection, &id, &who, &key, (&actor, lifts), now))?;
    let left = keep_erasures(context).err();
    Ok((changed, left.map(|error| format!("the list of objections beside the database: {error}"))))
}

/// A mail that is being sent at this moment cannot be taken back.
fn under_way(context: &MaintenanceContext, workspace: &str, who: &Who) -> Result<Vec<String>, MaintenanceError> {
    let (id, who, key) = (workspace.to_owned(), who.clone(), context.person_key.clone());
    let mails = context.warehouse.write_blocking(move |connection| mails_under_way(connection, &id, &who, &key))?;
    let told = format!("{mails} mails to the person are under way just now: run this again in a few minutes");
    Ok(if mails > 0 { vec![told] } else { Vec::new() })
}

/// Who is looked for, and all that leads to them.
struct Person {
    workspace: String,
    /// Identifiers as vendors send them, each with its connection; an address has none.
    words: Vec<(Option<String>, String)>,
    marks: Marks,
}

impl Person {
    fn find(context: &MaintenanceContext, workspace: &str, who: &Who) -> Result<Self, MaintenanceError> {
        let (id, whom, key) = (workspace.to_owned(), who.clone(), context.person_key.clone());
        let (identifiers, marks) =
            context.warehouse.write_blocking(move |connection| identified(connection, &id, &whom, &key))?;
        // Pseudonyms as well: what a vendor hashed itself stands in its pages as it does here.
        let is_sent = |one: &Identifier| !one.value.starts_with("erased_");
        let mut words: Vec<_> =
            identifiers.into_iter().filter(is_sent).map(|one| (one.connection, one.value)).collect();
        words.push(match who {
            Who::Mail(mail) => (None, mail.trim().to_owned()),
            Who::Id { id, connection } => (connection.clone(), id.trim().to_owned()),
        });
        Ok(Self { workspace: workspace.to_owned(), words, marks })
    }

    /// Words that `is_wanted`, to look for in texts and in names.
    fn words(&self, is_wanted: impl Fn(&(Option<String>, String)) -> bool) -> Result<(Words, Words), MaintenanceError> {
        let all = self.words.iter().filter(|one| is_wanted(one)).map(|(_, word)| word.as_str());
        let all: Vec<&str> = all.filter(|word| !word.is_empty()).collect();
        let of = |kind| {
            let known = self.marks.clone();
            let words = Words::of(&all, kind).map_err(|_| MaintenanceError::TooMany)?;
            Ok::<Words, MaintenanceError>(words.or_addresses(move |address| known.of_address(address).is_some()))
        };
        Ok((of(Kind::Text)?, of(Kind::Name)?))
    }

    /// What to look for where figures stand as well: an address, and ids that are no numbers.
    fn words_in_reports(&self) -> Result<(Words, Words), MaintenanceError> {
        self.words(|(_, word)| word.len() >= 6 && word.contains(|letter: char| !letter.is_ascii_digit()))
    }
}

/// Landed slices of the workspace that hold one of the person's identifiers as a vendor sends them, or an
/// address that is one of theirs; and those that cannot be looked into, with the reason.
fn naming(context: &MaintenanceContext, person: &Person) -> Result<Vec<(Entry, Option<String>)>, MaintenanceError> {
    let mut all = Vec::new();
    let mut by_connection: HashMap<String, (Words, Words)> = HashMap::new();
    let entries = landed::entries(&context.landing())?.into_iter();
    for entry in entries.filter(|entry| names::is_of(&entry.workspace, &person.workspace)) {
        if !by_connection.contains_key(&entry.connection) {
            let words = person.words(|(id, _)| id.as_ref().is_none_or(|id| names::is_of(&entry.connection, id)))?;
            by_connection.insert(entry.connection.clone(), words);
        }
        let (words, in_names) = &by_connection[&entry.connection];
        match entry.mentions(words, in_names) {
            Mention::No => {}
            Mention::Yes => all.push((entry, None)),
            Mention::Unknown(why) => all.push((entry, Some(why))),
        }
    }
    Ok(all)
}

fn unread(entry: &Entry, why: &str) -> String {
    let folder = entry.folder.display();
    format!("looking into the landed slice {folder} ({why}): it is removed, though it may name others only")
}

fn remove_landed(
    context: &MaintenanceContext,
    entries: impl Iterator<Item = Entry>,
    now: DateTime<Utc>,
) -> Result<Vec<PathBuf>, MaintenanceError> {
    let loads = context.warehouse.read_blocking(loads_by_manifest)?;
    let mut gone = Vec::new();
    for entry in entries {
        if let Some(ids) = loads.get(&landed_key(&entry.manifest())) {
            note_removed(&context.warehouse, ids, now)?;
        }
        entry.remove()?;
        gone.push(entry.folder);
    }
    Ok(gone)
}

fn erase_archive(context: &MaintenanceContext, workspace: &str) -> Result<Vec<PathBuf>, MaintenanceError> {
    let Some(folder) = &context.config.archive else { return Ok(Vec::new()) };
    let files = context.warehouse.read_blocking(|reader| {
        erased::set_key(reader, &context.person_key)?;
        let files = export::erase(reader, folder, workspace);
        erased::forget_key(reader);
        files
    })?;
    Ok(files)
}

fn purge(context: &MaintenanceContext, now: DateTime<Utc>) -> Result<Vec<PathBuf>, MaintenanceError> {
    let folder = context.backups();
    context.warehouse.read_blocking(|reader| backup::make(reader, &folder, backup::Kind::Daybook, now))?;
    let mut gone = backup::prune(&folder, backup::Kind::Daybook, 1, now)?;
    gone.extend(backup::remove_all(&folder, backup::Kind::BeforeMigration, now)?);
    Ok(gone)
}
