//! What an installation's reports rest on, and who gets them.

use super::planned::{daily_load, printed};
use super::{App, SecretsAre, sources};
use crate::config::jobs::Copy;
use crate::config::{self, WorkspaceSettings};
use crate::connectors::file::Target;
use crate::connectors::spec::SlicingSpec;
use crate::delivery::ChannelRef;
use crate::domain::incident::Incident;
use crate::domain::target::Term;
use crate::jobs::payer_streams::{payer_streams, plan_streams};
use crate::jobs::report::{Audience, Formats};
use crate::jobs::report_context::{Check, FileFacts, FilesReach, ListFacts, ReportContext, StreamFacts};
use crate::warehouse::facts::checks;
use crate::warehouse::new_customers::PayerStreams;
use crate::warehouse::plan_history::PlanStreams;
use std::collections::{BTreeMap, BTreeSet};

/// The check that reports word in their own way: it names currencies.
const RATE_CHECK: &str = checks::NAMES[1];
/// Bad values go to quarantine as they are loaded, which reports state; `doctor` looks through all that is held.
const VALUE_CHECK: &str = checks::NAMES[2];

impl App {
    /// What a tenant's reports are made from.
    pub fn report_context(&self, workspace: &WorkspaceSettings) -> ReportContext {
        let budgets = workspace.budgets.iter().map(|b| ((b.month, b.channel.clone()), b.amount)).collect();
        let (of_months, longer): (Vec<_>, Vec<_>) =
            workspace.targets.iter().cloned().partition(|target| target.term == Term::Month);
        let targets = of_months.into_iter().map(|t| ((t.period.start, t.metric), t.amount)).collect();
        let rate_check = self.settings.checks.iter().find(|check| check.name == RATE_CHECK);
        let rate_check = rate_check.map(|check| check.text.clone()).unwrap_or_default();
        let (payers, plans) = self.payers_and_plans(workspace);
        ReportContext {
            now: self.clock.now(),
            workspace: workspace.workspace.clone(),
            contact: workspace.contact.clone(),
            metrics: self.settings.metrics.clone(),
            channel_labels: self.settings.channels.labels.clone(),
            budgets,
            targets,
            longer_targets: longer,
            campaigns: workspace.campaigns.clone(),
            business: workspace.business.clone(),
            benchmarks: self
                .settings
                .benchmarks
                .iter()
                .filter(|benchmark| Some(&benchmark.industry) == workspace.industry.as_ref())
                .cloned()
                .collect(),
            gross_margin: workspace.gross_margin,
            streams: self.streams(workspace),
            lists: self.lists(workspace),
            files: self.files(workspace),
            incidents: self.incidents(workspace),
            payers,
            plans,
            rate_check,
            checks: self
                .settings
                .checks
                .iter()
                .filter(|check| ![RATE_CHECK, VALUE_CHECK].contains(&check.name.as_str()))
                .map(check)
                .collect(),
        }
    }

    /// The streams whose days a report depends on, with every part of them that is expected.
    fn streams(&self, workspace: &WorkspaceSettings) -> BTreeMap<String, StreamFacts> {
        let mut streams = BTreeMap::new();
        let (today, printed) = (self.clock.now().date_naive(), printed(&self.settings, workspace));
        // A connection whose settings are wrong is none that anything is expected of; `check` reports it.
        let (sources, _) = sources(&self.settings, workspace, &self.catalog, today, SecretsAre::Assumed);
        for source in sources {
            let connection = &source.connection;
            let connector = &connection.connector;
            for (id, stream) in &connector.spec.streams {
                let load = daily_load(stream, &self.settings.metrics, &printed);
                let Some(load) = load.filter(|_| connection.wants(stream)) else { continue };
                let facts = StreamFacts {
                    label: connector.spec.label_of(id),
                    settles_after_days: stream.settles_after_days,
                    complete_after_days: stream.complete_after_days,
                    fact: load.table.clone(),
                    parts: connection.partitions(stream.partition_over.as_deref()),
                    since: connection.first_day(stream, source.since, today),
                };
                streams.insert(format!("{}/{id}", connection.id), facts);
            }
        }
        streams
    }

    /// The connections of dropped files whose days some metric rests on.
    fn files(&self, workspace: &WorkspaceSettings) -> BTreeMap<String, FileFacts> {
        let is_used = |fact: &str| self.settings.metrics.iter().any(|metric| metric.from.contains(fact));
        let files = workspace.files.iter().filter_map(|files| {
            let target = files.drop.preset.target.spec();
            is_used(target.table).then(|| {
                let facts = FileFacts {
                    label: format!("Dropped files: {}", files.id.replace('_', " ")),
                    fact: target.table.to_owned(),
                    reach: match files.drop.preset.target {
                        Target::Influencer => FilesReach::Open,
                        Target::OfflineConversions => FilesReach::NewestFile,
                        // Single events, of which a day may have none.
                        Target::Own(spec) if !spec.key.contains(&spec.day) => FilesReach::NewestFile,
                        _ => FilesReach::LastRow,
                    },
                };
                (files.id.clone(), facts)
            })
        });
        files.collect()
    }

    /// Known errors of the vendors of a workspace, each once.
    fn incidents(&self, workspace: &WorkspaceSettings) -> Vec<Incident> {
        let names: BTreeSet<&str> = workspace.connections.iter().map(|own| own.connector.as_str()).collect();
        let connectors = names.into_iter().filter_map(|name| self.catalog.get(name));
        let named = connectors.flat_map(|connector| {
            let label = connector.spec.label.clone();
            connector
                .incidents
                .clone()
                .into_iter()
                .map(move |incident| Incident { note: format!("{label}: {}", incident.note), ..incident })
        });
        named.collect()
    }

    /// The lists that are read as a whole.
    fn lists(&self, workspace: &WorkspaceSettings) -> BTreeMap<String, ListFacts> {
        let today = self.clock.now().date_naive();
        let (sources, _) = sources(&self.settings, workspace, &self.catalog, today, SecretsAre::Assumed);
        let lists = sources.iter().flat_map(|source| {
            let connection = &source.connection;
            let spec = &connection.connector.spec;
            let whole = spec.streams.iter().filter(|(_, stream)| stream.slicing == SlicingSpec::Whole);
            whole.map(move |(id, stream)| {
                let label = spec.label_of(id);
                (format!("{}/{id}", connection.id), ListFacts { label, has_rows: !stream.loads.is_empty() })
            })
        });
        lists.collect()
    }

    /// The streams that say who pays, and those that say what subscriptions were worth.
    fn payers_and_plans(&self, workspace: &WorkspaceSettings) -> (Vec<PayerStreams>, Vec<PlanStreams>) {
        let today = self.clock.now().date_naive();
        let (sources, _) = sources(&self.settings, workspace, &self.catalog, today, SecretsAre::Assumed);
        let connections = || sources.iter().map(|source| &source.connection);
        (connections().filter_map(payer_streams).collect(), connections().filter_map(plan_streams).collect())
    }

    /// Who of a tenant gets a copy of a job's report.
    pub fn audience(&self, workspace: &WorkspaceSettings, copy: &Copy) -> Audience {
        let formats = formats_of(&copy.formats);
        let mut audience = Audience { formats, ..self.audience_for(Vec::new(), Vec::new()) };
        for group in copy.to.iter().filter_map(|group| workspace.recipients.get(group)) {
            audience.mail_to.extend(group.mail.iter().cloned());
            audience.channels.extend(group.channels.iter().cloned());
            audience.files |= group.files;
        }
        audience.mail_to.sort();
        audience.mail_to.dedup();
        audience.channels.sort();
        audience.channels.dedup();
        prefer(workspace, &mut audience);
        audience
    }

    /// An audience of these addresses and channels, with the sender as configured.
    pub fn audience_for(&self, mail_to: Vec<String>, channels: Vec<ChannelRef>) -> Audience {
        let delivery = &self.settings.delivery;
        let with_files = delivery.channels.iter().filter(|(_, channel)| channel.takes_files());
        Audience {
            mail_from: delivery.mail.as_ref().map(|mail| mail.from().to_owned()),
            reply_to: delivery.headers.reply_to.clone(),
            unsubscribe: delivery.headers.unsubscribe.clone(),
            // A key that is not there has been reported where the ways out were built.
            unsubscribe_key: delivery
                .headers
                .unsubscribe_key
                .as_ref()
                .and_then(|key| key.resolve(&self.settings.config_dir()).ok()),
            held_lanes: delivery.held_lanes(),
            with_files: with_files.map(|(at, _)| at.clone()).collect(),
            mail_to,
            channels,
            ..Audience::default()
        }
    }
}

/// Gives each of an audience what a tenant and its single readers prefer.
pub fn prefer(workspace: &WorkspaceSettings, audience: &mut Audience) {
    audience.locale = workspace.locale;
    // Answers go to the person who is named on the report.
    if workspace.contact.is_some() {
        audience.reply_to.clone_from(&workspace.contact);
    }
    for address in &audience.mail_to {
        let Some(reader) = workspace.readers.get(&address.to_lowercase()) else { continue };
        if let Some(attach) = &reader.attach {
            audience.attachments.insert(address.clone(), formats_of(attach));
        }
        audience.locales.insert(address.clone(), reader.locale(workspace.locale));
    }
}

fn formats_of(formats: &[config::Format]) -> Formats {
    let wants = |format| formats.contains(&format);
    Formats {
        pdf: wants(config::Format::Pdf),
        html: wants(config::Format::Html),
        csv: wants(config::Format::Csv),
        xlsx: wants(config::Format::Xlsx),
    }
}

/// A check with the claim that its first line makes.
fn check(file: &config::SqlFile) -> Check {
    let claim = file.text.lines().find_map(|line| line.strip_prefix("-- Claim:"));
    let claim = claim.map_or_else(|| file.name.replace('_', " "), |claim| claim.trim().to_owned());
    Check { claim, sql: file.text.clone() }
}
