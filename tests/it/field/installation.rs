//! A real installation in a temporary folder, with what ships and one workspace.

use super::case::{Case, Connection, Workspace};
use crate::support::place_database;
use daybook::sandbox::Sandbox;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::Path;

/// The folder and what its workspace's file is made of.
pub struct Installation {
    folder: tempfile::TempDir,
    head: String,
    connections: Vec<(String, Map<String, Value>, String)>,
}

impl Installation {
    pub fn new(case: &Case, base_url: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        ship(folder.path());
        let Workspace { time_zone, currency } = &case.workspace;
        let head = format!("name = \"Acme\"\ntime_zone = \"{time_zone}\"\ncurrency = \"{currency}\"\n");
        let mut installation = Self { folder, head, connections: Vec::new() };
        for connection in &case.connections {
            installation.add(connection, base_url);
        }
        installation.write_workspace();
        installation
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Somebody edits settings: `{connector: {name: value}}`.
    pub fn change(&mut self, settings: &Map<String, Value>) {
        for (connector, values) in settings {
            let own = self.connections.iter_mut().find(|(name, ..)| name == connector).expect("a connection");
            own.1.extend(values.as_object().expect("settings").clone());
        }
        if !settings.is_empty() {
            self.write_workspace();
        }
    }

    fn add(&mut self, connection: &Connection, base_url: &str) {
        let name = &connection.connector;
        let mut settings = connection.settings.clone();
        settings.insert("base_url".to_owned(), json!(base_url));
        if name.starts_with("google") {
            settings.insert("token_url".to_owned(), json!(format!("{base_url}/token")));
        }
        let mut tail = String::new();
        for (stream, values) in &connection.streams {
            tail += &format!("\n[connections.streams.{stream}]\n{}", lines(values.as_object().expect("a stream")));
        }
        tail += "\n[connections.secrets]\n";
        for (secret, value) in secrets(name) {
            let file = format!("secrets/acme_{name}_{secret}");
            write(self.root(), &format!("config/{file}"), value);
            tail += &format!("{secret} = {{ file = \"{file}\" }}\n");
        }
        if let Some(attempts) = connection.attempts {
            self.limit_attempts(name, attempts);
        }
        let first = format!("since = {}", connection.since);
        self.connections.push((name.clone(), settings, format!("{first}\n{tail}")));
    }

    fn write_workspace(&self) {
        let mut text = self.head.clone();
        for (name, settings, rest) in &self.connections {
            let (since, tail) = rest.split_once('\n').expect("two parts");
            text += &format!("\n[[connections]]\nid = \"{name}\"\nconnector = \"{name}\"\n{since}\n");
            text += &format!("\n[connections.settings]\n{}{tail}", lines(settings));
        }
        for group in ["marketing", "executives", "specialists", "analysts"] {
            text += &format!("\n[recipients.{group}]\nmail = []\nfiles = true\n");
        }
        write(self.root(), "config/workspaces/acme.toml", &text);
    }

    /// The connector as it ships, but that it asks so often at most: waits between attempts are real ones.
    fn limit_attempts(&self, name: &str, attempts: u32) {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/connectors/catalog").join(name);
        for entry in fs::read_dir(&from).expect("a connector").flatten() {
            let text = fs::read_to_string(entry.path()).expect("a file");
            let text = text.replace("[limits]\n", &format!("[limits]\nattempts = {attempts}\n"));
            write(self.root(), &format!("config/connectors/{name}/{}", entry.file_name().to_string_lossy()), &text);
        }
    }
}

/// Jobs, channels and Daybook's own settings as they ship, and a new database.
pub fn ship(root: &Path) {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["jobs", "jobs/checks", "jobs/rollups", "config"] {
        for entry in fs::read_dir(repository.join(folder)).expect("a folder").flatten() {
            if entry.path().is_file() {
                let text = fs::read_to_string(entry.path()).expect("a file");
                let text = text.replace("{ env = \"DAYBOOK_PERSON_KEY\" }", "{ file = \"secrets/person_key\" }");
                // Tests run beside one another; a query that waits for another thread of its own spins.
                let text = text.replace("# threads = 0 ", "threads = 1 ");
                write(root, &format!("{folder}/{}", entry.file_name().to_string_lossy()), &text);
            }
        }
    }
    write(root, "config/secrets/person_key", "a key of our own");
    place_database(&root.join("daybook.duckdb"));
}

/// The same without the reports.
pub fn ship_without_reports(root: &Path) {
    ship(root);
    for job in fs::read_dir(root.join("jobs")).expect("jobs").flatten() {
        if job.file_name().to_string_lossy().starts_with("report_") {
            fs::remove_file(job.path()).expect("removed");
        }
    }
}

pub fn write(root: &Path, file: &str, text: &str) {
    let path = root.join(file);
    fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
    fs::write(path, text).expect("a file");
}

fn lines(values: &Map<String, Value>) -> String {
    let line = |(name, value): (&String, &Value)| {
        let value = toml::Value::try_from(value).expect("a value of TOML");
        format!("{name} = {value}\n")
    };
    values.iter().map(line).collect()
}

fn secrets(connector: &str) -> Vec<(&'static str, &'static str)> {
    let keys = Sandbox::credentials();
    match connector {
        "stripe" => vec![("api_key", keys.stripe_key)],
        "hubspot" => vec![("access_token", keys.hubspot_token)],
        "google_analytics" => vec![("key_json", keys.service_account_key)],
        _ => vec![
            ("developer_token", keys.developer_token),
            ("client_id", keys.client_id),
            ("client_secret", keys.client_secret),
            ("refresh_token", keys.refresh_token),
        ],
    }
}
