//! `daybook connectors test`.

use crate::app::{AppError, catalog};
use crate::cli::init::answers::typed;
use crate::cli::out::place;
use crate::cli::show::{bytes, count, plain, table, wrapped};
use crate::cli::{Outcome, out};
use crate::config::{self, Settings};
use crate::connectors::spec::ConnectorSpec;
use crate::jobs::sync::Source;
use crate::queries::connector_trial::{AdHoc, Ask, StreamTrial, TableTrial, ad_hoc, configured, try_connector};
use crate::settings::unknown_remedy;
use crate::support::clock::Clock;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// More columns do not fit beside one another.
const NARROW: usize = 5;
/// A record of a quarantined row is shown up to here.
const SHOWN: usize = 200;

#[derive(Debug, clap::Args)]
pub(super) struct TestArgs {
    /// The connector.
    name: String,
    /// Only this stream.
    #[arg(long, value_name = "STREAM")]
    stream: Option<String>,
    /// So many days back, today included.
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=400))]
    days: u32,
    /// Answers of the vendor's that were saved to files, in place of asking; the connection's settings still count.
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "manifest")]
    pages: Vec<PathBuf>,
    /// A landed slice in place of asking, as `daybook runs --loads --json` names it.
    #[arg(long, value_name = "MANIFEST")]
    manifest: Option<PathBuf>,
    /// The workspace whose connection is used.
    #[arg(long, short, value_name = "ID", conflicts_with_all = ["setting", "secret"])]
    workspace: Option<String>,
    /// The connection that is used; the first of this connector if left out.
    #[arg(long, short, value_name = "ID", conflicts_with_all = ["setting", "secret"])]
    connection: Option<String>,
    /// A setting for this trial in place of a connection's; may be given more than once.
    #[arg(long, value_name = "NAME=VALUE")]
    setting: Vec<String>,
    /// Where a secret for this trial is: NAME=env:VARIABLE or NAME=file:PATH; may be given more than once.
    #[arg(long, value_name = "NAME=WHERE")]
    secret: Vec<String>,
}

pub(super) async fn run(root: &Path, args: &TestArgs, json: bool) -> anyhow::Result<Outcome> {
    let settings = config::load(root).map_err(AppError::Config)?;
    let (source, named) = source(root, &settings, args)?;
    let ask = Ask {
        stream: args.stream.clone(),
        days: args.days,
        pages: args.pages.iter().map(|file| place(file)).collect(),
        manifest: args.manifest.as_ref().map(|manifest| place(manifest)),
    };
    let trial = try_connector(&settings, (&source, named), &ask, Clock::System).await?;
    let outcome = if trial.is_well() { Outcome::Done } else { Outcome::Failed };
    if json {
        out::json(&trial)?;
        return Ok(outcome);
    }
    outln!("{}, connection {}; nothing is stored", trial.connector, trial.connection);
    trial.streams.iter().for_each(stream);
    Ok(outcome)
}

fn source(root: &Path, settings: &Settings, args: &TestArgs) -> Result<(Source, String), AppError> {
    let today = Clock::System.now().date_naive();
    let catalog = catalog(root)?;
    let connector = catalog.get(&args.name).ok_or_else(|| {
        let names: Vec<&str> = catalog.names().collect();
        let remedy = unknown_remedy(&args.name, &names, "connectors");
        let name = &args.name;
        AppError::Usage(format!("there is no connector {name:?}: {remedy}; `daybook connectors new {name}` writes one"))
    })?;
    if args.setting.is_empty() && args.secret.is_empty() {
        let asked = (args.workspace.as_deref(), args.connection.as_deref());
        if let Some(found) = configured(settings, &args.name, asked, today)?.into_iter().next() {
            return Ok(found);
        }
    }
    let given = AdHoc {
        settings: given(&connector.spec, &args.setting)?,
        secrets: args.secret.clone(),
        folder: place(Path::new(".")),
        is_offline: !args.pages.is_empty() || args.manifest.is_some(),
    };
    ad_hoc(settings, connector, &given, today)
}

fn given(spec: &ConnectorSpec, flags: &[String]) -> Result<BTreeMap<String, toml::Value>, AppError> {
    let read = |flag: &String| {
        let (name, text) =
            flag.split_once('=').ok_or_else(|| AppError::Usage(format!("--setting {flag}: write NAME=VALUE")))?;
        let setting = spec.settings.get(name).ok_or_else(|| {
            let known: Vec<&str> = spec.settings.keys().map(String::as_str).collect();
            let remedy = unknown_remedy(name, &known, "settings");
            AppError::Usage(format!("{} has no setting {name:?}: {remedy}", spec.name))
        })?;
        Ok((name.to_owned(), typed(name, setting, text).map_err(AppError::Usage)?))
    };
    flags.iter().map(read).collect()
}

fn stream(trial: &StreamTrial) {
    let of = if trial.partition.is_empty() { String::new() } else { format!(" of {}", plain(&trial.partition)) };
    let first = if trial.partitions > 1 { format!(" (the first of {})", trial.partitions) } else { String::new() };
    outln!("\n{}{of}{first}", trial.stream);
    if let Some(asked) = &trial.asked {
        outln!("{}", wrapped("  asked    ", &plain(asked)));
    }
    if !trial.slices.is_empty() {
        outln!("{}", wrapped("  slices   ", &plain(&trial.slices.join(", "))));
    }
    let records = trial.records.map_or(String::new(), |records| format!(", {} records", count(records)));
    outln!(
        "  answers  {} requests, {} pages, {}{records}",
        count(trial.requests),
        count(trial.pages),
        bytes(trial.bytes)
    );
    outln!(
        "  rows     {} read, {} repeat a key, {} quarantined",
        count(trial.rows),
        count(trial.repeated),
        count(trial.quarantined)
    );
    if let Some(error) = &trial.error {
        outln!("{}", wrapped("  error    ", &plain(error)));
    }
    if let Some(remedy) = &trial.remedy {
        outln!("{}", wrapped("  to do    ", &plain(remedy)));
    }
    for warning in &trial.warnings {
        outln!("{}", wrapped("  look at  ", &plain(warning)));
    }
    for note in &trial.notes {
        outln!("{}", wrapped("  note     ", &plain(note)));
    }
    trial.tables.iter().for_each(filled);
    if !trial.unread_fields.is_empty() {
        outln!("{}", wrapped("  not read ", &plain(&trial.unread_fields.join(", "))));
    }
}

fn filled(filled: &TableTrial) {
    outln!("  core.{}: {} rows would load", filled.table, count(filled.rows));
    let types = filled.columns.iter().map(|(name, kind)| format!("{name} {kind}"));
    outln!("{}", wrapped("  types    ", &types.collect::<Vec<_>>().join(", ")));
    if !filled.by_day.is_empty() {
        let days = filled.by_day.iter().map(|(day, rows)| format!("{day} {}", count(*rows)));
        outln!("{}", wrapped("  by day   ", &days.collect::<Vec<_>>().join(", ")));
    }
    let text = |value: &Option<String>| value.as_deref().map(plain).unwrap_or_default();
    if !filled.first_rows.is_empty() {
        if filled.columns.len() <= NARROW {
            let heads: Vec<&str> = filled.columns.iter().map(|(name, _)| name.as_str()).collect();
            let rows = filled.first_rows.iter().map(|row| row.iter().map(text).collect());
            outln!("{}", table(&heads, &[], rows.collect()));
        } else {
            for row in &filled.first_rows {
                let values = filled.columns.iter().zip(row).filter(|(_, value)| value.is_some());
                let values = values.map(|((name, _), value)| format!("{name} {}", text(value)));
                outln!("{}", wrapped("  - ", &values.collect::<Vec<_>>().join(", ")));
            }
        }
    }
    for reject in &filled.quarantined {
        outln!("{}", wrapped("  rejected ", &format!("{} rows: {}", count(reject.rows), plain(&reject.reason))));
        if let Some(record) = &reject.record {
            let shown: String = plain(record).chars().take(SHOWN).collect();
            outln!("{}", wrapped("           ", &shown));
        }
    }
}
