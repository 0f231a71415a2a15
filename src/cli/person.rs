//! `daybook person`: what is kept about one person, handed out or erased, and objections to being analysed.

use super::Outcome;
use super::out::{self, place};
use super::show::count;
use crate::app::{App, AppError, Selection};
use crate::jobs::person::{About, Forgotten, about, forget, object};
use crate::support::blocking::off_thread;
use crate::warehouse::privacy::person::Who;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::path::PathBuf;

#[derive(Debug, clap::Subcommand)]
pub enum PersonCommand {
    /// Write all that is kept about a person as JSON.
    Export {
        #[command(flatten)]
        whom: Whom,
        /// The file; the terminal by default.
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Erase a person: identifiers become random words, so that sums stay and nothing leads back.
    Erase {
        #[command(flatten)]
        whom: Whom,
        /// Do it; without, it is only told what would be done.
        #[arg(long)]
        yes: bool,
        /// Make a new backup and remove all older ones, which still hold the person.
        #[arg(long)]
        purge_backups: bool,
    },
    /// Tell what is kept about a person, and whether they object to being analysed.
    Show {
        #[command(flatten)]
        whom: Whom,
    },
    /// Keep a person who objects out of analyses of persons (GDPR, article 21).
    ///
    /// Their ids and addresses are joined with no others: no payment is led back to where the CRM met them, and
    /// what they did is not told as one person's. What stays: amounts, orders, refunds and leads in all sums, and
    /// each vendor's id counted once among the customers; recurring revenue by subscription. Restored backups keep
    /// to it. The next rollup computes their days anew.
    Object {
        #[command(flatten)]
        whom: Whom,
        /// Lift the objection.
        #[arg(long)]
        undo: bool,
    },
}

impl PersonCommand {
    fn whom(&self) -> &Whom {
        match self {
            Self::Export { whom, .. } | Self::Erase { whom, .. } | Self::Show { whom } | Self::Object { whom, .. } => {
                whom
            }
        }
    }
}

/// Whom a command is about.
#[derive(Clone, Debug, clap::Args)]
pub struct Whom {
    /// The workspace.
    #[arg(long, short, value_name = "ID")]
    workspace: String,
    /// The person's e-mail address.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "id", required_unless_present = "id")]
    mail: Option<String>,
    /// The person's contact or customer id at a vendor.
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// The connection the id is of; any if left out.
    #[arg(long, short, value_name = "ID", requires = "id", conflicts_with = "mail")]
    connection: Option<String>,
}

impl Whom {
    fn who(&self) -> Result<Who, AppError> {
        let given = self.mail.as_deref().or(self.id.as_deref()).unwrap_or_default().trim();
        if given.is_empty() {
            return Err(AppError::Usage("say whom: --mail ADDRESS or --id ID".to_owned()));
        }
        Ok(match &self.mail {
            Some(_) => Who::Mail(given.to_owned()),
            None => Who::Id { id: given.to_owned(), connection: self.connection.clone() },
        })
    }
}

pub async fn run(app: &App, command: &PersonCommand, json: bool) -> anyhow::Result<Outcome> {
    let whom = command.whom();
    // An unknown workspace is reported before anything is looked for.
    app.workspaces(&Selection { workspaces: vec![whom.workspace.clone()], ..Selection::default() })?;
    let (who, workspace, context) = (whom.who()?, whom.workspace.clone(), app.maintenance());
    let (look_for, at) = (who.clone(), workspace.clone());
    if let PersonCommand::Object { undo, .. } = command {
        let (lifts, now) = (*undo, app.clock.now());
        let (changed, left) = off_thread(move || object(&context, &at, &look_for, ("cli", lifts), now)).await?;
        return objected(changed, lifts, left, json);
    }
    let found = {
        let context = context.clone();
        off_thread(move || about(&context, &at, &look_for)).await?
    };
    match command {
        PersonCommand::Export { to, .. } => {
            let text = serde_json::to_string_pretty(&found)?;
            match to {
                Some(file) => {
                    let file = place(file);
                    std::fs::write(&file, text + "\n")?;
                    outln!("{}: {}", file.display(), summary(&found));
                }
                None => outln!("{text}"),
            }
            Ok(Outcome::Done)
        }
        PersonCommand::Show { .. } if json => out::json(&Kept {
            kept: summary(&found),
            found: !found.is_empty(),
            objects_since: found.held.objects_since,
        }),
        PersonCommand::Show { .. } => {
            match found.is_empty() {
                true => outln!("nothing is kept about this person"),
                false => outln!("kept: {}", summary(&found)),
            }
            match found.held.objects_since {
                Some(since) => outln!("objects to being analysed since {}", since.format("%Y-%m-%d %H:%M UTC")),
                None => outln!("no objection is noted"),
            }
            Ok(Outcome::Done)
        }
        PersonCommand::Object { .. } => Ok(Outcome::Done),
        // Backups may still hold one who was erased before.
        PersonCommand::Erase { purge_backups: false, .. } if found.is_empty() => {
            if json {
                return out::json(&NotFound { found: false });
            }
            outln!("nothing is kept about this person");
            Ok(Outcome::Done)
        }
        PersonCommand::Erase { yes: false, .. } if json => out::json(&Kept::of(&found)),
        PersonCommand::Erase { yes: false, .. } => {
            outln!("would erase {}; nothing was changed, add --yes to do it", summary(&found));
            Ok(Outcome::Done)
        }
        PersonCommand::Erase { purge_backups, .. } => {
            let (purge, now) = (*purge_backups, app.clock.now());
            let done = off_thread(move || forget(&context, &workspace, &who, "cli", purge, now)).await?;
            if json {
                out::json(&done)?;
            } else {
                tell(&done);
            }
            Ok(if done.left.is_empty() { Outcome::Done } else { Outcome::Partly })
        }
    }
}

/// What is kept about a person.
#[derive(Serialize)]
struct Kept {
    /// How much, in words.
    kept: String,
    found: bool,
    /// UTC; absent where they do not object to being analysed.
    objects_since: Option<DateTime<Utc>>,
}

impl Kept {
    fn of(found: &About) -> Self {
        Self { kept: summary(found), found: !found.is_empty(), objects_since: found.held.objects_since }
    }
}

#[derive(Serialize)]
struct NotFound {
    found: bool,
}

/// An objection that was noted or lifted.
#[derive(Serialize)]
struct Objected {
    /// How many identifiers changed.
    identifiers: u64,
    lifted: bool,
    /// What could not be done.
    left: Option<String>,
}

fn objected(changed: u64, lifts: bool, left: Option<String>, json: bool) -> anyhow::Result<Outcome> {
    if json {
        out::json(&Objected { identifiers: changed, lifted: lifts, left: left.clone() })?;
    } else {
        match (changed, lifts) {
            (0, false) => outln!("the objection is noted already"),
            (0, true) => outln!("no objection is noted"),
            (_, false) => {
                outln!("{} identifiers are kept out of analyses of persons; sums stay as they are", count(changed));
                outln!("the next rollup computes the person's days anew");
            }
            (_, true) => {
                outln!("the objection of {} identifiers is lifted; the next rollup counts them again", count(changed))
            }
        }
    }
    Ok(match left {
        Some(problem) => {
            outln!("NOT DONE: {problem}");
            Outcome::Partly
        }
        None => Outcome::Done,
    })
}

fn summary(found: &About) -> String {
    let rows: usize = found.held.tables.values().map(Vec::len).sum();
    format!(
        "{} identifiers in {} rows, {} quarantined records, {} landed slices",
        found.held.identifiers.len(),
        rows,
        found.held.quarantine.len(),
        found.landed.len()
    )
}

fn tell(done: &Forgotten) {
    outln!("erased {} identifiers; amounts and days stay, for the books:", count(done.erased.identifiers));
    for (table, rows) in &done.erased.rows {
        outln!("  {table}: {} rows", count(*rows));
    }
    outln!("when a vendor sends the person again, the same random words take their place");
    if !done.landed.is_empty() {
        outln!(
            "{} landed slices that named the person are removed: they cannot be replayed,\n`daybook backfill` fetches them again",
            done.landed.len()
        );
    }
    for file in &done.archive {
        outln!("archive: {} written anew", file.display());
    }
    if !done.backups_removed.is_empty() {
        outln!("{} older backups removed, a new one made", done.backups_removed.len());
    }
    for backup in &done.backups {
        outln!("still in the backup {}, until it ages out or with --purge-backups", backup.display());
    }
    for file in &done.files {
        outln!("removed {}, which named the person", file.display());
    }
    outln!("not touched: files sent or exported elsewhere, files in drop folders, addresses in");
    outln!("config/, names without an address, and what the vendors themselves keep and send again");
    for problem in &done.left {
        outln!("NOT DONE: {problem}");
    }
}
