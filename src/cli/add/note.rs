//! `daybook note add`: a known event in a workspace's file.

use super::edit::{Edit, push_tables};
use super::{Addition, Manner, chosen_workspace};
use crate::app::AppError;
use crate::cli::init::ask::Asker;
use crate::config::Settings;
use crate::domain::business::EventKind;
use crate::support::nearest::unknown_remedy;
use chrono::NaiveDate;
use toml_edit::{Array, Datetime, DocumentMut, Item, Table, value};

#[derive(Debug, clap::Args)]
pub struct NoteArgs {
    /// What happened, in a few words.
    #[arg(value_name = "TEXT")]
    text: String,
    /// The day, or the first of several.
    #[arg(long, value_name = "DATE")]
    on: NaiveDate,
    /// The last day that counts.
    #[arg(long, value_name = "DATE")]
    to: Option<NaiveDate>,
    /// campaign, release, price, tracking, outage or other.
    #[arg(long, value_name = "KIND", default_value = "other")]
    kind: String,
    /// Only this channel; may be given more than once.
    #[arg(long, value_name = "ID")]
    channel: Vec<String>,
    /// Only this metric; may be given more than once.
    #[arg(long, value_name = "ID")]
    metric: Vec<String>,
    /// Only this country, as DE; may be given more than once.
    #[arg(long, value_name = "CODE")]
    country: Vec<String>,
    /// Keep it out of reports.
    #[arg(long)]
    mute: bool,
    /// The workspace; needed where there are several.
    #[arg(long, short, value_name = "ID")]
    workspace: Option<String>,
    #[command(flatten)]
    pub manner: Manner,
}

pub(super) fn add(settings: &Settings, args: &NoteArgs, asker: &mut Asker<'_>) -> Result<Addition, AppError> {
    let workspace = chosen_workspace(settings, args.workspace.as_deref(), asker)?;
    let kinds = EventKind::ALL.map(|(word, _)| word);
    if !kinds.contains(&args.kind.as_str()) {
        let near = unknown_remedy(&args.kind, &kinds, "kinds");
        return Err(AppError::Usage(format!("there is no kind {:?}: {near}", args.kind)));
    }
    let file = settings.workspace(&workspace).map(|own| own.file.clone()).unwrap_or_default();
    let block = block(args)?;
    let edit = Edit::change(&settings.root, &file, |document| push_tables(document, "events", &block))?;
    let next = format!("daybook note list -w {workspace}");
    Ok(Addition { edits: vec![edit], wanted: Vec::new(), next })
}

/// The table as a text, every value quoted as TOML wants it.
fn block(args: &NoteArgs) -> Result<String, AppError> {
    let mut event = Table::new();
    event.insert("from", value(day(args.on)?));
    if let Some(to) = args.to.filter(|to| *to != args.on) {
        event.insert("to", value(day(to)?));
    }
    event.insert("text", value(args.text.trim()));
    event.insert("kind", value(args.kind.as_str()));
    for (key, names) in [("channels", &args.channel), ("metrics", &args.metric), ("countries", &args.country)] {
        if !names.is_empty() {
            event.insert(key, value(names.iter().map(String::as_str).collect::<Array>()));
        }
    }
    if args.mute {
        event.insert("mute", value(true));
    }
    let mut events = toml_edit::ArrayOfTables::new();
    events.push(event);
    let mut document = DocumentMut::new();
    document.insert("events", Item::ArrayOfTables(events));
    Ok(format!("\n{document}"))
}

fn day(date: NaiveDate) -> Result<Datetime, AppError> {
    date.to_string()
        .parse()
        .map_err(|_| AppError::Usage(format!("{date} cannot be written: use a year of four digits")))
}
