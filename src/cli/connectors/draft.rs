//! `daybook connectors new`: an answer is looked at, and the files are written.

use crate::app::AppError;
use crate::cli::install::write_new;
use crate::cli::show::{plain, wrapped};
use crate::cli::{Outcome, out};
use crate::queries::connector_draft::{Address, Draft, draft, first_answer, saved_answer};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct NewArgs {
    /// What it is to be called, such as our_shop.
    name: String,
    /// Where the vendor lists its records; asked once, without credentials, unless --page is given.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// A saved answer of the vendor's (JSON), to find records and fields in.
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
}

pub(super) async fn run(root: &Path, args: &NewArgs, json: bool) -> anyhow::Result<Outcome> {
    let address = args.url.as_deref().map(Address::parse).transpose()?;
    let body = match (&args.page, &address) {
        (Some(file), _) => Some(saved_answer(file)?),
        (None, Some(address)) => Some(first_answer(address).await?),
        (None, None) => None,
    };
    let made = draft(&args.name, body.as_ref(), address)?;
    let there = made.files.iter().map(|(place, _)| place).find(|place| root.join(place).exists());
    if let Some(there) = there {
        let words = format!("{there} is there already, and nothing is overwritten: choose another name, or remove it");
        return Err(AppError::Usage(words).into());
    }
    for (place, text) in &made.files {
        let path = root.join(place);
        write_new(&path, text).map_err(|source| AppError::Io { path, source })?;
    }
    if json {
        return out::json(&made);
    }
    told(&made);
    Ok(Outcome::Done)
}

fn told(made: &Draft) {
    for (place, text) in &made.files {
        outln!("wrote {place} ({} lines)", text.lines().count());
    }
    for note in &made.notes {
        outln!("{}", wrapped("  ", &plain(note)));
    }
    outln!("\nnext:");
    outln!("  daybook connectors test {}", made.connector);
    outln!("  daybook add connection {} --yes", made.connector);
    outln!("  daybook sync && daybook rollup");
    if !made.metrics.is_empty() {
        outln!("and in a report, such as jobs/report_daily.toml:");
        outln!("  [[sections]]\n  kind = \"metrics\"\n  title = \"{}\"", made.connector.replace('_', " "));
        let named: Vec<String> = made.metrics.iter().map(|metric| format!("\"{metric}\"")).collect();
        outln!("{}", wrapped("  metrics = [", &format!("{}]", named.join(", "))));
    }
}
