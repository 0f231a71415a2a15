//! `daybook check`: all that can be wrong, reported at once, without touching the network.

use super::Outcome;
use super::show::{plain, wrapped};
use crate::app::AppError;
use crate::app::{SecretsAre, catalog, database_file, rollup_sql, sources, template_problems};
use crate::config::{self, Problem, Settings, review};
use crate::connectors::Connector;
use crate::connectors::file::{Presets, Shape, list, read, shape, shown};
use crate::domain::period::Period;
use crate::jobs::sync::{Source, load_request};
use crate::jobs::template_trial::bounded;
use crate::queries::unmatched::unmatched;
use crate::report::templates::Templates;
use crate::settings::problems;
use crate::support::clock::Clock;
use crate::support::secret::Secret;
use crate::support::text_file;
use crate::warehouse::load::load;
use crate::warehouse::maintenance::checksum::open_read_only;
use crate::warehouse::rollup::own::try_own;
use crate::warehouse::rollup::{compute_anew, not_additive, rollup, try_recurring};
use crate::warehouse::{Context, Warehouse, queries};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::path::Path;

#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// Do not check that secrets exist: for machines that do not hold them, such as CI.
    #[arg(long)]
    without_secrets: bool,
    /// Fail where there are warnings: the exit code is 1.
    #[arg(long)]
    strict: bool,
    /// Also try each credential and server: one small request a stream, a login at the mail server.
    /// Nothing is loaded or sent.
    #[arg(long, conflicts_with = "without_secrets")]
    online: bool,
    /// With --online, only this workspace; may be given more than once.
    #[arg(long, short, value_name = "ID", requires = "online", conflicts_with = "without_secrets")]
    workspace: Vec<String>,
}

pub async fn run(root: &Path, args: &CheckArgs, json: bool) -> anyhow::Result<Outcome> {
    let secrets = if args.without_secrets { SecretsAre::Assumed } else { SecretsAre::Needed };
    let settings = tokio::task::block_in_place(|| inspect(root, secrets))?;
    if args.online {
        return super::online::run(&settings, &args.workspace, json).await;
    }
    let warnings = tokio::task::block_in_place(|| warnings(&settings, secrets, Clock::System.now()))?;
    let Drops { unreadable, missing } = tokio::task::block_in_place(|| dropped(&settings));
    if json {
        let warnings = problems::as_json(&warnings);
        outln!("{}", serde_json::json!({ "warnings": warnings, "dropped": unreadable, "missing": missing }));
    } else {
        if !warnings.is_empty() {
            outln!("{}", problems::warnings_for_terminal(&warnings, 80));
        }
        outln!("{}", summary(&settings, secrets));
        for folder in &missing {
            outln!("{}", wrapped("not there yet: ", &plain(folder)));
        }
        for told in &unreadable {
            outln!("{}", wrapped("dropped file: ", &plain(told)));
        }
    }
    Ok(match (args.strict && !warnings.is_empty(), unreadable.is_empty()) {
        (true, _) => Outcome::Failed,
        (false, true) => Outcome::Done,
        (false, false) => Outcome::Partly,
    })
}

/// What may be meant but should be looked at: in the files, in the secrets, and held against the data.
fn warnings(settings: &Settings, secrets: SecretsAre, now: DateTime<Utc>) -> anyhow::Result<Vec<Problem>> {
    let mut found = settings.warnings(now);
    found.extend(template_problems(&Templates::warnings(&settings.root.join("report-templates"))));
    if secrets == SecretsAre::Needed {
        found.extend(review::secrets(settings, &catalog(&settings.root)?).warnings);
        found.extend(review::rights(settings));
    }
    let database = database_file(settings);
    // A daemon has it open: `daybook status` reports the same then.
    if database.exists()
        && let Ok(reader) = open_read_only(&database)
    {
        for workspace in &settings.workspaces {
            found.extend(unmatched(settings, workspace, &reader, now)?);
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// What lies in drop folders, a sentence each.
#[derive(Debug, Default)]
struct Drops {
    /// Files that cannot be read.
    unreadable: Vec<String>,
    /// Folders.
    missing: Vec<String>,
}

/// At most so many files of a folder are looked into, the newest ones.
const LOOKED_INTO: usize = 20;

/// Looks into the files that lie in drop folders; nothing is loaded.
fn dropped(settings: &Settings) -> Drops {
    let Drops { unreadable: mut told, mut missing } = Drops::default();
    for workspace in &settings.workspaces {
        for connection in &workspace.files {
            let place = format!("{}/{}", workspace.workspace.id, connection.id);
            let drop = &connection.drop;
            let listing = match list(drop, Clock::System.now()) {
                Ok(listing) => listing,
                // What is published is fetched by the first sync.
                Err(_) if !drop.folder.exists() && drop.address.is_some() => continue,
                Err(_) if !drop.folder.exists() => {
                    missing.push(format!("{place}: the drop folder {}; create it", drop.folder.display()));
                    continue;
                }
                Err(error) => {
                    told.push(format!("{place}: {error}"));
                    continue;
                }
            };
            let left = listing.left.iter().filter(|left| left.state.is_trouble());
            told.extend(left.map(|left| format!("{place}: {}: {}", shown(&left.name), left.reason)));
            let Ok(scratch) = tempfile::tempdir() else { continue };
            let zone = workspace.workspace.time_zone;
            // Parquet says itself what its columns are.
            let text = listing.files.iter().rev().filter(|file| file.shape != Shape::Parquet).take(LOOKED_INTO);
            for file in text {
                let ask = shape::Ask { scratch: Some(scratch.path().to_owned()), ..drop.ask(&file.name) };
                let pass = |sink: &mut dyn shape::Sink| shape::read(&file.path, file.shape, &ask, sink);
                if let Err(error) = read(&file.name, drop, zone, &pass, (0, scratch.path())) {
                    told.push(format!("{place}: {error} (see daybook files try {})", file.path.display()));
                }
            }
        }
    }
    Drops { unreadable: told, missing }
}

/// Everything that can be reported of an installation without the network.
pub fn inspect(root: &Path, secrets: SecretsAre) -> anyhow::Result<Settings> {
    let settings = config::load(root).map_err(AppError::Config)?;
    let catalog = catalog(&settings.root)?;
    let mut problems = match secrets {
        SecretsAre::Assumed => Vec::new(),
        SecretsAre::Needed => [settings.missing_secrets(), review::secrets(&settings, &catalog).errors].concat(),
    };
    let warehouse = Warehouse::in_memory_with(settings.warehouse.clone())?;
    let mut connectors = BTreeSet::new();
    for workspace in &settings.workspaces {
        let (found, wrong) =
            sources(&settings, workspace, &catalog, Clock::System.now().date_naive(), SecretsAre::Assumed);
        problems.extend(wrong);
        for source in found {
            if connectors.insert(source.connection.connector.spec.name.clone()) {
                problems.extend(queries(&settings.root, &warehouse, &source));
            }
        }
    }
    problems.extend(rollups(&settings, &warehouse));
    // Certificates and addresses of hooks are only known once the secrets are there.
    if secrets == SecretsAre::Needed {
        problems.extend(settings.unusable_ways());
    }
    let (templates, broken) = bounded(&settings.root.join("report-templates"));
    let of_templates = [template_problems(&broken), template_problems(&templates.check())].concat();
    problems.extend(of_templates.into_iter().map(|problem| said_better(&settings.root, problem)));
    if !problems.is_empty() {
        problems.sort();
        problems.dedup();
        return Err(AppError::Config(problems).into());
    }
    Ok(settings)
}

/// What was found to be well.
pub fn summary(settings: &Settings, secrets: SecretsAre) -> String {
    let workspaces = &settings.workspaces;
    let streams: usize = workspaces.iter().map(|workspace| workspace.connections.len() + workspace.files.len()).sum();
    let counts = [
        (workspaces.len(), "workspace"),
        (streams, "connection"),
        (settings.jobs.len(), "job"),
        (settings.metrics.iter().count(), "metric"),
        (settings.rollups.len(), "rollup"),
        (settings.checks.len(), "check"),
    ];
    let counted = counts.map(|(count, noun)| format!("{count} {noun}{}", if count == 1 { "" } else { "s" }));
    let secrets = if secrets == SecretsAre::Assumed { "\nsecrets were not looked for" } else { "" };
    wrapped("", &format!("OK: {}", counted.join(", "))) + secrets
}

/// Loads nothing with every query of a connector: what is wrong with one shows.
fn queries(root: &Path, warehouse: &Warehouse, source: &Source) -> Vec<Problem> {
    let connector: &Connector = &source.connection.connector;
    let mut problems = Vec::new();
    for stream in connector.spec.streams.keys() {
        let folder = Path::new("config/connectors").join(&connector.spec.name);
        let now = Clock::System.now();
        let landed = crate::connectors::LandedSlice::empty(&source.connection, stream, now);
        let loaded = load_request(source, &landed, &warehouse.facts(), &Secret::new("check"), false)
            .and_then(|request| warehouse.write_blocking(move |connection| load(connection, &request, now)));
        let Err(error) = loaded else { continue };
        let message = error.to_string();
        if message.contains("there is no table") {
            let file = folder.join("connector.toml");
            let text = text_file::text_or_nothing(&root.join(&file));
            let known = tables(warehouse);
            let is_unknown = |line: &str| {
                let named = line.trim().strip_prefix("table").and_then(|rest| rest.split('"').nth(1));
                named.is_some_and(|named| !known.iter().any(|table| table == named))
            };
            let line = text.lines().position(is_unknown).map(|index| index + 1);
            let remedy = format!("write table = one of {}", known.join(", "));
            problems.push(Problem::new(&file, line, &message, &remedy));
        } else {
            // A stream may fill several tables, each by a query of its own.
            let loads = connector.spec.streams.get(stream).into_iter().flat_map(|stream| &stream.loads);
            let named = loads.into_iter().find(|load| message.contains(&format!("into {}", load.table)));
            let file = named.map_or_else(|| format!("{stream}.sql"), |load| load.sql_file());
            problems.push(of_sql(&folder.join(file), &message));
        }
    }
    problems
}

/// The tables that connectors load into.
fn tables(warehouse: &Warehouse) -> Vec<String> {
    let step = || "listing the tables".to_owned();
    let read = warehouse.read_blocking(|reader| {
        let sql = "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'core' ORDER BY 1";
        let mut statement = reader.prepare(sql).context(step)?;
        let names = statement.query_map([], |row| row.get(0)).context(step)?;
        names.collect::<Result<Vec<String>, _>>().context(step)
    });
    read.unwrap_or_default()
}

/// Runs the rollups and checks over an empty warehouse.
fn rollups(settings: &Settings, warehouse: &Warehouse) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(workspace) = settings.workspaces.first() {
        let (tenant, rules, sql) = (workspace.workspace.clone(), settings.channels.rules.clone(), rollup_sql(settings));
        let touch = format!("INSERT INTO ops.touched_day VALUES ('{}', DATE '2026-01-01', 'check')", tenant.id);
        let today = Clock::System.now().date_naive();
        let run = warehouse.write_blocking(move |connection| {
            connection.execute_batch(&touch).context(|| "touching a day".to_owned())?;
            rollup(connection, &tenant, &rules, &sql, today)?;
            for own in sql.facts.rollups() {
                try_own(connection, own, &rules, &tenant.id, today)?;
            }
            try_recurring(connection, &tenant, &sql, today)?;
            // As the nightly comparison asks, of a day without any row.
            let transaction = connection.transaction().context(|| "trying contributions".to_owned())?;
            let day = Period::day(today.pred_opt().unwrap_or(today));
            compute_anew(&transaction, &[(&tenant, day)], &rules, &sql)?;
            not_additive(&transaction, &sql.facts)
        });
        if let Ok(found) = &run {
            problems.extend(found.iter().map(|found| Problem::new(&found.file, None, &found.message, &found.remedy)));
        }
        if let Err(error) = run {
            let message = error.to_string();
            let shipped = settings.rollups.iter().map(|rollup| (&rollup.name, &rollup.path));
            let own = settings.facts.rollups().iter().map(|rollup| (&rollup.id, &rollup.file));
            let named = shipped.chain(own).find(|(name, _)| message.contains(name.as_str()));
            problems.push(of_sql(named.map_or(Path::new("jobs/rollups"), |(_, path)| path), &message));
        }
    }
    for check in &settings.checks {
        let sql = check.text.clone();
        let run = warehouse.read_blocking(|reader| {
            queries::examine(reader, &sql)?;
            reader.prepare(&sql).map(drop).context(|| check.name.clone())
        });
        if let Err(error) = run {
            problems.push(of_sql(&check.path, &error.to_string()));
        }
    }
    problems
}

/// A fault of DuckDB at its line: its message repeats the line, with a mark below that one line of text
/// would misplace.
fn of_sql(file: &Path, message: &str) -> Problem {
    let (said, quoted) = message.split_once("LINE ").unwrap_or((message, ""));
    let line = quoted.split_once(':').and_then(|(line, _)| line.trim().parse().ok());
    let remedy = "correct the query: DuckDB's SQL, over the tables that `SELECT * FROM duckdb_columns()` lists";
    Problem::new(file, line, said.trim(), remedy)
}

/// A fault of a template with the words it is about.
fn said_better(root: &Path, problem: Problem) -> Problem {
    let text = text_file::text_or_nothing(&root.join(&problem.file));
    let line = problem.line.and_then(|line| text.lines().nth(line - 1)).unwrap_or_default().trim();
    let (message, remedy) = if problem.message.contains("undefined value") {
        let message = format!("{} is used here: {line}", problem.message);
        (
            message,
            "compare the names with those of the built-in template; a name that may be absent needs \"is defined\"",
        )
    } else if problem.message.contains("syntax error") {
        let message = format!("{} at: {line}", problem.message);
        (message, "close every {{ }} and {% %}; the one that is open may stand on a line before")
    } else {
        return problem;
    };
    Problem { message, remedy: remedy.to_owned(), ..problem }
}

/// What each connector needs.
pub fn connectors(root: &Path, json: bool) -> anyhow::Result<Outcome> {
    let catalog = catalog(root)?;
    let all: Vec<_> = catalog.names().filter_map(|name| catalog.get(name)).collect();
    if json {
        let lines = all.iter().map(|c| {
            serde_json::json!({"name": c.spec.name, "label": c.spec.label, "docs": c.spec.docs,
                "settings": c.spec.settings.keys().collect::<Vec<_>>(), "secrets": c.spec.secrets.keys().collect::<Vec<_>>(),
                "streams": c.spec.streams.keys().collect::<Vec<_>>()})
        });
        outln!("{}", serde_json::Value::Array(lines.collect()));
        return Ok(Outcome::Done);
    }
    for connector in all {
        let spec = &connector.spec;
        outln!("{} ({})\n  {}", spec.name, spec.label, spec.docs);
        for (name, setting) in &spec.settings {
            let need = if setting.default.is_some() { "" } else { " (required)" };
            outln!("{}", wrapped("  setting ", &format!("{name}{need}: {}", setting.about)));
        }
        for (name, secret) in &spec.secrets {
            outln!("{}", wrapped("  secret  ", &format!("{name}: {}", secret.about)));
        }
        for (name, stream) in &spec.streams {
            outln!("{}", wrapped("  stream  ", &format!("{name}: {}", stream.about)));
        }
    }
    outln!("file (dropped files: CSV, Excel, OpenDocument, NDJSON, Parquet; zip, gz and zst)");
    // An installation with mistakes still has what ships.
    let presets = crate::config::load(root).map_or_else(|_| Presets::built_in(), |settings| settings.presets);
    for preset in presets.all() {
        outln!(
            "{}",
            wrapped("  preset  ", &format!("{}: {} ({})", preset.name, preset.about, preset.target.spec().name))
        );
    }
    for (word, target) in presets.targets().all() {
        let fields =
            target.spec().fields.iter().map(|field| {
                if field.is_required { format!("{} (required)", field.name) } else { field.name.to_owned() }
            });
        let fields = fields.collect::<Vec<_>>().join(", ");
        outln!("{}", wrapped("  target  ", &format!("{word}: {} {fields}", target.spec().about)));
    }
    Ok(Outcome::Done)
}
