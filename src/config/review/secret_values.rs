//! Secrets that can be read but hardly work: pasted with quotes, the same under two names, or no key file
//! at all. No value is ever repeated.

use super::Review;
use crate::config::{ConnectionSettings, Problem, SecretPlace, Settings, WorkspaceSettings};
use crate::connectors::Catalog;
use crate::connectors::connection::wrong_secret;
use crate::connectors::environment::mentions;
use crate::connectors::spec::{ConnectorSpec, KeyFile};
use crate::delivery::channels::owner;
use crate::support::secret::{Secret, SecretRef};
use std::path::Path;

/// What is odd about the secrets that can be read now; those that cannot are reported by
/// [`Settings::missing_secrets`].
pub fn secrets(settings: &Settings, catalog: &Catalog) -> Review {
    let mut review = Review::default();
    let config = settings.config_dir();
    for workspace in &settings.workspaces {
        for own in &workspace.connections {
            let Some(connector) = catalog.get(&own.connector) else { continue };
            review.errors.extend(no_key_file(workspace, own, &connector.spec, &config));
            review.errors.extend(unsendable(workspace, own, &connector.spec, &config));
        }
    }
    let mut seen: Vec<(&SecretPlace, Secret)> = Vec::new();
    for place in &settings.secrets {
        let Ok(secret) = place.reference.resolve(&config) else { continue };
        let is_refused = review.errors.iter().any(|error| error.file == place.file && error.line == Some(place.line));
        let mut warn = |message: &str, remedy: &str| {
            let message = format!("the secret of {} {message}", place.owner);
            review.warnings.push(Problem::new(&place.file, Some(place.line), &message, remedy));
        };
        if let Some((message, remedy)) = odd(secret.expose()).filter(|_| !is_refused) {
            warn(message, remedy);
        }
        let same = seen.iter().find(|(other, value)| *value == secret && other.reference != place.reference);
        if let Some((other, _)) = same.filter(|(other, _)| !may_be_shared(settings, catalog, other, place)) {
            let message = format!("has the same value as that of {}", other.owner);
            warn(&message, "a value was pasted twice, or one account is read twice: correct it, or name one place");
        }
        seen.push((place, secret));
    }
    review.warnings.extend(unlikely_channels(settings, &config));
    review.warnings.sort();
    review.warnings.dedup();
    review
}

/// Addresses of channels that hardly take messages, as their kind knows.
fn unlikely_channels(settings: &Settings, config: &Path) -> Vec<Problem> {
    let doubts = settings.delivery.channels.iter().filter_map(|(at, destination)| {
        let owner = owner(at);
        let place = settings.secrets.iter().find(|place| place.owner == owner)?;
        let (message, remedy) = destination.doubt(config)?;
        Some(Problem::new(&place.file, Some(place.line), &format!("the secret of {owner} {message}"), remedy))
    });
    doubts.collect()
}

/// What about a value cannot be part of a secret, and what to do.
fn odd(value: &str) -> Option<(&'static str, &'static str)> {
    let is_document = value.trim_start().starts_with(['{', '[']) || value.contains("-----BEGIN");
    let lower = value.trim().to_lowercase();
    let quoted = |sign: char| value.len() > 1 && value.starts_with(sign) && value.ends_with(sign);
    if ["changeme", "change-me", "change_me", "todo", "xxx", "secret", "password", "your_token", "token"]
        .contains(&lower.as_str())
        || (lower.starts_with('<') && lower.ends_with('>'))
    {
        return Some(("is a placeholder", "write the secret itself"));
    }
    if is_document {
        return None;
    }
    if value.trim() != value {
        return Some(("begins or ends with blanks or an empty line", "write it alone on one line"));
    }
    if quoted('"') || quoted('\'') {
        return Some(("stands in quotes, which count as part of it", "write it without quotes"));
    }
    if lower.starts_with("bearer ") || lower.starts_with("basic ") {
        return Some(("begins with the name of a scheme", "write the token alone, without \"Bearer\""));
    }
    if value.contains('\n') {
        return Some(("has several lines", "write it alone on one line"));
    }
    if value.chars().any(char::is_control) {
        return Some(("holds a control character, such as a tab", "write it alone on one line"));
    }
    let is_invisible = |c: char| matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{a0}' | '“' | '”' | '‘' | '’');
    if value.chars().any(is_invisible) {
        return Some(("holds signs that word processors add, such as curly quotes", "copy it again as plain text"));
    }
    None
}

/// One key opens several accounts where the connector's settings say which of them is read.
fn may_be_shared(settings: &Settings, catalog: &Catalog, one: &SecretPlace, other: &SecretPlace) -> bool {
    let connection = |place: &SecretPlace| -> Option<(String, String, bool)> {
        let workspace = settings.workspaces.iter().find(|own| own.file == place.file)?;
        let own = workspace.connections.iter().rfind(|own| own.line <= place.line)?;
        let name = own.lines.iter().find(|(name, line)| **line == place.line && own.secrets.contains_key(*name))?.0;
        let spec = &catalog.get(&own.connector)?.spec;
        let has_accounts = spec.settings.values().any(|setting| setting.default.is_none());
        Some((own.connector.clone(), name.clone(), has_accounts))
    };
    matches!((connection(one), connection(other)), (Some(a), Some(b)) if a == b && a.2)
}

/// Secrets that no header and no address can hold.
fn unsendable(
    workspace: &WorkspaceSettings,
    own: &ConnectionSettings,
    spec: &ConnectorSpec,
    config: &Path,
) -> Vec<Problem> {
    let wrong = |(name, reference): (&String, &SecretRef)| {
        let message = wrong_secret(spec, name, &reference.resolve(config).ok()?)?;
        let message = format!("connection {:?}: {message}", own.id);
        Some(Problem::new(&workspace.file, own.lines.get(name).copied(), &message, "write it alone on one line"))
    };
    own.secrets.iter().filter_map(wrong).collect()
}

/// A key file has a certain form.
fn no_key_file(
    workspace: &WorkspaceSettings,
    own: &ConnectionSettings,
    spec: &ConnectorSpec,
    config: &Path,
) -> Option<Problem> {
    let keys = spec.auth.key_files();
    let given = |name: &str| keys.iter().find(|key| mentions(key.template(), &format!("secrets.{name}")));
    let (key, name, reference) =
        own.secrets.iter().find_map(|(name, reference)| Some((given(name)?, name, reference)))?;
    let secret = reference.resolve(config).ok()?;
    let wrong = match key {
        KeyFile::ServiceAccount(_) => wrong_key(secret.expose()),
        KeyFile::Pem(_) => (!secret.expose().contains("-----BEGIN")).then_some("holds no private key in PEM form"),
    };
    let message = format!("connection {:?}: {name} {}", own.id, wrong?);
    let place = match reference {
        SecretRef::File(path) => format!("config/{}", path.display()),
        SecretRef::Env(name) => format!("the variable {name}"),
        SecretRef::Credential(name) => format!("the credential {name}"),
    };
    let remedy = match key {
        KeyFile::ServiceAccount(_) => format!(
            "in Google Cloud, IAM & Admin, Service Accounts, Keys, create a key of the type JSON and put the whole file into {place}"
        ),
        KeyFile::Pem(_) => format!("put the whole file, from -----BEGIN to the end, into {place}"),
    };
    Some(Problem::new(&workspace.file, own.lines.get(name).copied(), &message, &remedy))
}

fn wrong_key(text: &str) -> Option<&'static str> {
    let Ok(json) = serde_json::from_str::<serde_json::Value>(text) else {
        return Some("is not JSON, so it is no service account's key");
    };
    let has = |key: &str| json.get(key).is_some_and(|value| value.as_str().is_some_and(|text| !text.is_empty()));
    if json.get("installed").is_some() || json.get("web").is_some() {
        return Some("is the file of an OAuth client, not of a service account");
    }
    if !has("client_email") || !has("private_key") {
        return Some("is JSON, but lacks client_email or private_key, so it is no service account's key");
    }
    let key = json.get("private_key").and_then(serde_json::Value::as_str).unwrap_or_default();
    (!key.contains("-----BEGIN")).then_some("holds no private key in PEM form")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_around_a_secret_is_reported_and_a_plain_one_is_not() {
        for value in
            ["sk_live_4242", "p@ss word", "{\"a\": \"b\"}\n", "-----BEGIN KEY-----\nx\n", "https://hooks.example/x"]
        {
            assert_eq!(odd(value), None, "{value}");
        }
        for (value, part) in [
            ("\"sk_live_4242\"", "quotes"),
            (" sk_live_4242", "blanks"),
            ("sk_live_4242\n", "empty line"),
            ("Bearer sk_live_4242", "scheme"),
            ("changeme", "placeholder"),
            ("<your token>", "placeholder"),
            ("sk_live\nsk_test", "several lines"),
            ("“sk_live_4242”", "word processors"),
        ] {
            assert!(odd(value).is_some_and(|(message, _)| message.contains(part)), "{value}: {:?}", odd(value));
        }
    }

    #[test]
    fn a_key_of_another_kind_is_reported_by_what_it_is() {
        let good = r#"{"client_email": "a@b", "private_key": "-----BEGIN PRIVATE KEY-----\nx"}"#;
        assert_eq!(wrong_key(good), None);
        for (text, part) in [
            ("AIzaSyA", "not JSON"),
            (r#"{"installed": {}}"#, "OAuth client"),
            (r#"{"type": "authorized_user"}"#, "lacks client_email"),
            (r#"{"client_email": "a@b", "private_key": "abc"}"#, "PEM"),
        ] {
            assert!(wrong_key(text).is_some_and(|wrong| wrong.contains(part)), "{text}");
        }
    }
}
