//! A connector joined with a tenant's settings and secrets.

use super::catalog::Connector;
use super::environment::mentions;
use super::error::ConnectorError;
use super::kept::{NotKept, kept_since};
use super::listed::Listed;
use super::spec::{ConnectorSpec, PartitionsSpec, Scheme, SettingKind, SettingSpec, StreamSpec};
use crate::domain::period::Period;
use crate::support::ids::stable_id;
use crate::support::redact;
use crate::support::secret::Secret;
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

/// A tenant's way to one vendor.
#[derive(Clone, Debug)]
pub struct Connection {
    pub workspace: String,
    pub id: String,
    pub connector: Arc<Connector>,
    /// Complete: defaults are filled in.
    pub settings: BTreeMap<String, toml::Value>,
    pub secrets: BTreeMap<String, Secret>,
    pub workspace_zone: Tz,
    /// What is known of the connector's lists.
    pub listed: Listed,
    /// What came with the token, by the name that templates use.
    pub answer: Arc<RwLock<BTreeMap<String, String>>>,
}

impl Connection {
    /// A stream of the connector by its id.
    pub fn stream(&self, id: &str) -> Result<&StreamSpec, ConnectorError> {
        let spec = &self.connector.spec;
        spec.streams.get(id).ok_or_else(|| ConnectorError::Configuration {
            note: format!("the connector {} has no stream {id:?}", spec.name),
        })
    }

    /// Checks settings and secrets against the connector's description; reports every problem.
    pub fn new(
        workspace: &str,
        id: &str,
        connector: Arc<Connector>,
        mut settings: BTreeMap<String, toml::Value>,
        secrets: BTreeMap<String, Secret>,
        workspace_zone: Tz,
    ) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let spec = &connector.spec;
        for name in settings.keys().filter(|name| !spec.settings.contains_key(*name)) {
            let known: Vec<&str> = spec.settings.keys().map(String::as_str).collect();
            problems.push(format!("{} has no setting {name:?}; it has {}", spec.name, known.join(", ")));
        }
        for (name, setting) in &spec.settings {
            match (settings.get(name), &setting.default) {
                (Some(value), _) => problems.extend(wrong_value(name, setting, value)),
                (None, Some(default)) => drop(settings.insert(name.clone(), default.clone())),
                (None, None) => {}
            }
        }
        let missing = spec.settings.iter().filter(|(name, _)| !settings.contains_key(*name));
        let wanted = missing.filter(|(name, _)| !spec.auth.spares(&format!("settings.{name}"), &settings));
        problems.extend(wanted.map(|(name, setting)| format!("the setting {name:?} is missing: {}", setting.about)));
        if let Some(one_of) = spec.auth.one_of().filter(|one_of| one_of.chosen(&settings).is_none()) {
            problems.push(format!("the setting {:?} must be one of {}", one_of.setting, one_of.names()));
        }
        for name in secrets.keys().filter(|name| !spec.secrets.contains_key(*name)) {
            problems.push(format!("{} takes no secret {name:?}", spec.name));
        }
        for (name, secret) in &spec.secrets {
            let is_wanted = !secret.optional && !spec.auth.spares(&format!("secrets.{name}"), &settings);
            if is_wanted && !secrets.contains_key(name) {
                problems.push(format!("the secret {name:?} is missing: {}", secret.about));
            }
        }
        problems.extend(secrets.iter().filter_map(|(name, secret)| wrong_secret(spec, name, secret)));
        if !problems.is_empty() {
            return Err(problems);
        }
        let (workspace, id) = (workspace.to_owned(), id.to_owned());
        let (listed, answer) = (Listed::default(), Arc::default());
        Ok(Self { workspace, id, connector, settings, secrets, workspace_zone, listed, answer })
    }

    /// How requests prove who they are.
    pub fn scheme(&self) -> Option<&dyn Scheme> {
        self.connector.spec.auth.scheme(&self.settings)
    }

    /// What came with the token; empty before there is one.
    pub fn answer(&self) -> BTreeMap<String, String> {
        self.answer.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes what came with a token.
    pub fn note_answer(&self, values: &BTreeMap<String, String>) {
        if *self.answer.read().unwrap_or_else(PoisonError::into_inner) != *values {
            self.answer.write().unwrap_or_else(PoisonError::into_inner).clone_from(values);
        }
    }

    /// Names the credential, so that everything using it shares limits and tokens. Not reversible.
    pub fn credential(&self) -> String {
        let mut parts = vec![self.connector.spec.name.as_str()];
        parts.extend(self.secrets.values().map(Secret::expose));
        stable_id("cred", &parts)
    }

    /// The zone of a stream's days: the named setting's if given, else the workspace's.
    pub fn time_zone(&self, setting: Option<&str>) -> Tz {
        setting
            .and_then(|name| self.settings.get(name))
            .and_then(toml::Value::as_str)
            .and_then(|zone| zone.parse().ok())
            .unwrap_or(self.workspace_zone)
    }

    /// The values a stream is partitioned over; one empty value if it is not, none where its setting is empty. Of a
    /// list of the vendor's, what an admin named of it, or all that it ever had and is not ignored.
    pub fn partitions(&self, over: Option<&str>) -> Vec<String> {
        let list = over.and_then(|name| Some((name, self.connector.spec.partitions.get(name)?)));
        if let Some((name, spec)) = list {
            let (named, ignored) = (self.named(spec), self.ignored(spec));
            let is_read = |entry: &&str| !ignored.iter().any(|ignored| ignored == entry);
            return match named.is_empty() {
                true => self.listed.entries(name).filter(is_read).map(str::to_owned).collect(),
                false => named,
            };
        }
        match over.and_then(|name| self.settings.get(name)) {
            None => vec![String::new()],
            Some(toml::Value::Array(list)) => {
                list.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
            }
            Some(value) => value.as_str().filter(|text| !text.is_empty()).map(str::to_owned).into_iter().collect(),
        }
    }

    /// What an admin named of a list.
    pub fn named(&self, list: &PartitionsSpec) -> Vec<String> {
        self.texts_of(list.setting.as_deref())
    }

    /// What an admin left out of a list.
    pub fn ignored(&self, list: &PartitionsSpec) -> Vec<String> {
        self.texts_of(list.ignored.as_deref())
    }

    fn texts_of(&self, setting: Option<&str>) -> Vec<String> {
        let list = setting.and_then(|name| self.settings.get(name)?.as_array());
        list.into_iter().flatten().filter_map(|value| value.as_str().map(str::to_owned)).collect()
    }

    /// Whether the settings want a stream to be read.
    pub fn wants(&self, stream: &StreamSpec) -> bool {
        match stream.needs_setting.as_ref().and_then(|name| self.settings.get(name)) {
            None => stream.needs_setting.is_none(),
            Some(toml::Value::Array(list)) => !list.is_empty(),
            Some(toml::Value::String(text)) => !text.is_empty(),
            Some(toml::Value::Boolean(is_wanted)) => *is_wanted,
            Some(value) => value.as_integer() != Some(0),
        }
    }

    /// The parts a stream is read in: those of its partition; none where the settings do not want it.
    pub fn parts_of(&self, stream: &StreamSpec) -> Vec<String> {
        if self.wants(stream) { self.partitions(stream.partition_over.as_deref()) } else { Vec::new() }
    }

    /// The first day a stream is read from, of a connection that begins on `since`.
    pub fn first_day(&self, stream: &StreamSpec, since: NaiveDate, today: NaiveDate) -> NaiveDate {
        kept_since(stream, today).into_iter().fold(self.wanted_from(stream, since, today), NaiveDate::max)
    }

    /// The days of a stream that are wanted and that the vendor has no longer; `None` where it has all of them.
    pub fn not_kept(&self, stream: &StreamSpec, since: NaiveDate, today: NaiveDate) -> Option<NotKept> {
        NotKept::of(stream, Period::new(self.wanted_from(stream, since, today), today)?, today)
    }

    /// The first day that is wanted of a stream, whatever the vendor has.
    fn wanted_from(&self, stream: &StreamSpec, since: NaiveDate, today: NaiveDate) -> NaiveDate {
        let days = stream.days_setting.as_ref().and_then(|name| self.settings.get(name)?.as_integer());
        let first = days.and_then(|days| today.checked_sub_days(Days::new(u64::try_from(days).unwrap_or(0))));
        first.into_iter().fold(since, NaiveDate::max)
    }

    /// `text` without any of this connection's secrets, without what vendors print of keys and accounts themselves
    /// (masked keys, tokens by their form, Stripe's account ids), and without mail addresses of people.
    pub fn redact(&self, text: &str) -> String {
        let known = self.secrets.values().fold(redact::all(text), |text, secret| secret.redact(&text));
        redact::vendors_own(&known)
    }
}

/// What is wrong with the value of a setting.
pub fn wrong_value(name: &str, spec: &SettingSpec, value: &toml::Value) -> Option<String> {
    if holds_control(value) {
        return Some(format!("the setting {name:?} has a line break or another control character, {CUT_A_HEADER}"));
    }
    // An empty list is no list of entries, but may be what is meant where nothing is set.
    if spec.default.as_ref() == Some(value) {
        return None;
    }
    wrong_kind(name, spec, value).or_else(|| wrong_form(name, spec, value))
}

/// What is wrong with the value of a secret, which is not repeated.
pub fn wrong_secret(spec: &ConnectorSpec, name: &str, secret: &Secret) -> Option<String> {
    // A key file is read, not sent.
    let file = format!("secrets.{name}");
    let is_file = spec.auth.key_files().iter().any(|key| mentions(key.template(), &file));
    (!is_file && secret.expose().chars().any(char::is_control))
        .then(|| format!("the secret {name:?} has a line break or another control character, {CUT_A_HEADER}"))
}

/// Why no control character may stand in what is sent.
const CUT_A_HEADER: &str = "which no header and no address may hold";

fn holds_control(value: &toml::Value) -> bool {
    match value {
        toml::Value::String(text) => text.chars().any(char::is_control),
        toml::Value::Array(entries) => entries.iter().any(holds_control),
        toml::Value::Table(table) => {
            table.iter().any(|(key, value)| key.chars().any(char::is_control) || holds_control(value))
        }
        _ => false,
    }
}

/// What is wrong with how a text, or an entry of a list, is written.
fn wrong_form(name: &str, spec: &SettingSpec, value: &toml::Value) -> Option<String> {
    let entries: Vec<&str> = match value {
        toml::Value::Array(entries) => entries.iter().filter_map(toml::Value::as_str).collect(),
        other => other.as_str().into_iter().collect(),
    };
    if let Some(padded) = entries.iter().find(|entry| entry.trim() != **entry) {
        return Some(format!(
            "the setting {name:?} has {padded:?}, with blanks at its ends; it must be {:?}",
            padded.trim()
        ));
    }
    if let Some(pattern) = &spec.pattern {
        let pattern = regex::Regex::new(&format!("^(?:{pattern})$")).ok()?;
        let wrong: Vec<String> =
            entries.iter().filter(|entry| !pattern.is_match(entry)).map(|entry| format!("{entry:?}")).collect();
        if !wrong.is_empty() {
            let looks_like = spec.looks_like.as_deref().unwrap_or("of another form");
            return Some(format!("the setting {name:?} has {}; it must be {looks_like}", wrong.join(", ")));
        }
    }
    if let Some(most) = spec.most_entries.filter(|most| entries.len() > *most) {
        return Some(format!("the setting {name:?} has {} entries; it may have {most}", entries.len()));
    }
    let mut seen = std::collections::BTreeSet::new();
    let twice = entries.iter().find(|entry| !seen.insert(**entry))?;
    Some(format!("the setting {name:?} has {twice:?} twice"))
}

fn wrong_kind(name: &str, spec: &SettingSpec, value: &toml::Value) -> Option<String> {
    let wanted = match spec.kind {
        SettingKind::Text if value.is_str() => return None,
        SettingKind::Text => "a text",
        SettingKind::Number if value.is_integer() || value.is_float() => return None,
        SettingKind::Number => "a number",
        SettingKind::Boolean if value.is_bool() => return None,
        SettingKind::Boolean => "true or false",
        SettingKind::List => {
            let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
            if !list.is_empty() && list.iter().all(toml::Value::is_str) {
                return None;
            }
            "a list of texts with at least one entry, such as [\"123\"]"
        }
        SettingKind::TimeZone if value.as_str().is_some_and(|zone| zone.is_empty() || zone.parse::<Tz>().is_ok()) => {
            return None;
        }
        SettingKind::TimeZone => "an IANA time zone such as \"Europe/Berlin\"",
        SettingKind::Url if value.as_str().is_some_and(is_safe_url) => return None,
        SettingKind::Url => "an https:// address (http:// is accepted to loopback only)",
    };
    Some(format!("the setting {name:?} must be {wanted}"))
}

/// `https`, or `http` to a loopback address: credentials never cross a network in the clear.
pub fn is_safe_url(text: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(text) else {
        return false;
    };
    let is_loopback = url.host_str().is_some_and(|host| {
        host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    });
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::Catalog;
    use crate::connectors::spec::SlicingSpec;

    #[test]
    fn a_value_of_another_form_is_reported_with_what_it_must_look_like() {
        // Opteo/google-ads-api#259 and #312: the vendor's screens show ids with dashes.
        let spec = SettingSpec {
            about: String::new(),
            kind: SettingKind::List,
            pattern: Some("[0-9]{10}".to_owned()),
            looks_like: Some("ten digits, such as 1234567890".to_owned()),
            most_entries: Some(3),
            default: None,
            sunset: Default::default(),
        };
        let judge = |ids: &[&str]| {
            let list = toml::Value::Array(ids.iter().map(|id| toml::Value::from(*id)).collect());
            wrong_value("customer_ids", &spec, &list)
        };
        let wrong = "the setting \"customer_ids\" has \"123-456-7890\"; it must be ten digits, such as 1234567890";
        assert_eq!(judge(&["1234567890", "123-456-7890"]).as_deref(), Some(wrong));
        assert_eq!(judge(&["1", "2", "1"]).map(|_| ()), Some(()));
        let four = ["1234567890", "1234567891", "1234567892", "1234567893"];
        assert!(judge(&four).is_some_and(|wrong| wrong.contains("has 4 entries; it may have 3")));
        assert!(judge(&["1234567890", "1234567890"]).is_some_and(|wrong| wrong.contains("twice")));
        assert_eq!(judge(&["1234567890", "1234567891"]), None);
        assert!(judge(&["1234567890 "]).is_some_and(|wrong| wrong.contains("with blanks at its ends")));
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        assert!(is_safe_url("https://api.stripe.com"));
        assert!(is_safe_url("http://127.0.0.1:8080/x") && is_safe_url("http://[::1]/"));
        assert!(!is_safe_url("http://api.stripe.com") && !is_safe_url("http://127.0.0.1.evil.example"));
        assert!(!is_safe_url("file:///etc/passwd"));
    }

    #[test]
    fn a_stream_is_read_where_and_as_far_back_as_the_settings_want_it() {
        let connector = Catalog::built_in().expect("a sound catalog").get("google_analytics").expect("a connector");
        let of = |more: &str| {
            let settings = toml::from_str(&format!("property_ids = [\"1\"]\n{more}")).expect("settings");
            let secrets = BTreeMap::from([("key_json".to_owned(), Secret::new("{}"))]);
            Connection::new("acme", "web", connector.clone(), settings, secrets, Tz::UTC)
        };
        let stream = &connector.spec.streams["custom_visits"];
        let (since, today) = ("2026-01-01".parse().expect("a date"), "2026-11-20".parse().expect("a date"));
        let none = of("custom_dimensions = []").expect("a connection");
        assert_eq!(none.parts_of(stream), [""; 0]);
        assert_eq!(none.first_day(stream, since, today), since);
        let one = of("custom_dimensions = [\"customEvent:plan\"]\nbreakdown_days = 10").expect("a connection");
        assert_eq!(one.parts_of(stream), ["1"]);
        assert_eq!(one.first_day(stream, since, today).to_string(), "2026-11-10");
        assert_eq!(one.first_day(&connector.spec.streams["web_daily"], since, today), since);
        let mut kept = connector.spec.streams["web_daily"].clone();
        let SlicingSpec::Days { kept_days, .. } = &mut kept.slicing else { panic!("it is read by days") };
        *kept_days = Some(30);
        assert_eq!(one.first_day(&kept, since, today).to_string(), "2026-10-21", "before, there is nothing to be had");
        let gone = one.not_kept(&kept, since, today).expect("days");
        assert_eq!((gone.days.start, gone.from.to_string().as_str()), (since, "2026-10-21"));
        assert!(one.not_kept(&kept, today, today).is_none() && one.not_kept(stream, since, today).is_none());
        // googleapis/google-cloud-python#12466: the parameter's name is taken for the dimension's.
        let wrong = of("custom_dimensions = [\"plan\"]").expect_err("a problem");
        assert!(wrong[0].contains("customEvent:plan"), "{wrong:?}");
        let six = "custom_dimensions = [\"customEvent:a\", \"customEvent:b\", \"customEvent:c\", \"customEvent:d\", \"customEvent:e\", \"customEvent:f\"]";
        assert!(of(six).is_err_and(|wrong| wrong[0].contains("it may have 5")));
    }
}
