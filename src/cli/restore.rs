//! `daybook restore`: a backup in the database's place. Opens no warehouse: the one there may be broken.

use super::show::{bytes, count, table};
use super::{Outcome, out};
use crate::app::AppError;
use crate::app::lock::DataLock;
use crate::app::{database_file, person_key};
use crate::config;
use crate::jobs::person::ERASURES;
use crate::support::blocking::off_thread;
use crate::support::clock::Clock;
use crate::warehouse::maintenance::backup::{Backup, default_dir, list};
use crate::warehouse::maintenance::restore;
use crate::warehouse::privacy::erased;
use std::path::Path;

#[derive(Debug, clap::Args)]
pub struct RestoreArgs {
    /// `latest`, or a backup's file name as --list shows it; nothing lists them.
    #[arg(value_name = "BACKUP")]
    backup: Option<String>,
    /// List the good backups.
    #[arg(long)]
    list: bool,
}

pub async fn run(root: &Path, args: &RestoreArgs, json: bool) -> anyhow::Result<Outcome> {
    let settings = config::load(root).map_err(AppError::Config)?;
    let database = database_file(&settings);
    let folder = settings.maintenance.backup.dir.clone().unwrap_or_else(|| default_dir(&database));
    let now = Clock::System.now();
    let all = list(&folder, now)?;
    let wanted = match &args.backup {
        Some(name) if !args.list => name.clone(),
        _ => return show(&all, &folder, json),
    };
    let chosen = if wanted == "latest" { all.first() } else { all.iter().find(|backup| name(backup) == wanted) };
    let Some(chosen) = chosen.cloned() else {
        let message =
            format!("there is no good backup {wanted:?} in {}: see `daybook restore --list`", folder.display());
        return Err(AppError::Usage(message).into());
    };
    let key = person_key(&settings)?;
    let _lock = DataLock::take(&settings.data_dir, "daybook restore", now).map_err(AppError::Lock)?;
    let erasures = erased::read_file(&settings.data_dir.join(ERASURES))?;
    let warehouse = settings.warehouse.clone();
    let done = off_thread(move || restore::restore(&database, &warehouse, &chosen, (&erasures, &key), now)).await?;
    if json {
        return out::json(&done);
    }
    outln!(
        "the database is now the backup of {} with {} rows",
        done.from.manifest.made_at.format("%Y-%m-%d %H:%M UTC"),
        count(done.from.rows())
    );
    if let Some(aside) = &done.set_aside {
        outln!("what was there is kept as {}", aside.display());
    }
    match done.carried {
        Some(rows) => {
            outln!("reports and messages issued since were carried over ({} rows): none goes out twice", count(rows))
        }
        None if done.set_aside.is_none() => outln!(
            "there was no database before: {} messages that waited when the backup was made are shown as unknown\n\
             and not sent; a report issued after it is not known, and would be issued again if asked for",
            count(done.unknown)
        ),
        None => outln!(
            "what was there could not be read: {} messages that waited when the backup was made are shown as unknown\n\
             and not sent; a report issued since is not known any more, and would be issued again if asked for",
            count(done.unknown)
        ),
    }
    if done.erased_again > 0 {
        outln!("{} identifiers erased since were erased again", count(done.erased_again));
    }
    outln!("`daybook sync` and `daybook rollup` fetch what has come since");
    Ok(Outcome::Done)
}

fn show(all: &[Backup], folder: &Path, json: bool) -> anyhow::Result<Outcome> {
    if json {
        out::json(&all)?;
    } else if all.is_empty() {
        outln!("there is no good backup in {}; `daybook backup` makes one", folder.display());
    } else {
        let rows = all.iter().map(|backup| {
            let made = backup.manifest.made_at.format("%Y-%m-%d %H:%M").to_string();
            vec![name(backup), made, count(backup.rows()), bytes(backup.manifest.bytes)]
        });
        outln!("{}", table(&["backup", "made UTC", "rows", "size"], &[2, 3], rows.collect()));
    }
    Ok(Outcome::Done)
}

fn name(backup: &Backup) -> String {
    backup.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
