//! The schemas say what the readers say: they are current, take every shipped file, and refuse what
//! `daybook check` refuses about keys, types and choices.

use super::mistakes;
use crate::config::schema::{FOLDER, FileKind, write_all};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file's text as editors hand it to a schema: TOML's dates become texts.
fn json_of(text: &str) -> Value {
    fn convert(value: toml::Value) -> Value {
        match value {
            toml::Value::Datetime(at) => json!(at.to_string()),
            toml::Value::Array(items) => items.into_iter().map(convert).collect(),
            toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, convert(value))).collect(),
            other => serde_json::to_value(other).expect("a value"),
        }
    }
    convert(toml::Value::Table(text.parse().expect("TOML")))
}

fn kind_of(file: &str) -> FileKind {
    match file {
        "config/daybook.toml" => FileKind::Daybook,
        "config/channels.toml" => FileKind::Channels,
        "config/benchmarks.toml" => FileKind::Benchmarks,
        "jobs/metrics.toml" => FileKind::Metrics,
        _ if file.starts_with("config/workspaces/") => FileKind::Workspace,
        _ if file.starts_with("jobs/") => FileKind::Job,
        _ if file.contains("/presets/") => FileKind::Preset,
        _ if file.ends_with("theme.toml") => FileKind::Theme,
        _ if file.ends_with("incidents.toml") => FileKind::Incidents,
        _ => FileKind::Connector,
    }
}

/// What a schema has against a text; nothing where it takes it.
fn faults(kind: FileKind, text: &str) -> Vec<String> {
    static SCHEMAS: LazyLock<Vec<Value>> = LazyLock::new(|| FileKind::ALL.iter().map(|kind| kind.schema()).collect());
    let place = FileKind::ALL.iter().position(|known| *known == kind).expect("a kind");
    let validator = jsonschema::draft7::new(&SCHEMAS[place]).unwrap_or_else(|error| panic!("{}: {error}", kind.name()));
    validator.iter_errors(&json_of(text)).map(|error| error.to_string().chars().take(300).collect()).collect()
}

/// With DAYBOOK_WRITE_SCHEMAS set, writes them instead.
#[test]
fn the_committed_schemas_are_current() {
    if crate::support::environment::variable("DAYBOOK_WRITE_SCHEMAS").is_some() {
        write_all(repository()).expect("written");
    }
    for kind in FileKind::ALL {
        let path = repository().join(FOLDER).join(format!("{}.json", kind.name()));
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == kind.text(),
            "{} is out of date: run this test with DAYBOOK_WRITE_SCHEMAS=1",
            path.display()
        );
    }
}

/// Shipped files, relative to the repository.
fn shipped() -> Vec<PathBuf> {
    let folders = ["config", "config/workspaces", "jobs", "report-templates", "src/connectors/file/presets"];
    let folders = folders.map(PathBuf::from);
    let catalog = std::fs::read_dir(repository().join("src/connectors/catalog")).expect("a folder").flatten();
    let catalog = catalog.map(|entry| Path::new("src/connectors/catalog").join(entry.file_name()));
    let mut files = Vec::new();
    for folder in folders.into_iter().chain(catalog) {
        for entry in std::fs::read_dir(repository().join(&folder)).expect("a folder").flatten() {
            let file = folder.join(entry.file_name());
            files.extend((file.extension().is_some_and(|ending| ending == "toml")).then_some(file));
        }
    }
    assert!(files.len() >= 30, "{files:?}");
    files
}

#[test]
fn every_shipped_file_fits_its_schema_and_leads_editors_to_it() {
    for file in shipped() {
        let name = file.to_str().expect("a name");
        let text = std::fs::read_to_string(repository().join(&file)).expect("a file");
        let kind = kind_of(name);
        assert_eq!(faults(kind, &text), [""; 0], "{name}");
        let first = text.lines().next().and_then(|line| line.strip_prefix("#:schema ")).expect(name);
        let led = repository().join(file.parent().expect("a folder")).join(first).canonicalize().expect(name);
        let wanted = repository().join(FOLDER).join(format!("{}.json", kind.name()));
        assert_eq!(led, wanted.canonicalize().expect("a schema"), "{name}");
    }
}

/// Of a schema's refusals: which keyword speaks of these.
const OF_SHAPE: [&str; 6] =
    ["unknown key", "this is a text", "unknown choice", "\" is missing", "is not a table", "is not a list"];

#[test]
fn the_schemas_refuse_the_mistakes_of_keys_types_and_choices_that_check_refuses() {
    let (mut told, mut missed) = (0, Vec::new());
    for (file, old, new, _, message, _) in mistakes::all() {
        let sound = mistakes::sound(file);
        assert_eq!(faults(kind_of(file), sound), [""; 0], "{file}");
        let wrong = sound.replacen(old, new, 1);
        if wrong.parse::<toml::Table>().is_err() {
            continue;
        }
        let is_refused = !faults(kind_of(file), &wrong).is_empty();
        told += usize::from(is_refused);
        if !is_refused && OF_SHAPE.iter().any(|words| message.contains(words)) {
            missed.push(format!("{file}: {new:?}: {message}"));
        }
    }
    assert_eq!(missed, [""; 0]);
    assert!(told >= 100, "{told}");
}

/// A schema must never refuse what the reader takes: each of these is read without a problem.
#[test]
fn what_check_takes_the_schemas_take() {
    for changes in mistakes::sound_changes() {
        assert_eq!(mistakes::problems(&[changes]), [], "{changes:?}");
        let (file, old, new) = changes;
        let text = mistakes::sound(file).replacen(old, new, 1);
        assert_eq!(faults(kind_of(file), &text), [""; 0], "{changes:?}");
    }
}

/// Every key says what it means where the cursor stands.
#[test]
fn every_key_and_table_is_described() {
    fn undescribed(place: &str, schema: &Value, found: &mut Vec<String>) {
        if !schema.is_object() {
            return;
        }
        for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
            let place = format!("{place}/{key}");
            let told = if inner["items"]["type"] == "object" { &inner["items"] } else { inner };
            let in_each =
                told["anyOf"].as_array().is_some_and(|all| all.iter().any(|one| one["description"].is_string()));
            if !told["description"].is_string() && !in_each {
                found.push(place.clone());
            }
            undescribed(&place, inner, found);
        }
        for keyword in ["items", "additionalProperties"] {
            undescribed(&format!("{place}/{keyword}"), &schema[keyword], found);
        }
        for keyword in ["oneOf", "anyOf"] {
            schema[keyword].as_array().into_iter().flatten().for_each(|one| undescribed(place, one, found));
        }
    }
    let mut found = Vec::new();
    for kind in FileKind::ALL {
        undescribed(kind.name(), &kind.schema(), &mut found);
    }
    found.retain(|place| !place.contains("/tables/"));
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_vendors_settings_and_secrets_complete_and_are_checked() {
    let workspace = |connection: &str| {
        faults(
            FileKind::Workspace,
            &format!("name = 'A'\ntime_zone = 'UTC'\ncurrency = 'EUR'\n[[connections]]\nid = 'x'\n{connection}"),
        )
    };
    let ads = "connector = 'google_analytics'\nsecrets = { key_json = { env = 'KEY' } }\n";
    assert_eq!(workspace(&format!("{ads}settings = {{ property_ids = ['1'] }}")), [""; 0]);
    assert_ne!(workspace(&format!("{ads}settings = {{ property_ids = [1] }}")), [""; 0]);
    assert_ne!(workspace(&format!("{ads}settings = {{ property_id = ['1'] }}")), [""; 0]);
    assert_ne!(workspace("connector = 'stripe'\nsecrets = { api_keys = { env = 'KEY' } }"), [""; 0]);
    assert_eq!(workspace("connector = 'our_own'\nsettings = { anything = 1 }"), [""; 0], "an admin's own connector");
    assert_ne!(workspace("connector = 'file'\nfolder = 'x'"), [""; 0], "neither preset nor mapping");
}
