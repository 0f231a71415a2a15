//! A built-in connector against a vendor that answers by a script.

use super::data::Scripted;
use crate::engine::vendor::{Answer, Asked};
use crate::support;
use daybook::connectors::spec::{SettingKind, SlicingSpec};
use daybook::connectors::{Slice, Window};
use daybook::domain::period::Period;
use daybook::jobs::sync::Source;
use daybook::support::secret::Secret;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is answered where nobody should ask.
pub const UNASKED: u16 = 418;

/// The connector with all its addresses at `base`, without its waits.
pub fn source(connector: &str, base: &str, settings: &BTreeMap<String, toml::Value>) -> Source {
    let spec = &daybook::connectors::Catalog::built_in().expect("a catalog").get(connector).expect("one").spec.clone();
    let urls = spec.settings.iter().filter(|(_, setting)| setting.kind == SettingKind::Url);
    let mut all: Vec<(&str, toml::Value)> = urls.map(|(name, _)| (name.as_str(), base.into())).collect();
    all.extend(settings.iter().map(|(name, value)| (name.as_str(), value.clone())));
    let mut source = support::source(connector, &all);
    let mut connector = (*source.connection.connector).clone();
    let spec = &mut connector.spec;
    (spec.limits.requests, spec.limits.attempts) = (1000, 2);
    spec.errors.iter_mut().filter(|rule| rule.wait.header.is_none()).for_each(|rule| rule.wait.secs = Some(0));
    for job in spec.streams.values_mut().filter_map(|stream| stream.job.as_mut()) {
        (job.first_wait_secs, job.longest_wait_secs, job.patience_secs) = (0, 1, 2);
        job.errors.iter_mut().for_each(|rule| rule.wait.secs = Some(0));
    }
    for key in spec.auth.key_files() {
        let name = key.template().trim_matches(['{', '}', ' ']).trim_start_matches("secrets.").to_owned();
        source.connection.secrets.insert(name, Secret::new(key_file()));
    }
    source.connection.connector = Arc::new(connector);
    source
}

/// A service account's key.
pub fn key_file() -> String {
    let key = std::fs::read_to_string(super::fixtures().join("keys/rsa_private.pem")).expect("a key");
    serde_json::json!({"type": "service_account", "client_email": "d@p.iam.gserviceaccount.example", "private_key_id": "k1",
        "private_key": key})
    .to_string()
}

/// A slice of a stream: of its first partition, and of `days` where it is read by days.
pub fn slice(source: &Source, stream: &str, days: Option<Period>) -> Slice {
    let spec = &source.connection.connector.spec.streams[stream];
    let partition = source.connection.partitions(spec.partition_over.as_deref()).into_iter().next().unwrap_or_default();
    let midnight = |day: chrono::NaiveDate| day.and_time(chrono::NaiveTime::MIN).and_utc();
    let window = match (&spec.slicing, days) {
        (SlicingSpec::Days { .. }, Some(period)) => Window::Days { period },
        (SlicingSpec::Instants { .. } | SlicingSpec::Before { .. }, Some(days)) => {
            Window::Instants { start: midnight(days.start), end: midnight(days.end) }
        }
        _ => Window::Whole,
    };
    Slice { partition, window }
}

/// Whether a token is asked for.
pub fn is_for_a_token(asked: &Asked) -> bool {
    asked.line.starts_with("POST ") && asked.body.contains("grant_type=")
}

/// What a script answers, `base` being where it runs.
pub fn answer(answers: &[Scripted], given: &[AtomicUsize], base: &str, asked: &Asked) -> Answer {
    let fits = |scripted: &Scripted| {
        scripted.to.iter().all(|text| asked.line.contains(text.as_str()) || asked.body.contains(text.as_str()))
    };
    for (scripted, given) in answers.iter().zip(given).filter(|(scripted, _)| fits(scripted)) {
        if scripted.times.is_none_or(|times| given.fetch_add(1, Ordering::SeqCst) < times) {
            return sent(scripted, base);
        }
    }
    if is_for_a_token(asked) {
        let token = serde_json::json!({"access_token": "made-up-access-token", "expires_in": 3600});
        return (200, Vec::new(), token.to_string().into_bytes());
    }
    (UNASKED, Vec::new(), b"nobody should ask".to_vec())
}

fn sent(scripted: &Scripted, base: &str) -> Answer {
    let records: Vec<String> = (1..=scripted.records).map(|n| scripted.record.replace("{n}", &n.to_string())).collect();
    let body = scripted.body.replace("{base}", base).replace("{records}", &records.join(","));
    let mut bytes = if scripted.zip { zipped(&body) } else { body.into_bytes() };
    if scripted.half {
        bytes.truncate(bytes.len() / 2);
    }
    let name = |name: &String| -> &'static str { Box::leak(name.clone().into_boxed_str()) };
    let headers = scripted.headers.iter().map(|(header, value)| (name(header), value.clone())).collect();
    (scripted.status, headers, bytes)
}

pub fn zipped(text: &str) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("report.csv", zip::write::SimpleFileOptions::default()).expect("a member");
    archive.write_all(text.as_bytes()).expect("written");
    archive.finish().expect("an archive").into_inner()
}
