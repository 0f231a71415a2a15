//! What a new installation must know, by question or by flag.

use super::InitArgs;
use super::ask::Asker;
use super::zone;
use crate::app::AppError;
use crate::cli::channel_args::present_answer;
use crate::connectors::connection::wrong_value;
use crate::connectors::file::Presets;
use crate::connectors::spec::{ConnectorSpec, SettingKind, SettingSpec};
use crate::connectors::{Catalog, Connector};
use crate::delivery::ChannelRef;
use crate::delivery::channels::KINDS;
use crate::domain::money::Currency;
use crate::support::nearest::unknown_remedy;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

pub const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Where secrets are to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretsIn {
    File,
    Env,
    Credential,
}

impl SecretsIn {
    /// By flag, or asked for.
    pub fn named(flag: Option<&str>, asker: &mut Asker<'_>) -> Result<Self, AppError> {
        let places = ["file", "env", "credential"];
        asker.value("keep secrets in (file, env, credential)", flag, "file", |text| {
            one_of(text, &places, "place").map(|place| match place.as_str() {
                "env" => Self::Env,
                "credential" => Self::Credential,
                _ => Self::File,
            })
        })
    }
}

/// What a workspace is told by flags.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct TenantArgs {
    /// Its name, as printed on reports.
    #[arg(long)]
    name: Option<String>,
    /// Its IANA time zone; this machine's by default.
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// Its currency, ISO 4217.
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// Its first day of the week.
    #[arg(long, value_name = "WEEKDAY")]
    week_start: Option<String>,
    /// A vendor to connect (see `daybook connectors`); may be given more than once.
    #[arg(long, value_name = "NAME")]
    connector: Vec<String>,
    /// What a connector must be told, e.g. google_ads.customer_ids=123,456.
    #[arg(long, value_name = "CONNECTOR.NAME=VALUE")]
    setting: Vec<String>,
    /// A preset of files that people drop; may be given more than once.
    #[arg(long, value_name = "PRESET")]
    drop: Vec<String>,
    /// An address that gets the reports; may be given more than once.
    #[arg(long, value_name = "ADDRESS")]
    to: Vec<String>,
}

/// A workspace as answered.
#[derive(Clone, Debug)]
pub struct Tenant {
    pub id: String,
    pub name: String,
    pub time_zone: String,
    pub currency: String,
    pub week_start: String,
    pub vendors: Vec<Vendor>,
    pub drops: Vec<String>,
    pub to: Vec<String>,
}

/// A mail server.
#[derive(Clone, Debug)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub user: Option<String>,
}

/// A vendor with the settings it must have.
#[derive(Clone, Debug)]
pub struct Vendor {
    pub connector: Arc<Connector>,
    pub settings: BTreeMap<String, toml::Value>,
}

/// Everything that was answered.
#[derive(Clone, Debug)]
pub struct Answers {
    pub tenant: Tenant,
    pub server: Option<Server>,
    pub from: String,
    /// The channels that reports are posted to.
    pub channels: Vec<ChannelRef>,
    pub secrets_in: SecretsIn,
    /// As the config file is to name it; beside `config/` if there is none.
    pub data_dir: Option<String>,
}

/// What the channel is called that `init` makes.
const CHANNEL: &str = "marketing";

pub fn gather(args: &InitArgs, dir: &Path, asker: &mut Asker<'_>) -> Result<Answers, AppError> {
    let tenant = tenant(&args.tenant, args.workspace.as_deref(), &id_from(dir), asker)?;
    let server =
        asker.value("mail server as host[:port], or none: mails become files", args.smtp.as_deref(), "none", server)?;
    let server = match server {
        Some(server) => {
            let user =
                asker.value("login at the mail server, or none", args.smtp_user.as_deref(), "none", some_text)?;
            Some(Server { user: (user != "none").then_some(user), ..server })
        }
        None => None,
    };
    let default = tenant.to.first().cloned().unwrap_or_else(|| "daybook@example.com".to_owned());
    let from = match server {
        Some(_) => asker.value("sender of the mails", args.from.as_deref(), &default, address)?,
        None => args.from.clone().unwrap_or(default),
    };
    let kinds: Vec<&str> = ["none"].into_iter().chain(KINDS.map(|kind| kind.id)).collect();
    let asked = format!("post to a channel ({})", kinds.join(", "));
    let kind =
        asker.value(&asked, args.channel(), "none", |text| one_of(present_answer(text), &kinds, "kind of channel"))?;
    let channels = KINDS.into_iter().filter(|known| known.id == kind).map(|known| ChannelRef::new(known.id, CHANNEL));
    let secrets_in = SecretsIn::named(args.secrets.as_deref(), asker)?;
    let data_dir = args.data_dir.as_ref().map(|dir| dir.display().to_string());
    Ok(Answers { tenant, server, from, channels: channels.collect(), secrets_in, data_dir })
}

/// A workspace by flags, answers and defaults.
pub fn tenant(
    args: &TenantArgs,
    workspace: Option<&str>,
    default_id: &str,
    asker: &mut Asker<'_>,
) -> Result<Tenant, AppError> {
    let catalog = Catalog::built_in().map_err(|_| AppError::Usage("the catalog is broken".to_owned()))?;
    let id = asker.value("id of the workspace", workspace, default_id, id)?;
    let named = capitalized(&id);
    let name = asker.value("its name, as printed", args.name.as_deref(), &named, some_text)?;
    let here = zone::system().name();
    let time_zone = asker.value("its time zone", args.time_zone.as_deref(), here, |text| {
        let zones: Vec<&str> = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
        one_of(text, &zones, "time zone")
    })?;
    let currency = asker.value("its currency", args.currency.as_deref(), "EUR", |text| {
        let code = Currency::new(text).map_err(|_| format!("{text:?} is no ISO 4217 code such as EUR"))?;
        Ok(code.code().to_owned())
    })?;
    let monday = |text: &str| one_of(&text.to_lowercase(), &WEEKDAYS, "weekday");
    let week_start = asker.value("first day of the week", args.week_start.as_deref(), "monday", monday)?;

    let names: Vec<&str> = catalog.names().collect();
    let question = format!("vendors to connect ({}; or none)", names.join(", "));
    let chosen = asker.list(&question, &args.connector, "none", |text| one_of(text, &names, "connector"))?;
    refuse_strangers(&args.setting, &chosen)?;
    let vendors = chosen
        .iter()
        .filter_map(|name| catalog.get(name))
        .map(|connector| vendor_settings(connector, &args.setting, asker))
        .collect::<Result<Vec<_>, _>>()?;
    let presets = Presets::built_in();
    let presets = presets.names();
    let question = format!("files that people drop ({}; or none)", presets.join(", "));
    let drops = asker.list(&question, &args.drop, "none", |text| one_of(text, &presets, "preset"))?;
    let to = asker.list("mail addresses that get the reports, or none", &args.to, "none", address)?;
    Ok(Tenant { id, name, time_zone, currency, week_start, vendors, drops, to })
}

/// A setting of a vendor that is not connected would vanish without a word.
fn refuse_strangers(flags: &[String], chosen: &[String]) -> Result<(), AppError> {
    for (connector, name) in given_settings(flags)?.keys() {
        if !chosen.contains(connector) {
            let known: Vec<&str> = chosen.iter().map(String::as_str).collect();
            let remedy = unknown_remedy(connector, &known, "connectors of this command");
            let words = format!("--setting {connector}.{name}: {connector} is not connected: {remedy}");
            return Err(AppError::Usage(words));
        }
    }
    Ok(())
}

/// The settings without a default, by flag or asked for.
pub fn vendor_settings(connector: Arc<Connector>, flags: &[String], asker: &mut Asker<'_>) -> Result<Vendor, AppError> {
    let spec = &connector.spec;
    let given = given_settings(flags)?;
    let known: Vec<&str> = spec.settings.keys().map(String::as_str).collect();
    if let Some((_, name)) = given.keys().find(|(of, name)| *of == spec.name && !spec.settings.contains_key(name)) {
        let remedy = unknown_remedy(name, &known, "settings");
        return Err(AppError::Usage(format!("{} has no setting {name:?}: {remedy}", spec.name)));
    }
    let mut settings = way_taken(spec, &given, asker)?;
    for (name, setting) in &spec.settings {
        let is_settled = settings.contains_key(name) || spec.spares(&format!("settings.{name}"), &settings);
        let flag = given.get(&(spec.name.clone(), name.clone())).map(String::as_str);
        if flag.is_none() && (is_settled || setting.default.is_some()) {
            continue;
        }
        if flag.is_none() && !asker.asks() {
            let words = format!("{} needs {name}: {} Add --setting {}.{name}=…", spec.name, setting.about, spec.name);
            return Err(AppError::Usage(words));
        }
        let question = format!("{} {name}: {}", spec.name, setting.about.trim_end_matches('.'));
        settings.insert(name.clone(), asker.value(&question, flag, "", |text| typed(name, setting, text))?);
    }
    Ok(Vendor { connector, settings })
}

/// The setting that takes one of several ways to prove who asks, unless its default is taken unasked.
fn way_taken(
    spec: &ConnectorSpec,
    given: &BTreeMap<(String, String), String>,
    asker: &mut Asker<'_>,
) -> Result<BTreeMap<String, toml::Value>, AppError> {
    let Some(one_of) = spec.auth.one_of() else { return Ok(BTreeMap::new()) };
    let flag = given.get(&(spec.name.clone(), one_of.setting.clone())).map(String::as_str);
    let default = spec.settings.get(&one_of.setting).and_then(|setting| setting.default.as_ref()?.as_str());
    if flag.is_none() && !asker.asks() {
        return Ok(BTreeMap::new());
    }
    let names: Vec<&str> = one_of.choices.keys().map(String::as_str).collect();
    let ways = one_of.choices.iter().map(|(name, choice)| format!("{name} = {}", choice.about.trim_end_matches('.')));
    let question = format!("{} {}: {}", spec.name, one_of.setting, ways.collect::<Vec<_>>().join("; "));
    let taken =
        asker.value(&question, flag, default.unwrap_or_default(), |text| self::one_of(text, &names, "choice"))?;
    Ok(BTreeMap::from([(one_of.setting.clone(), taken.into())]))
}

/// The value, if `check` would take it.
pub fn typed(name: &str, spec: &SettingSpec, text: &str) -> Result<toml::Value, String> {
    let text = some_text(text)?;
    let value = match spec.kind {
        SettingKind::List => {
            let items = text.split(',').map(|item| toml::Value::from(item.trim()));
            toml::Value::Array(items.collect())
        }
        SettingKind::Number => text.parse::<i64>().map_err(|_| format!("{text:?} is no whole number"))?.into(),
        SettingKind::Boolean => text.parse::<bool>().map_err(|_| "write true or false".to_owned())?.into(),
        SettingKind::Text | SettingKind::TimeZone | SettingKind::Url => text.into(),
    };
    wrong_value(name, spec, &value).map_or(Ok(value), Err)
}

fn given_settings(flags: &[String]) -> Result<BTreeMap<(String, String), String>, AppError> {
    let parse = |flag: &String| {
        let (name, value) = flag.split_once('=')?;
        let (connector, name) = name.split_once('.')?;
        Some(((connector.to_owned(), name.to_owned()), value.to_owned()))
    };
    let wrong = |flag: &String| AppError::Usage(format!("--setting {flag}: write CONNECTOR.NAME=VALUE"));
    flags.iter().map(|flag| parse(flag).ok_or_else(|| wrong(flag))).collect()
}

/// The folder's name as an id, or `main`.
fn id_from(dir: &Path) -> String {
    let folder = std::path::absolute(dir).ok();
    let name = folder.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().to_lowercase());
    let tidy: String =
        name.unwrap_or_default().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    id(tidy.trim_matches('_')).unwrap_or_else(|_| "main".to_owned())
}

fn capitalized(id: &str) -> String {
    let words = id.split('_').filter_map(|word| {
        let mut letters = word.chars();
        Some(letters.next()?.to_uppercase().chain(letters).collect::<String>())
    });
    words.collect::<Vec<_>>().join(" ")
}

pub fn id(text: &str) -> Result<String, String> {
    if crate::config::is_id(text) {
        return Ok(text.to_owned());
    }
    Err(format!("{text:?} is no id: lower-case letters, digits and _, beginning with a letter"))
}

fn some_text(text: &str) -> Result<String, String> {
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err("write something, on one line".to_owned());
    }
    Ok(text.to_owned())
}

pub fn address(text: &str) -> Result<String, String> {
    let is_address = text.parse::<lettre::message::Mailbox>().is_ok();
    if is_address { Ok(text.to_owned()) } else { Err(format!("{text:?} is no address such as name@example.com")) }
}

fn server(text: &str) -> Result<Option<Server>, String> {
    if text == "none" {
        return Ok(None);
    }
    let (host, port) = text.split_once(':').unwrap_or((text, "465"));
    let port = port.parse::<u16>().ok().filter(|port| *port > 0);
    let is_host = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c));
    match (is_host, port) {
        (true, Some(port)) => Ok(Some(Server { host: host.to_owned(), port, user: None })),
        _ => Err(format!("{text:?} is no server such as smtp.example.com:465")),
    }
}

pub fn one_of(text: &str, known: &[&str], noun: &str) -> Result<String, String> {
    if known.contains(&text) {
        return Ok(text.to_owned());
    }
    let near = unknown_remedy(text, known, &format!("{noun}s"));
    // Six hundred zones are no help on a terminal.
    let near = if near.len() > 300 { "use an IANA name such as Europe/Berlin".to_owned() } else { near };
    Err(format!("there is no {noun} {text:?}: {near}"))
}

/// A text as TOML has it.
pub fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
