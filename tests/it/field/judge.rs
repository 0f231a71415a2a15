//! Compares what a step left behind with what the case expects.

use super::case::Heard;
use chrono::NaiveDate;
use daybook::app::App;
use daybook::app::issue::drafts;
use daybook::queries::status::status;
use daybook::report::document::{Document, FreshnessState};
use daybook::warehouse::Context;
use regex::RegexBuilder;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// One thing that must be so; all texts that are looked for are regular expressions of any case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// A query and its rows, as texts.
    pub sql: Option<String>,
    #[serde(default)]
    pub rows: Vec<Vec<String>>,
    pub report: Option<Report>,
    pub status: Option<Status>,
    /// Something the step's commands say.
    pub said: Option<String>,
    /// Something they must not say.
    pub unsaid: Option<String>,
    pub requests: Option<Requests>,
}

/// A report as it would go out now.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The daily one if left out.
    pub job: Option<String>,
    pub date: NaiveDate,
    /// Each must be in one of the gaps on top.
    #[serde(default)]
    pub gaps: Vec<String>,
    /// None of them may be in any.
    #[serde(default)]
    pub no_gaps: Vec<String>,
    /// Anywhere in the document.
    #[serde(default)]
    pub says: Vec<String>,
    #[serde(default)]
    pub says_not: Vec<String>,
    /// Paths of figures with their printed texts.
    #[serde(default)]
    pub figures: BTreeMap<String, String>,
    /// It must not look finished: a gap on top, or a source that is late.
    #[serde(default)]
    pub not_final: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
    pub connection: String,
    pub health: Option<String>,
    pub says: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requests {
    pub like: String,
    pub at_most: Option<usize>,
    pub at_least: Option<usize>,
}

/// What is not as expected.
pub async fn judge(app: &App, expected: &[Expect], heard: &Heard) -> Vec<String> {
    let mut wrong = said(expected, heard);
    for expect in expected {
        if let Some(sql) = &expect.sql {
            wrong.extend(query(app, sql, &expect.rows));
        }
        if let Some(report) = &expect.report {
            wrong.extend(self::report(app, report).await);
        }
        if let Some(standing) = &expect.status {
            wrong.extend(self::standing(app, standing));
        }
    }
    wrong
}

/// What can be judged of an installation that cannot even be opened.
pub fn said(expected: &[Expect], heard: &Heard) -> Vec<String> {
    let mut wrong = Vec::new();
    for expect in expected {
        if let Some(pattern) = expect.said.as_ref().filter(|pattern| !is_in(pattern, &heard.said)) {
            wrong.push(format!("nobody says {pattern:?}"));
        }
        if let Some(pattern) = &expect.unsaid {
            let lines = heard.said.iter().filter(|line| matches(pattern, line));
            wrong.extend(lines.map(|line| format!("{pattern:?} must not be said: {line}")));
        }
        if let Some(Requests { like, at_most, at_least }) = &expect.requests {
            let lines: Vec<String> = heard.asked.iter().map(|asked| asked.line()).collect();
            let count = lines.iter().filter(|line| matches(like, line)).count();
            if at_most.is_some_and(|most| count > most) || at_least.is_some_and(|least| count < least) {
                wrong.push(format!("{count} requests like {like:?}, due: at most {at_most:?}, at least {at_least:?}"));
            }
        }
    }
    wrong
}

fn query(app: &App, sql: &str, rows: &[Vec<String>]) -> Option<String> {
    let found = app.warehouse.read_blocking(|connection| {
        let texts = format!("SELECT COLUMNS(*)::VARCHAR FROM ({sql})");
        let mut statement = connection.prepare(&texts).context(|| sql.to_owned())?;
        let mut rows = statement.query([]).context(|| sql.to_owned())?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().context(|| sql.to_owned())? {
            let columns = row.as_ref().column_count();
            let value =
                |index| row.get::<_, Option<String>>(index).map(|text| text.unwrap_or_else(|| "null".to_owned()));
            all.push((0..columns).map(value).collect::<Result<Vec<_>, _>>().context(|| sql.to_owned())?);
        }
        Ok(all)
    });
    match found {
        Ok(found) if found == rows => None,
        Ok(found) => Some(format!("{sql}\n    gives {found:?}\n    due   {rows:?}")),
        Err(error) => Some(format!("{sql}: {error}")),
    }
}

async fn report(app: &App, wanted: &Report) -> Vec<String> {
    let id = wanted.job.as_deref().unwrap_or("report_daily");
    let workspace = app.settings.workspace("acme").expect("the workspace");
    let job = app.settings.jobs.iter().find(|job| job.id == id).unwrap_or_else(|| panic!("no job {id}"));
    let Some(job) = job.kind.report() else { panic!("{id} is no report") };
    let period = job.base.cadence.period_of(wanted.date, workspace.workspace.calendar());
    let place = format!("{id} of {}", wanted.date);
    let document = match drafts(app, workspace, job, period, None).await {
        Ok(drafts) => drafts.into_iter().next().expect("a document").data,
        Err(error) => return vec![format!("{place}: {error}")],
    };
    compare(&document, wanted).into_iter().map(|problem| format!("{place}: {problem}")).collect()
}

fn compare(document: &Document, wanted: &Report) -> Vec<String> {
    let mut words = Vec::new();
    texts(&serde_json::to_value(document).expect("JSON"), &mut words);
    let mut wrong = Vec::new();
    for pattern in wanted.gaps.iter().filter(|pattern| !is_in(pattern, &document.gaps)) {
        wrong.push(format!("no gap says {pattern:?}; there are {:?}", document.gaps));
    }
    for pattern in &wanted.no_gaps {
        let gaps = document.gaps.iter().filter(|gap| matches(pattern, gap));
        wrong.extend(gaps.map(|gap| format!("no gap may say {pattern:?}: {gap}")));
    }
    for pattern in wanted.says.iter().filter(|pattern| !is_in(pattern, &words)) {
        let (gaps, notes, fresh) = (&document.gaps, &document.notes, &document.freshness);
        let fresh: Vec<_> = fresh.iter().map(|one| format!("{}: {}", one.label, one.remark)).collect();
        wrong.push(format!("nothing says {pattern:?}; gaps {gaps:?}, notes {notes:?}, sources {fresh:?}"));
    }
    for pattern in &wanted.says_not {
        let lines = words.iter().filter(|line| matches(pattern, line));
        wrong.extend(lines.map(|line| format!("{pattern:?} may not be said: {line}")));
    }
    let figures: BTreeMap<String, String> =
        document.figures().into_iter().map(|(path, figure)| (path, figure.text.clone())).collect();
    for (path, text) in &wanted.figures {
        match figures.get(path) {
            Some(found) if found == text => {}
            Some(found) => wrong.push(format!("{path} is {found}, due {text}")),
            None => wrong.push(format!("there is no figure {path}; there are {:?}", figures.keys())),
        }
    }
    let is_late = document.freshness.iter().any(|source| source.state == FreshnessState::Late);
    if wanted.not_final && document.gaps.is_empty() && !is_late {
        wrong.push("it looks finished: no gap and no late source".to_owned());
    }
    wrong
}

fn standing(app: &App, wanted: &Status) -> Vec<String> {
    let found = status(app, None, app.clock.now()).expect("a status");
    let found = serde_json::to_value(found).expect("JSON");
    let of = found["workspaces"][0]["sources"].as_array().expect("sources");
    let of = of.iter().find(|source| source["connection"] == wanted.connection.as_str()).expect("a source");
    let mut wrong = Vec::new();
    if let Some(health) = wanted.health.as_ref().filter(|health| of["health"] != health.as_str()) {
        wrong.push(format!("{} is {} and not {health}: {of}", wanted.connection, of["health"]));
    }
    let mut words = Vec::new();
    texts(of, &mut words);
    if let Some(pattern) = wanted.says.as_ref().filter(|pattern| !is_in(pattern, &words)) {
        wrong.push(format!("the status of {} does not say {pattern:?}: {of}", wanted.connection));
    }
    wrong
}

/// Every text in a value.
pub fn texts(value: &Value, all: &mut Vec<String>) {
    match value {
        Value::String(text) => all.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, all)),
        Value::Object(fields) => fields.values().for_each(|value| texts(value, all)),
        _ => {}
    }
}

fn is_in(pattern: &str, lines: &[String]) -> bool {
    lines.iter().any(|line| matches(pattern, line))
}

fn matches(pattern: &str, text: &str) -> bool {
    let found = RegexBuilder::new(pattern).case_insensitive(true).build();
    found.unwrap_or_else(|error| panic!("{pattern}: {error}")).is_match(text)
}
