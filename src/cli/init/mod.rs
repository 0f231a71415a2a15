//! `daybook init`: a new installation from a few answers, or from flags alone.

pub mod answers;
pub mod ask;
pub mod files;
pub mod snippets;
mod zone;

use super::check::summary;
use super::install::write_new;
use super::{Outcome, out};
use crate::app::AppError;
use crate::app::SecretsAre;
use crate::queries::check::inspect;
use crate::support::clock::Clock;
use answers::{SecretsIn, TenantArgs};
use ask::Asker;
use files::Wanted;
use serde::Serialize;
use std::fs;
use std::io::{BufRead, IsTerminal};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct InitArgs {
    /// Where to put it; the folder of -C by default.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Where the database, received pages and reports are kept, relative to the folder above; that
    /// folder by default.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The first workspace's id: lower-case letters, digits and _.
    #[arg(long, short, value_name = "ID")]
    workspace: Option<String>,
    #[command(flatten)]
    tenant: TenantArgs,
    /// The mail server, with its port if not 465; mails become files without it.
    #[arg(long, value_name = "HOST[:PORT]")]
    smtp: Option<String>,
    /// The login at the mail server.
    #[arg(long, value_name = "NAME")]
    smtp_user: Option<String>,
    /// The sender of mails.
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
    /// Post reports to a channel of this kind, e.g. slack or teams, by its webhook.
    #[arg(long, value_name = "KIND")]
    channel: Option<String>,
    /// The earlier form of --channel slack.
    #[arg(long, hide = true)]
    slack: bool,
    /// Where secrets will be kept: file, env or credential.
    #[arg(long, value_name = "WHERE")]
    secrets: Option<String>,
    /// Ask nothing: flags and defaults alone.
    #[arg(long, short)]
    yes: bool,
    /// Ask even where the input is no terminal.
    #[arg(long, conflicts_with = "yes")]
    ask: bool,
}

impl InitArgs {
    fn channel(&self) -> Option<&str> {
        self.channel.as_deref().or(self.slack.then_some("slack"))
    }
}

pub fn run(root: &Path, args: &InitArgs, json: bool) -> anyhow::Result<Outcome> {
    let dir = args.dir.clone().unwrap_or_else(|| root.to_owned());
    refuse_to_overwrite(&dir, ["config/daybook.toml", "config/workspaces", "jobs"].map(str::to_owned).iter())?;
    let mut input = std::io::stdin().lock();
    let asks = args.ask || (!args.yes && !json && std::io::stdin().is_terminal());
    let mut asker = Asker::new(asks.then_some(&mut input as &mut dyn BufRead));
    let answers = answers::gather(args, &dir, &mut asker)?;
    let (files, wanted) = files::installation(&answers);
    refuse_to_overwrite(&dir, files.iter().map(|(name, _)| name).filter(|name| *name != ".gitignore"))?;

    // Nothing is written before it is known to be right.
    let draft = tempfile::tempdir()?;
    write(draft.path(), &files)?;
    let settings = inspect(draft.path(), SecretsAre::Assumed, Clock::System.now())?;
    write(&dir, &files)?;
    keep_to_oneself(&dir)?;
    // Folders that files are dropped in must be there before somebody drops one.
    let written = crate::config::load(&dir).map_err(AppError::Config)?;
    for connection in written.workspaces.iter().flat_map(|workspace| &workspace.files) {
        fs::create_dir_all(&connection.drop.folder)?;
    }
    if json {
        out::json(&Begun { dir, files: files.into_iter().map(|(name, _)| name).collect(), secrets: wanted })?;
    } else {
        outln!("{} files written to {}", files.len(), dir.display());
        outln!("{}", summary(&settings, SecretsAre::Assumed));
        next_steps(&dir, root, &wanted, answers.secrets_in);
    }
    Ok(Outcome::Done)
}

/// An installation that was begun.
#[derive(Serialize)]
struct Begun {
    dir: PathBuf,
    /// Below that folder.
    files: Vec<String>,
    /// Secrets that have to be put in place.
    secrets: Vec<Wanted>,
}

fn refuse_to_overwrite<'n>(dir: &Path, names: impl Iterator<Item = &'n String>) -> Result<(), AppError> {
    for name in names {
        let path = dir.join(name);
        if path.exists() {
            let words = format!(
                "{} already exists: edit it, add to it with `daybook add`, or name another folder with --dir",
                path.display()
            );
            return Err(AppError::Usage(words));
        }
    }
    Ok(())
}

fn write(dir: &Path, files: &[(String, String)]) -> std::io::Result<()> {
    files.iter().try_for_each(|(name, text)| write_new(&dir.join(name), text))
}

/// Secrets are for the one who runs Daybook.
fn keep_to_oneself(dir: &Path) -> std::io::Result<()> {
    let folder = dir.join("config/secrets");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(&folder)? {
        fs::set_permissions(entry?.path(), fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

fn next_steps(dir: &Path, root: &Path, wanted: &[Wanted], secrets_in: SecretsIn) {
    if !wanted.is_empty() {
        outln!("\nsecrets wanted, see config/secrets/README.md:");
        for secret in wanted {
            outln!("  {}", secret.place);
        }
    }
    let command = if dir == root { "daybook".to_owned() } else { format!("daybook -C {}", dir.display()) };
    outln!("\nnext:");
    if !wanted.is_empty() {
        outln!("  put the secrets in place");
    }
    if secrets_in == SecretsIn::Credential {
        // Only systemd hands credentials out. The unit is the package's, which an upgrade replaces.
        if !wanted.is_empty() {
            outln!("  name each credential by `systemctl edit daybook`, as the unit shows");
        }
        outln!("  systemctl start daybook     # all of it, on schedule; reports are sent");
        outln!("  {command} status            # how far it came");
    } else {
        outln!("  {command} check --online    # tries each account; sends nothing");
        outln!("  {command} sync              # fetch what there is");
        outln!("  {command} rollup            # compute the days");
        outln!("  {command} report preview    # look at every format; nothing is sent");
        outln!("  {command} run               # all of it, on schedule; reports are sent");
    }
    outln!("\n`daybook add` adds workspaces, connections, readers and reports.");
}
