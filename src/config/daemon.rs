//! `config/daybook.toml`: the daemon's own settings.

use super::{Gathered, Workspaces};
use crate::delivery::settings::{self as delivery, DeliveryConfig};
use crate::settings::files::{join, read_text};
use crate::settings::kinds::{one_of, path, secret_ref, text, whole_number};
use crate::settings::reader::{At, Fault, Problems, Section, Source, fault, read_toml};
use crate::settings::values::read_text as any_text;
use crate::settings::{Kind, SecretPlace};
use crate::support::nearest::nearest;
use crate::support::secret::SecretRef;
use crate::warehouse::maintenance::{self, MaintenanceConfig};
use crate::warehouse::{self, WarehouseConfig};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::de::DeValue;

/// The file's place.
pub const FILE: &str = "config/daybook.toml";

/// Everything `daybook.toml` says.
#[derive(Clone, Debug)]
pub struct DaemonSettings {
    /// Absolute.
    pub data_dir: PathBuf,
    pub warehouse: WarehouseConfig,
    pub landing: LandingConfig,
    pub log: LogConfig,
    pub schedule: ScheduleConfig,
    pub admin: AdminConfig,
    pub delivery: DeliveryConfig,
    pub privacy: PrivacyConfig,
    /// The id of a workspace.
    pub rates_of: Option<At<String>>,
    /// Folders in it are absolute.
    pub maintenance: MaintenanceConfig,
}

/// The section `[landing]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LandingConfig {
    /// Days that received pages are kept after they were loaded.
    pub keep_days: u32,
}

impl Default for LandingConfig {
    fn default() -> Self {
        Self { keep_days: 30 }
    }
}

/// The section `[log]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogConfig {
    pub format: LogFormat,
    pub level: tracing::Level,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: tracing::Level::INFO }
    }
}

/// The section `[schedule]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScheduleConfig {
    /// Reports and maintenance at work at the same time, at least 1.
    pub runs_at_once: usize,
    /// Syncs and rollups at work at the same time, beside those; at least 1.
    pub syncs_at_once: usize,
    /// What has not ended so long after a stop was asked for is cut off.
    pub stop_within: Duration,
}

impl Default for ScheduleConfig {
    fn default() -> Self {
        Self { runs_at_once: 4, syncs_at_once: 32, stop_within: Duration::from_secs(60) }
    }
}

/// The section `[admin]`: health, metrics and triggers over HTTP, for this machine only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdminConfig {
    /// An address of this machine, e.g. 127.0.0.1:8420; nothing listens where it is absent.
    pub listen: Option<SocketAddr>,
    /// What a trigger must bear; without it, triggers are refused.
    pub token: Option<SecretRef>,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    /// One JSON object a line.
    Json,
}

/// The section `[privacy]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrivacyConfig {
    /// The key that people's identifiers are hashed with; with another one, known people count as new.
    pub person_key: Option<SecretRef>,
}

/// Reads the file; `None` after noting why it cannot be used. `root` is absolute.
pub(super) fn read(root: &Path, gathered: &Gathered) -> Option<DaemonSettings> {
    let file = Path::new(FILE);
    let text = read_text(root, file, false, &gathered.problems)?;
    let source = Source { file, text: &text, problems: &gathered.problems };
    let before = gathered.problems.count();
    let settings = read_toml(source, |top| read_top(root, top, gathered))?;
    (gathered.problems.count() == before).then_some(settings)
}

pub(super) fn read_top(root: &Path, mut top: Section<'_>, gathered: &Gathered) -> DaemonSettings {
    let data_dir = top
        .optional(
            "data_dir",
            path().about(
                "Where the database, received pages and reports are kept; relative to the folder above config/.",
            ),
        )
        .map_or_else(|| root.to_owned(), |path| join(root, &path.value));
    let maintenance = maintenance::settings::read(&mut top, &data_dir, &gathered.facts);
    let warehouse = top.section("warehouse").map(warehouse::settings::read).unwrap_or_default();
    let settings = DaemonSettings {
        warehouse: WarehouseConfig { backup_dir: maintenance.backup.dir.clone(), ..warehouse },
        maintenance,
        landing: top.section("landing").map(landing).unwrap_or_default(),
        log: top.section("log").map(log).unwrap_or_default(),
        schedule: top.section("schedule").map(schedule).unwrap_or_default(),
        admin: top.section("admin").map(|section| admin(section, gathered)).unwrap_or_default(),
        delivery: delivery::read(top.section("delivery"), &gathered.context(&data_dir)),
        privacy: top.section("privacy").map(|section| privacy(section, gathered)).unwrap_or_default(),
        rates_of: top.section("rates").and_then(rates),
        data_dir,
    };
    top.finish();
    settings
}

fn landing(mut section: Section<'_>) -> LandingConfig {
    section.about("Pages as vendors sent them.");
    let default = LandingConfig::default();
    let keep_days = section
        .optional("keep_days", whole_number(1, 36_500).about("Days that received pages stay after they were loaded."))
        .map_or(default.keep_days, |at| u32::try_from(at.value).unwrap_or(default.keep_days));
    section.finish();
    LandingConfig { keep_days }
}

fn log(mut section: Section<'_>) -> LogConfig {
    section.about("The log, on standard error.");
    let default = LogConfig::default();
    let levels = [
        ("error", tracing::Level::ERROR),
        ("warn", tracing::Level::WARN),
        ("info", tracing::Level::INFO),
        ("debug", tracing::Level::DEBUG),
        ("trace", tracing::Level::TRACE),
    ];
    let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
    let config = LogConfig {
        format: section
            .optional("format", one_of(&formats).about("How log lines look."))
            .map_or(default.format, |at| at.value),
        level: section
            .optional("level", one_of(&levels).about("How much is logged."))
            .map_or(default.level, |at| at.value),
    };
    section.finish();
    config
}

fn schedule(mut section: Section<'_>) -> ScheduleConfig {
    section.about("How jobs share the machine.");
    let default = ScheduleConfig::default();
    let runs = section
        .optional("runs_at_once", whole_number(1, 64).about("Reports and maintenance at work at the same time."))
        .and_then(|at| usize::try_from(at.value).ok());
    let syncs = section
        .optional(
            "syncs_at_once",
            whole_number(1, 256).about(
                "Syncs and rollups at work at the same time, beside the others: they wait for vendors most of the \
                 time, and what comes together is loaded and computed together. As runs_at_once where only that is set.",
            ),
        )
        .and_then(|at| usize::try_from(at.value).ok());
    let config = ScheduleConfig {
        runs_at_once: runs.unwrap_or(default.runs_at_once),
        syncs_at_once: syncs.or(runs).unwrap_or(default.syncs_at_once),
        stop_within: section
            .optional(
                "stop_within_secs",
                whole_number(1, 3600)
                    .about("The shutdown timeout: what has not ended so long after SIGTERM is stopped."),
            )
            .map_or(default.stop_within, |at| Duration::from_secs(at.value)),
    };
    section.finish();
    config
}

fn admin(mut section: Section<'_>, gathered: &Gathered) -> AdminConfig {
    section.about("Health, metrics and triggers over HTTP, for this machine only.");
    let token = section
        .optional("token", secret_ref().about("What a trigger must bear; without it, triggers are refused."))
        .map(|at| {
            gathered.secrets.add(SecretPlace::new(&section, at.line, "the token of the admin interface", &at.value));
            at.value
        });
    let config = AdminConfig {
        listen: section
            .optional(
                "listen",
                Kind::text(serde_json::json!({}), loopback)
                    .about("An address of this machine; nothing listens without it."),
            )
            .map(|at| at.value),
        token,
    };
    section.finish();
    config
}

/// An address that only this machine reaches.
fn loopback(value: &DeValue<'_>) -> Result<SocketAddr, Fault> {
    const REMEDY: &str =
        "write an address of this machine and a port, as \"127.0.0.1:8420\"; let a proxy of yours face the network";
    let text = any_text(value)?;
    let address = text.parse::<SocketAddr>().map_err(|_| fault(format!("{text:?} is no address"), REMEDY))?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err(fault("that address is reachable from other machines", REMEDY))
    }
}

fn rates(mut section: Section<'_>) -> Option<At<String>> {
    section.about("Exchange rates that workspaces share.");
    let of = section.optional(
        "of",
        text().about(
            "The workspace whose exchange rates count where one has none of its own: one drop folder serves all.",
        ),
    );
    section.finish();
    of
}

/// Notes a workspace that is not there. One that could not be read is reported by itself.
pub(super) fn check_rates(of: &At<String>, workspaces: &Workspaces, problems: &Problems) {
    if workspaces.contains_key(&of.value) {
        return;
    }
    let known: Vec<&str> = workspaces.keys().map(String::as_str).collect();
    let remedy = match nearest(&of.value, &known) {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("write one of {}", known.join(", ")),
    };
    problems.add(Path::new(FILE), Some(of.line), &format!("[rates] of: there is no workspace {:?}", of.value), &remedy);
}

fn privacy(mut section: Section<'_>, gathered: &Gathered) -> PrivacyConfig {
    section.about("How people are kept pseudonymous.");
    let person_key = section
        .optional(
            "person_key",
            secret_ref().about(
                "The key people's identifiers are hashed with. Keep it: with another key, known people count as new.",
            ),
        )
        .map(|at| {
            gathered.secrets.add(SecretPlace::new(&section, at.line, "the key of people's pseudonyms", &at.value));
            at.value
        });
    section.finish();
    PrivacyConfig { person_key }
}
