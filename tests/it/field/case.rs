//! Runs a case: an installation over the doubles, driven as the command line drives it, with a clock
//! that the case sets.

use super::double::{Asked, Double};
use super::installation::Installation;
use super::judge::{Expect, judge};
use chrono::{DateTime, Days, NaiveDate, Utc};
use daybook::app::{App, AppError, Selection};
use daybook::app::{SecretsAre, sources};
use daybook::connectors::Engine;
use daybook::domain::period::Period;
use daybook::jobs::backfill::backfill;
use daybook::jobs::online::{Account, vendors};
use daybook::jobs::sync::StreamOutcome;
use daybook::queries::status::status;
use daybook::support::clock::Clock;
use daybook::warehouse::coverage::{Place, accept};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::path::Path;

/// A case as its file says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Public reports, as `owner/repo#number`.
    pub source: Vec<String>,
    /// What happens at the vendor.
    pub what: String,
    /// What must come out, in words.
    pub right: String,
    pub workspace: Workspace,
    pub connections: Vec<Connection>,
    pub steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workspace {
    pub time_zone: String,
    pub currency: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connection {
    pub connector: String,
    pub since: NaiveDate,
    #[serde(default)]
    pub settings: Map<String, Value>,
    /// `[connections.streams.<id>]` of the workspace's file.
    #[serde(default)]
    pub streams: Map<String, Value>,
    /// How often a request is made that asks to be made again; the connector's own number if left out.
    pub attempts: Option<u32>,
}

/// What happens at an instant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub at: DateTime<Utc>,
    /// The vendors' world from now on; as before if left out.
    pub world: Option<Value>,
    /// Settings of connectors that somebody changed.
    #[serde(default)]
    pub settings: Map<String, Value>,
    #[serde(rename = "do")]
    pub commands: Vec<String>,
    #[serde(default)]
    pub expect: Vec<Expect>,
}

/// What a step reported and asked.
#[derive(Debug, Default)]
pub struct Heard {
    pub said: Vec<String>,
    pub asked: Vec<Asked>,
}

/// Runs `tests/fixtures/wire/<id>.json`; everything that is not right is reported at once.
pub async fn run(id: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/wire/{id}.json"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let case: Case = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{id}: {error}"));
    assert!(!case.source.is_empty() && case.steps.iter().any(|step| !step.expect.is_empty()), "{id} asks nothing");
    let double = Double::start().await;
    let mut installation = Installation::new(&case, &double.base_url());
    let (mut wrong, mut story) = (Vec::new(), Vec::new());
    for (number, step) in case.steps.iter().enumerate() {
        if let Some(world) = &step.world {
            double.set_world(world);
        }
        installation.change(&step.settings);
        let app = App::open(installation.root(), Clock::fixed(step.at));
        let mut heard = Heard::default();
        match &app {
            Ok(app) => obey(app, &step.commands, &mut heard).await,
            Err(error) => heard.said.extend(told(error)),
        }
        heard.asked = double.take_asked();
        let found = match &app {
            Ok(app) => judge(app, &step.expect, &heard).await,
            Err(_) => super::judge::said(&step.expect, &heard),
        };
        let place = format!("step {} at {}", number + 1, step.at.format("%Y-%m-%d %H:%M"));
        wrong.extend(found.into_iter().map(|problem| format!("{place}: {problem}")));
        story.push(format!("{place}: {} requests\n    {}", heard.asked.len(), heard.said.join("\n    ")));
    }
    assert!(
        wrong.is_empty(),
        "\n{id}: {}\nright: {}\nsource: {}\n\n- {}\n\nwhat was said:\n{}\n",
        case.what,
        case.right,
        case.source.join(", "),
        wrong.join("\n- "),
        story.join("\n")
    );
}

async fn obey(app: &App, commands: &[String], heard: &mut Heard) {
    for command in commands {
        let words: Vec<&str> = command.split_whitespace().collect();
        let done = match words.as_slice() {
            ["sync"] => sync(app).await,
            ["rollup"] => app.rollup(&Selection::default()).await.map(|_| Vec::new()),
            ["check"] => check(app),
            ["check", "--online"] => online(app).await,
            ["status"] => standing(app),
            ["backfill", connection, from, to] => fill(app, connection, from, to).await,
            ["accept", connection, stream, partition, from, to] => {
                let place = Place::new("acme", connection, stream, partition);
                accepted(app, place, days(from, to)).await
            }
            _ => panic!("no command {command:?}"),
        };
        match done {
            Ok(said) => heard.said.extend(said),
            Err(error) => heard.said.extend(told(&error)),
        }
    }
}

/// A refusal as the command line words it.
fn told(error: &AppError) -> Vec<String> {
    match error {
        AppError::Config(problems) => problems.iter().map(|problem| format!("{problem:?}")).collect(),
        error => vec![error.to_string()],
    }
}

async fn sync(app: &App) -> Result<Vec<String>, AppError> {
    Ok(app.sync(&Selection::default(), &|_| {}).await?.iter().flat_map(ended).collect())
}

fn ended(outcome: &StreamOutcome) -> Vec<String> {
    let place = format!("{} {}", outcome.connection, outcome.stream);
    let notes = outcome.loaded.notes.iter().map(|note| format!("note: {place}: {note}"));
    let stopped = outcome.error.iter().map(|error| {
        let again = if error.can_retry { "; the next run tries again" } else { "; this needs a person" };
        format!("stopped: {place} {}: {}{again}", error.slice, error.message)
    });
    notes.chain(stopped).collect()
}

fn check(app: &App) -> Result<Vec<String>, AppError> {
    let today = app.clock.now().date_naive();
    let of = |workspace| sources(&app.settings, workspace, app.catalog(), today, SecretsAre::Assumed).1;
    Ok(app.settings.workspaces.iter().flat_map(of).map(|problem| format!("{problem:?}")).collect())
}

async fn online(app: &App) -> Result<Vec<String>, AppError> {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = Engine::new(folder.path().to_owned(), app.clock.clone())?;
    let mut accounts = Vec::new();
    for workspace in &app.settings.workspaces {
        accounts.extend(app.sources(workspace)?.into_iter().map(|source| {
            let secrets = source.connection.connector.spec.secrets.keys().cloned().collect();
            Account { connection: source.connection, currency: source.currency, secrets }
        }));
    }
    Ok(vendors(&engine, &accounts).await.iter().map(|finding| format!("{finding:?}")).collect())
}

fn standing(app: &App) -> Result<Vec<String>, AppError> {
    let found = status(app, None, app.clock.now())?;
    let found = serde_json::to_value(found).expect("JSON");
    let mut said = Vec::new();
    super::judge::texts(&found["workspaces"], &mut said);
    Ok(said)
}

async fn fill(app: &App, connection: &str, from: &str, to: &str) -> Result<Vec<String>, AppError> {
    let period = days(from, to);
    let mut said = Vec::new();
    for workspace in &app.settings.workspaces {
        for source in app.sources(workspace)?.iter().filter(|source| source.connection.id == connection) {
            let done = backfill(&app.sync, source, period, &|_| {}).await?;
            said.extend(done.streams.iter().flat_map(ended));
        }
    }
    Ok(said)
}

/// A person takes doubted or unanswered days as the vendor says them.
async fn accepted(app: &App, place: Place, period: Period) -> Result<Vec<String>, AppError> {
    let days = app.warehouse.write(move |writer| accept(writer, &place, period)).await?;
    let mut said = vec![format!("{days} days accepted")];
    said.extend(sync(app).await?);
    Ok(said)
}

fn days(from: &str, to: &str) -> Period {
    let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
    Period::new(day(from), day(to) + Days::new(1)).expect("days")
}
