//! JSON Schemas of every kind of file that admins write, for editors. They are made by the code that
//! reads the files, so they know what it knows; a test keeps the committed copies current.

use super::{Gathered, Known, Workspaces, benchmarks, channels, daemon, jobs, metrics, workspaces};
use crate::connectors::file::preset_file;
use crate::connectors::incidents;
use crate::connectors::spec::ConnectorSpec;
use crate::domain::fact::Origin;
use crate::report::look::theme;
use crate::settings::kinds::definitions;
use crate::settings::reader::{Problems, Section, Source};
use crate::settings::with;
use crate::settings::{SchemaRecorder, explore};
use crate::warehouse::facts::{self, Written, builtin};
use serde_json::{Value, json};
use std::path::Path;

/// Where they are kept in an installation.
pub const FOLDER: &str = "config/schemas";

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Daybook,
    Workspace,
    Channels,
    Benchmarks,
    Job,
    Metrics,
    Fact,
    Preset,
    Theme,
    Connector,
    Incidents,
}

impl FileKind {
    pub const ALL: [Self; 11] = [
        Self::Daybook,
        Self::Workspace,
        Self::Channels,
        Self::Benchmarks,
        Self::Job,
        Self::Metrics,
        Self::Fact,
        Self::Preset,
        Self::Theme,
        Self::Connector,
        Self::Incidents,
    ];

    /// One word, which is also the schema's file name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Daybook => "daybook",
            Self::Workspace => "workspace",
            Self::Channels => "channels",
            Self::Benchmarks => "benchmarks",
            Self::Job => "job",
            Self::Metrics => "metrics",
            Self::Fact => "fact",
            Self::Preset => "preset",
            Self::Theme => "theme",
            Self::Connector => "connector",
            Self::Incidents => "incidents",
        }
    }

    /// The files it describes.
    pub fn files(self) -> &'static str {
        match self {
            Self::Daybook => daemon::FILE,
            Self::Workspace => "config/workspaces/<id>.toml",
            Self::Channels => channels::FILE,
            Self::Benchmarks => benchmarks::FILE,
            Self::Job => "jobs/<id>.toml",
            Self::Metrics => metrics::FILE,
            Self::Fact => "config/facts/<fact>.toml",
            Self::Preset => "config/presets/<name>.toml",
            Self::Theme => "report-templates/theme.toml",
            Self::Connector => "config/connectors/<name>/connector.toml",
            Self::Incidents => "config/connectors/<name>/incidents.toml",
        }
    }

    /// The schema, in the draft that TOML editors know.
    pub fn schema(self) -> Value {
        let head = json!({ "$schema": "http://json-schema.org/draft-07/schema#", "title": self.files() });
        let mut schema = with(head, &explore(|recorder| self.read(recorder)));
        crate::settings::describe_aliases(&mut schema);
        let used = schema.to_string();
        let mut all = with(definitions(), &preset_file::definitions());
        if let Some(all) = all.as_object_mut() {
            all.retain(|name, _| used.contains(&format!("#/definitions/{name}\"")));
        }
        if all.as_object().is_some_and(|all| !all.is_empty()) {
            with(schema, &json!({ "definitions": all }))
        } else {
            schema
        }
    }

    /// The schema as a file holds it.
    pub fn text(self) -> String {
        format!("{:#}\n", self.schema())
    }

    /// Lets the file's own reader ask for all it knows.
    fn read(self, recorder: &SchemaRecorder) {
        let (gathered, problems, known) = (Gathered::default(), Problems::default(), Known::default());
        let source = Source { file: Path::new(self.files()), text: "", problems: &problems };
        let (root, top) = (Path::new("/"), Section::recorded_as(source, recorder));
        match self {
            Self::Daybook => drop(daemon::read_top(root, top, &gathered)),
            Self::Workspace => drop(workspaces::read_top(top, "id", root, &known, &gathered)),
            Self::Channels => drop(channels::read_top(top)),
            Self::Benchmarks => drop(benchmarks::read_top(top, &known)),
            Self::Job => drop(jobs::read_top(top, "id".to_owned(), &Workspaces::new(), &known)),
            Self::Metrics => {
                let (facts, columns) = (builtin(), metrics::columns_of(&builtin()));
                let known = metrics::Known { facts: &facts, columns: &columns, channels: None };
                drop(metrics::read_top(top, known));
            }
            Self::Fact => {
                let origin = Origin::File(source.file.to_owned());
                drop(facts::read_top(top, Written { id: "fact".to_owned(), origin, query: None }));
            }
            Self::Preset => drop(preset_file::read_top(top, "name", gathered.presets.targets())),
            Self::Theme => drop(theme::read_top(top)),
            Self::Connector => drop(ConnectorSpec::read_top(top)),
            Self::Incidents => drop(incidents::read_top(top)),
        }
    }
}

/// Writes every schema below `root`, where the first lines of files look for them.
pub fn write_all(root: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(root.join(FOLDER))?;
    FileKind::ALL
        .iter()
        .try_for_each(|kind| std::fs::write(root.join(FOLDER).join(format!("{}.json", kind.name())), kind.text()))
}
