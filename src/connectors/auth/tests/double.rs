//! A vendor with a token endpoint (`/token`) and data (`/rows`), as a function of what it is asked.

use crate::connectors::catalog::Connector;
use crate::connectors::slice::{Slice, Window};
use crate::connectors::spec::ConnectorSpec;
use crate::connectors::{Connection, ConnectorError, Engine};
use crate::support::clock::Clock;
use crate::support::secret::Secret;
use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::any;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// One request, as it was received.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// A field of a form.
    pub fn field(&self, name: &str) -> Option<String> {
        let url = reqwest::Url::parse(&format!("http://form/?{}", self.body)).ok()?;
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

pub struct Vendor {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Vendor {
    /// Answers with a status and a body.
    pub async fn serve(answer: impl Fn(&Asked) -> (u16, String) + Send + Sync + 'static) -> Self {
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (own, answer) = (asked.clone(), Arc::new(answer));
        let app = Router::new().fallback(any(move |uri: Uri, headers: HeaderMap, body: String| async move {
            let path = uri.path().to_owned();
            let one = Asked { path, query: uri.query().unwrap_or_default().to_owned(), headers, body };
            own.lock().expect("what was asked").push(one.clone());
            let (status, body) = answer(&one);
            (StatusCode::from_u16(status).expect("a status"), body)
        }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, asked }
    }

    /// Requests to a path.
    pub fn asked(&self, path: &str) -> Vec<Asked> {
        let asked = self.asked.lock().expect("what was asked");
        asked.iter().filter(|one| one.path == path).cloned().collect()
    }

    /// A connection to it with this `[auth]`, where `{url}` stands for its address.
    pub fn connection(&self, auth: &str, settings: &[(&str, &str)], secrets: &[(&str, &str)]) -> Connection {
        connect(&auth.replace("{url}", &self.url), &self.url, settings, secrets).expect("a sound connection")
    }
}

/// A connection to a vendor at `url`, or what is wrong with it.
pub fn connect(
    auth: &str,
    url: &str,
    settings: &[(&str, &str)],
    secrets: &[(&str, &str)],
) -> Result<Connection, Vec<String>> {
    let rows = if auth.contains("instance_url") { "{{ auth.instance_url }}" } else { url };
    let text = format!(
        r#"name = "shop"
label = "Shop"
docs = "https://shop.example/api"
{auth}
[limits]
attempts = 1
timeout_secs = 5
[streams.rows]
about = "Rows."
records = "$.rows[*]"
slicing = {{ kind = "whole" }}
paging = {{ kind = "next_url", pointer = "/next" }}
request = {{ url = "{rows}/rows" }}
[[streams.rows.loads]]
table = "payment"
mode = {{ kind = "replace_all" }}
"#
    );
    let spec = ConnectorSpec::parse(Path::new("connector.toml"), &text).unwrap_or_else(|found| panic!("{found:#?}"));
    let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), toml::Value::from(*value))).collect();
    let secrets: BTreeMap<String, Secret> =
        secrets.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value))).collect();
    let connector = Arc::new(Connector { spec, sql: BTreeMap::new(), incidents: Vec::new() });
    Connection::new("acme", "shop", connector, settings, secrets, chrono_tz::UTC)
}

pub fn noon() -> DateTime<Utc> {
    "2026-11-20T12:00:00Z".parse().expect("an instant")
}

/// An engine that keeps tokens in the folder `tokens` of `data`.
pub fn engine(data: &Path, clock: &Clock) -> Engine {
    let engine = Engine::new(data.join("landing"), clock.clone()).expect("an engine");
    engine.keeping_tokens(data.join(super::super::kept::FOLDER))
}

/// Fetches the rows.
pub async fn fetch(engine: &Engine, connection: &Connection) -> Result<(), ConnectorError> {
    let slice = Slice { partition: String::new(), window: Window::Whole };
    engine.fetch(connection, "rows", &slice, None, &|_| {}).await.map(|_| ())
}
