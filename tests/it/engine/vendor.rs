//! A vendor on loopback that answers by a script, and a connector that asks it.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use daybook::connectors::landing::read_page;
use daybook::connectors::spec::ConnectorSpec;
use daybook::connectors::{Connection, Connector, ConnectorError, Engine, LandedSlice, Slice, Window};
use daybook::domain::money::Currency;
use daybook::domain::period::Period;
use daybook::jobs::sync::Source;
use daybook::support::clock::Clock;
use daybook::support::secret::Secret;
use std::collections::BTreeMap;
use std::io::Read;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A request, as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `POST /jobs?day=1`
    pub line: String,
    pub headers: HeaderMap,
    pub body: String,
    /// How often this line was asked for before.
    pub before: usize,
}

/// What is answered: status, headers, body.
pub type Answer = (u16, Vec<(&'static str, String)>, Vec<u8>);

/// An answer in JSON.
pub fn json(status: u16, body: &str) -> Answer {
    (status, Vec::new(), body.as_bytes().to_vec())
}

type Script = dyn Fn(&Asked) -> Answer + Send + Sync;

/// A running vendor; it stops when this is dropped.
pub struct Vendor {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Clone)]
struct Shared {
    asked: Arc<Mutex<Vec<Asked>>>,
    script: Arc<Script>,
}

impl Vendor {
    pub async fn start(script: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let shared = Shared { asked: Arc::clone(&asked), script: Arc::new(script) };
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let router = Router::new().fallback(answer).with_state(shared);
        let server = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        Self { port, asked, server }
    }

    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The requests' lines, in order.
    pub fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }

    /// How many requests began so.
    pub fn count(&self, line: &str) -> usize {
        self.lines().iter().filter(|asked| asked.starts_with(line)).count()
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(shared): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let line = format!("{} {}", parts.method, parts.uri);
    let asked = {
        let mut all = shared.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.iter().filter(|asked| asked.line == line).count();
        let body = String::from_utf8_lossy(&body).into_owned();
        all.push(Asked { line, headers: parts.headers, body, before });
        all.last().cloned().expect("what was asked")
    };
    let (status, headers, body) = (shared.script)(&asked);
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().expect("a header"));
    }
    response
}

/// A source whose connector is this text; `{base}` stands for the vendor's address.
pub fn source(vendor: &Vendor, text: &str, sql: &[(&str, &str)]) -> Source {
    let text = format!(
        "name = \"vendor\"\nlabel = \"Vendor\"\ndocs = \"https://vendor.example\"\n\n[settings.base_url]\nabout = \"Where \
         it answers.\"\nkind = \"url\"\n\n[secrets.token]\nabout = \"The token.\"\n\n[limits]\nrequests = 1000\nper_secs = 1\n\
         attempts = 3\n\n{text}"
    );
    let text = if text.contains("[auth]") {
        text
    } else {
        format!("{text}\n[auth]\nkind = \"bearer\"\ntoken = \"{{{{ secrets.token }}}}\"\n")
    };
    let spec = ConnectorSpec::parse(Path::new("connector.toml"), &text).expect("a connector");
    let sql = sql.iter().map(|(file, sql)| ((*file).to_owned(), (*sql).to_owned())).collect();
    let settings = BTreeMap::from([("base_url".to_owned(), toml::Value::from(vendor.base_url()))]);
    let secrets = BTreeMap::from([("token".to_owned(), Secret::new("s3cret"))]);
    let connector = Arc::new(Connector { spec, sql, incidents: Vec::new() });
    let connection =
        Connection::new("acme", "vendor", connector, settings, secrets, chrono_tz::UTC).expect("a connection");
    let currency = Currency::new("EUR").expect("a currency");
    Source { connection, currency, since: "2026-11-01".parse().expect("a date") }
}

pub fn engine(folder: &Path) -> Engine {
    Engine::new(folder.to_owned(), Clock::System).expect("an engine")
}

/// The days `first` to `last` of November 2026.
pub fn days(first: u32, last: u32) -> Slice {
    let day = |day| chrono::NaiveDate::from_ymd_opt(2026, 11, day).expect("a day");
    let period = Period::new(day(first), day(last) + chrono::Days::new(1)).expect("days");
    Slice { partition: String::new(), window: Window::Days { period } }
}

pub async fn fetch(engine: &Engine, source: &Source, slice: &Slice) -> Result<LandedSlice, ConnectorError> {
    engine.fetch(&source.connection, "rows", slice, None, &|_| ()).await
}

/// The landed bodies with their parts.
pub fn bodies(landed: &LandedSlice) -> Vec<(String, String)> {
    let read = |path: PathBuf| {
        let mut body = String::new();
        read_page(&path).expect("a page").read_to_string(&mut body).expect("text");
        body
    };
    let pages = landed.manifest.pages.iter();
    pages.map(|page| (page.label.part.clone(), read(landed.folder.join(&page.file)))).collect()
}
