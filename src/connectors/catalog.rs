//! The connectors at hand: those built in, and an admin's own in `config/connectors/<name>/`.
//!
//! # Adding one
//!
//! - **A connector** is a folder `src/connectors/catalog/<name>/`: `connector.toml` says how to fetch, in the words of
//!   `config/schemas/connector.json`, and a query for each table of a stream how to read. Nothing lists it. Copy the
//!   folder of the vendor that is most alike. A table that no fact describes yet is a fact of its own.
//! - **A stream** is a section `[streams.<id>]` of that file, with `[[streams.<id>.loads]]` for each table, filled by
//!   the query `<table>.sql`. The query reads `page` (a row a page: `page_no`, `body`) and yields the columns of the
//!   fact, `page_no`, `record_no` and `problem`: why a row is quarantined, or null. Its words are in
//!   `src/warehouse/macros.sql`.
//! - **Known errors** of the vendor, where there are any: `incidents.toml` beside it, with the days, the measures and what
//!   readers are to know. Reports say it where their figures rest on such days.
//! - **Fixtures** for each stream: `tests/it/fixtures.rs` says how, and a stream without them fails.
//!
//! It is done when `every_built_in_connector_is_sound`, `every_stream_has_cases_and_each_gives_the_rows_beside_it` and
//! `every_shipped_file_fits_its_schema_and_leads_editors_to_it` pass, and `daybook check --online` reads an account.

use super::incidents;
use super::spec::{ConnectorSpec, ErrorRule};
use crate::domain::incident::Incident;
use crate::support::shown::fault;
use crate::support::text_file;
use include_dir::{Dir, include_dir};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/connectors/catalog");

/// A connector's description with its queries by file name.
#[derive(Clone, Debug, PartialEq)]
pub struct Connector {
    pub spec: ConnectorSpec,
    pub sql: BTreeMap<String, String>,
    /// Known errors in the vendor's figures.
    pub incidents: Vec<Incident>,
}

/// Connectors by name.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    connectors: BTreeMap<String, Arc<Connector>>,
}

/// A connector that cannot be used: its file, the line if known, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {message}", .line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct CatalogProblem {
    pub file: String,
    pub line: Option<usize>,
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl CatalogProblem {
    fn new(file: &str, line: Option<usize>, message: String) -> Self {
        let remedy = "compare with a connector that ships with Daybook".to_owned();
        Self { file: file.to_owned(), line, message, remedy }
    }
}

impl Catalog {
    /// The connectors that are part of the binary; read once.
    pub fn built_in() -> Result<Self, Vec<CatalogProblem>> {
        static READ: LazyLock<Result<Catalog, Vec<CatalogProblem>>> = LazyLock::new(Catalog::read_built_in);
        READ.clone()
    }

    fn read_built_in() -> Result<Self, Vec<CatalogProblem>> {
        let mut catalog = Self::default();
        let mut problems = Vec::new();
        for folder in BUILT_IN.dirs() {
            let name = folder.path().display().to_string();
            let files = folder
                .files()
                .filter_map(|file| {
                    Some((file.path().file_name()?.to_str()?.to_owned(), file.contents_utf8()?.to_owned()))
                })
                .collect();
            catalog.add(&name, files, &mut problems);
        }
        if problems.is_empty() { Ok(catalog) } else { Err(problems) }
    }

    /// Adds the connectors of an admin's folder; one with a built-in's name takes its place.
    pub fn add_folder(&mut self, folder: &Path) -> Result<(), Vec<CatalogProblem>> {
        let mut problems = Vec::new();
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries.flatten(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => {
                let message = format!("the folder cannot be read: {}", error.kind());
                return Err(vec![CatalogProblem::new("", None, message)]);
            }
        };
        let mut folders: Vec<_> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
        folders.sort();
        for path in folders {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            match read_folder(name, &path) {
                Ok(files) => self.add(name, files, &mut problems),
                Err(unread) => problems.extend(unread),
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    fn add(&mut self, name: &str, mut files: BTreeMap<String, String>, problems: &mut Vec<CatalogProblem>) {
        let file = format!("{name}/connector.toml");
        let Some(text) = files.remove("connector.toml") else {
            problems.push(CatalogProblem::new(&file, None, "the file is missing".to_owned()));
            return;
        };
        match ConnectorSpec::parse(Path::new(&file), &text) {
            Err(found) => problems.extend(found.into_iter().map(|found| CatalogProblem {
                file: file.clone(),
                line: found.line,
                message: found.message,
                remedy: found.remedy,
            })),
            Ok(spec) => {
                let incidents = files.remove(incidents::FILE).unwrap_or_default();
                let file_of_incidents = format!("{name}/{}", incidents::FILE);
                let incidents = incidents::parse(Path::new(&file_of_incidents), &incidents).unwrap_or_else(|found| {
                    problems.extend(found.into_iter().map(|found| CatalogProblem {
                        file: file_of_incidents.clone(),
                        line: found.line,
                        message: found.message,
                        remedy: found.remedy,
                    }));
                    Vec::new()
                });
                let connector = Connector { spec, sql: files, incidents };
                let found = connector.problems(name);
                if found.is_empty() {
                    self.connectors.insert(name.to_owned(), Arc::new(connector));
                }
                problems.extend(found.iter().map(|message| CatalogProblem {
                    remedy: remedy_of(message),
                    ..CatalogProblem::new(&file, line_of(&text, message), fault(message))
                }));
            }
        }
    }

    pub fn get(&self, name: &str) -> Option<Arc<Connector>> {
        self.connectors.get(name).cloned()
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.connectors.keys().map(String::as_str)
    }
}

/// The files of an admin's connector that are read: its description, its queries and known errors.
fn read_folder(name: &str, folder: &Path) -> Result<BTreeMap<String, String>, Vec<CatalogProblem>> {
    let (mut files, mut problems) = (BTreeMap::new(), Vec::new());
    let mut tell = |file: &str, line, message| {
        problems.push(CatalogProblem::new(&format!("{name}/{file}"), line, message));
    };
    match std::fs::read_dir(folder) {
        Err(error) => tell("", None, format!("the folder cannot be read: {}", error.kind())),
        Ok(entries) => {
            let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
            for file in
                names.filter(|file| file == "connector.toml" || file == incidents::FILE || file.ends_with(".sql"))
            {
                match text_file::read(&folder.join(&file)) {
                    Ok(text) => files.extend(text.map(|text| (file, text))),
                    Err(unread) => tell(&file, unread.line, unread.message),
                }
            }
        }
    }
    if problems.is_empty() { Ok(files) } else { Err(problems) }
}

impl Connector {
    /// What is wrong with the description, all at once.
    fn problems(&self, folder: &str) -> Vec<String> {
        let spec = &self.spec;
        let mut problems = Vec::new();
        if spec.name != folder {
            problems.push(format!("the name {:?} must equal the folder's name {folder:?}", spec.name));
        }
        problems.extend(spec.errors.iter().enumerate().filter_map(|(index, rule)| {
            wrong_pattern(rule).map(|message| format!("error rule {}: {message}", index + 1))
        }));
        problems.extend(spec.settings.iter().filter_map(|(name, setting)| {
            let pattern = setting.pattern.as_ref()?;
            regex::Regex::new(pattern).err().map(|_| format!("setting {name}: {pattern:?} is not a regular expression"))
        }));
        for quota in &spec.quota {
            let known = quota.least_setting.as_ref().is_none_or(|name| spec.settings.contains_key(name));
            if !known {
                let name = quota.least_setting.as_deref().unwrap_or_default();
                problems.push(format!("quota: least_setting names {name:?}, which is no setting"));
            }
            if quota.pointer.is_none() && quota.header.is_none() {
                problems.push("quota: neither pointer nor header says where the number is".to_owned());
            }
            if quota.least.is_none()
                && quota.least_setting.is_none()
                && quota.least_pointer.is_none()
                && quota.most.is_none()
            {
                problems
                    .push("quota: none of least, least_setting, least_pointer and most says what is little".to_owned());
            }
        }
        problems.extend(spec.auth.problems(&spec.settings));
        for (name, zone) in spec.time_zones.iter().filter(|(_, zone)| zone.parse::<chrono_tz::Tz>().is_err()) {
            problems.push(format!("time_zones: {name} is {zone:?}, which is no time zone"));
        }
        for (id, stream) in &spec.streams {
            for confirm in stream.loads.iter().filter_map(|load| load.doubt.confirmed_by.as_ref()) {
                if !spec.streams.contains_key(&confirm.stream) {
                    problems.push(format!("stream {id}: confirmed_by names {:?}, which is no stream", confirm.stream));
                }
            }
            if let Some(whole) = stream.breakdown_of.as_ref().filter(|whole| !spec.streams.contains_key(*whole)) {
                problems.push(format!("stream {id}: breakdown_of names {whole:?}, which is no stream"));
            }
            if let Some(over) = &stream.partition_over
                && !spec.settings.contains_key(over)
                && !spec.partitions.contains_key(over)
            {
                problems.push(format!("stream {id}: partition_over names {over:?}, which is no setting and no list"));
            }
            let gates = [("needs_setting", &stream.needs_setting), ("days_setting", &stream.days_setting)];
            for (word, setting) in gates {
                if let Some(setting) = setting.as_ref().filter(|setting| !spec.settings.contains_key(*setting)) {
                    problems.push(format!("stream {id}: {word} names {setting:?}, which is no setting"));
                }
            }
            let also_in = stream.day_ends.as_ref().and_then(|ends| ends.also_in.as_ref());
            if let Some(zone) = also_in.filter(|zone| zone.parse::<chrono_tz::Tz>().is_err()) {
                problems.push(format!("stream {id}: day_ends names {zone:?}, which is no time zone"));
            }
            for load in &stream.loads {
                if !self.sql.contains_key(&load.sql_file()) {
                    problems.push(format!("stream {id}: the file {} is missing", load.sql_file()));
                }
            }
            if let Some(notes) = &stream.notes_sql
                && !self.sql.contains_key(notes)
            {
                problems.push(format!("stream {id}: the file {notes} is missing"));
            }
        }
        for (of, request) in spec.all_requests() {
            if let Some(kind) = request.allowance.as_ref().filter(|kind| !spec.allowances.contains_key(*kind)) {
                problems.push(format!("{of}: allowance names {kind:?}, which is no allowance"));
            }
            let templates = [Some(&request.url), request.body.as_ref()];
            let templates = templates.into_iter().flatten().chain(request.headers.values());
            for template in templates.chain(request.query.iter().map(|(_, value)| value)) {
                if let Err(error) = super::environment::environment().template_from_str(template) {
                    problems.push(format!("{of}: the template {template:?}: {error}"));
                }
                problems.extend(spec.auth.unknown_value(template).map(|name| format!("{of}: {name}")));
            }
        }
        problems
    }
}

/// The line that a message is about: the first that has what it quotes, else that of the stream it names.
fn line_of(text: &str, message: &str) -> Option<usize> {
    let stream = message.strip_prefix("stream ").and_then(|rest| rest.split([':', ',']).next());
    let head = stream.map(|stream| format!("[streams.{stream}"));
    let from = head.and_then(|head| text.lines().position(|line| line.trim_start_matches('[').starts_with(&head[1..])));
    let quoted = message.split('"').nth(1).filter(|quoted| !quoted.is_empty());
    let mut rest = text.lines().enumerate().skip(from.unwrap_or_default());
    let found = quoted.and_then(|quoted| rest.find(|(_, line)| line.contains(quoted)).map(|(at, _)| at));
    found.or(from).map(|at| at + 1)
}

/// What to do about a message of [`Connector::problems`].
fn remedy_of(message: &str) -> String {
    let remedy = match message {
        _ if message.contains(" is missing") && message.contains("the file ") => {
            "write the query beside connector.toml, or name the one that is there with sql = \"….sql\""
        }
        _ if message.contains("must equal the folder's name") => "write the folder's name, or rename the folder",
        _ if message.contains("is not a regular expression") => "write a regular expression; \\ before . ? * + ( ) [ ]",
        _ if message.contains("which is no setting") => "add [settings.<name>], or name one that is there",
        _ if message.contains("the template ") => {
            "close every {{ }}; `settings`, `secrets`, `slice` and `cursor` are known"
        }
        _ => "compare with a connector that ships with Daybook",
    };
    remedy.to_owned()
}

fn wrong_pattern(rule: &ErrorRule) -> Option<String> {
    let values = rule.values.iter().filter_map(|value| value.matches.as_ref());
    let mut patterns = rule.body.iter().chain(values);
    let wrong = patterns.find(|pattern| regex::Regex::new(pattern).is_err())?;
    Some(format!("{wrong:?} is not a regular expression"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_connector_is_sound() {
        let catalog = Catalog::built_in().unwrap_or_else(|problems| panic!("{problems:#?}"));
        assert!(catalog.names().count() > 0);
    }

    #[test]
    fn a_mistake_in_an_admins_connector_is_reported_with_its_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let own = folder.path().join("own");
        std::fs::create_dir(&own).expect("a folder");
        std::fs::write(own.join("connector.toml"), "name = \"own\"\nlabel = \"Own\"\ndogs = 1\n").expect("a file");
        let problems = Catalog::default().add_folder(folder.path()).expect_err("a problem");
        let typo = problems.iter().find(|problem| problem.line == Some(3)).expect("the unknown key");
        assert_eq!((typo.message.as_str(), typo.remedy.as_str()), ("unknown key \"dogs\"", "did you mean \"docs\"?"));
        for (bytes, line, words) in
            [(b"# a\n\xe4".to_vec(), Some(2), "not UTF-8"), (vec![b'#'; 2 << 20], None, "at most 1 MB")]
        {
            std::fs::write(own.join("connector.toml"), bytes).expect("a file");
            let problems = Catalog::default().add_folder(folder.path()).expect_err("a problem");
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert!(problems[0].line == line && problems[0].message.contains(words), "{problems:?}");
        }
    }
}
