//! `config/workspaces/<id>.toml`: a tenant, with its connections, recipients, budgets and targets.

use super::connections::{self, AnyConnection, ConnectionSettings};
use super::{Format, Gathered, Known, Workspaces};
use crate::connectors::file::Pattern;
use crate::connectors::file::settings::FileConnection;
use crate::delivery::ChannelRef;
use crate::delivery::channels::read_references;
use crate::domain::business::Business;
use crate::domain::campaign::Campaign;
use crate::domain::fiscal::FiscalYear;
use crate::domain::target::Target;
use crate::domain::workspace::Workspace;
use crate::report::format::{CurrencyDisplay, Language, Locale};
use crate::settings::Names;
use crate::settings::check_known;
use crate::settings::files::{file_id, files_in, read_text};
use crate::settings::kinds::{
    amount, boolean, currency, decimal, id, id as id_value, list_of, mail_address, mailbox, month, one_of, text,
    time_zone, weekday,
};
use crate::settings::reader::{At, Section, Source, read_toml, unknown_remedy};
use crate::settings::values::quoted;
use crate::support::same_folder::is_same_folder;
use chrono::{NaiveDate, Weekday};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Where workspaces are.
pub const FOLDER: &str = "config/workspaces";

/// A tenant as configured.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkspaceSettings {
    /// Relative to the root folder.
    pub file: PathBuf,
    pub workspace: Workspace,
    /// The share of revenue left after the cost of goods, 0 to 1.
    pub gross_margin: Option<Decimal>,
    /// Whom readers ask, as a mailbox.
    pub contact: Option<String>,
    pub connections: Vec<ConnectionSettings>,
    pub files: Vec<FileConnection>,
    /// By group name.
    pub recipients: BTreeMap<String, Recipients>,
    /// What single readers prefer, by address in lower case.
    pub readers: BTreeMap<String, Reader>,
    pub budgets: Vec<Budget>,
    pub targets: Vec<Target>,
    /// Planned campaigns.
    pub campaigns: Vec<Campaign>,
    /// Competitors, known events, holidays and experiments.
    pub business: Business,
    /// Names the benchmarks that hold for it; none if absent.
    pub industry: Option<String>,
    /// How numbers and dates are written for readers who do not say otherwise.
    pub locale: Locale,
}

/// Where a group's reports go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipients {
    /// Addresses.
    pub mail: Vec<String>,
    pub channels: Vec<ChannelRef>,
    /// Whether the report folder gets a copy.
    pub files: bool,
}

/// What one reader prefers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reader {
    /// The files to attach, of those the job makes; all of them if absent.
    pub attach: Option<Vec<Format>>,
    /// As the workspace has it if absent.
    pub language: Option<Language>,
    pub currency_display: Option<CurrencyDisplay>,
}

impl Reader {
    /// How numbers and dates are written for this reader.
    pub fn locale(&self, workspace: Locale) -> Locale {
        Locale {
            language: self.language.unwrap_or(workspace.language),
            currency: self.currency_display.unwrap_or(workspace.currency),
        }
    }
}

/// Money planned for a channel in a month, in the workspace's currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// The month's first day.
    pub month: NaiveDate,
    pub channel: String,
    pub amount: Decimal,
}

/// Reads every workspace.
pub(super) fn read_all(root: &Path, data_dir: &Path, known: &Known, gathered: &Gathered) -> Workspaces {
    let files = files_in(root, FOLDER, "toml", &gathered.problems);
    if files.is_empty() {
        let remedy = "`daybook add workspace` writes one; `daybook init` begins an installation";
        gathered.problems.add(Path::new(FOLDER), None, "there is no workspace", remedy);
    }
    files
        .into_iter()
        .filter_map(|file| {
            let id = file_id(&file, &gathered.problems)?;
            let workspace = read(root, &file, &id, data_dir, known, gathered);
            Some((id, workspace))
        })
        .collect()
}

fn read(
    root: &Path,
    file: &Path,
    id: &str,
    data_dir: &Path,
    known: &Known,
    gathered: &Gathered,
) -> Option<WorkspaceSettings> {
    let before = gathered.problems.count();
    let text = read_text(root, file, false, &gathered.problems)?;
    let source = Source { file, text: &text, problems: &gathered.problems };
    let workspace = read_toml(source, |top| read_top(top, id, data_dir, known, gathered))??;
    (gathered.problems.count() == before).then_some(workspace)
}

pub(super) fn read_top(
    mut top: Section<'_>,
    id: &str,
    data_dir: &Path,
    known: &Known,
    gathered: &Gathered,
) -> Option<WorkspaceSettings> {
    let file = top.source.file.to_owned();
    let name = top.required("name", "\"Acme GmbH\"", text().about("As printed on reports."));
    let time_zone =
        top.required("time_zone", "\"Europe/Berlin\"", time_zone().about("Its days are counted in this zone."));
    let currency = top.required(
        "currency",
        "\"EUR\"",
        currency().about("All money is converted to it at the rate of the day; ISO 4217."),
    );
    let week_starts_on = top
        .optional("week_starts_on", weekday().about("The first day of the week; monday if left out."))
        .map_or(Weekday::Mon, |at| at.value);
    let fiscal_year = top
        .optional(
            "fiscal_year_starts",
            one_of(&FiscalYear::MONTHS)
                .about("The month that years and quarters of targets and metrics begin with; january if left out."),
        )
        .map_or_else(FiscalYear::default, |at| FiscalYear::from_month(at.value));
    let gross_margin = top.optional(
        "gross_margin",
        decimal().about("The share of revenue left after the cost of goods, from \"0\" to \"1\"."),
    );
    if let Some(margin) = &gross_margin
        && !(Decimal::ZERO..=Decimal::ONE).contains(&margin.value)
    {
        top.problem(margin.line, "gross_margin: the share is not between 0 and 1", "write 80% as \"0.80\"");
    }
    let contact = top.optional(
        "contact",
        mailbox().about("Whom readers ask: named on each report, and where answers to its mails go."),
    );
    let industry = top.optional("industry", id_value().about("Whose lines of config/benchmarks.toml hold."));
    let (language, currency_display) = read_wording(&mut top);
    let (connections, files) = read_connections(&mut top, id, data_dir, gathered);
    let recipients = top
        .named_sections("recipients", "Who gets reports, in groups that jobs name.", &Names::Ids("a name for a group"))
        .into_iter()
        .map(|(group, section)| (group.value, read_recipients(section, known)))
        .collect::<BTreeMap<_, _>>();
    let readers = read_readers(&mut top, &recipients);
    let budgets = read_budgets(&mut top, known);
    let targets = super::targets::read(&mut top, fiscal_year, known);
    let campaigns = super::campaigns::read(&mut top, known);
    let business = super::business::read(&mut top, known);
    top.finish();
    Some(WorkspaceSettings {
        file,
        workspace: Workspace {
            id: id.to_owned(),
            name: name?.value,
            time_zone: time_zone?.value,
            currency: currency?.value,
            week_starts_on,
            fiscal_year,
        },
        gross_margin: gross_margin.map(|at| at.value),
        contact: contact.map(|at| at.value),
        connections,
        files,
        recipients,
        readers,
        budgets,
        targets,
        campaigns,
        business,
        industry: industry.map(|at| at.value),
        locale: Locale { language: language.unwrap_or_default(), currency: currency_display.unwrap_or_default() },
    })
}

/// How numbers and dates are written: for all of a workspace, or for one reader.
fn read_wording(section: &mut Section<'_>) -> (Option<Language>, Option<CurrencyDisplay>) {
    let languages = Language::ALL.map(|language| (language.tag(), language));
    let displays = [("symbol", CurrencyDisplay::Symbol), ("code", CurrencyDisplay::Code)];
    let about = "The language of numbers and dates; the reports' sentences are English.";
    let language = section.optional("language", one_of(&languages).about(about));
    let about = "Whether amounts have the sign of their currency (€) or its code (EUR).";
    let display = section.optional("currency_display", one_of(&displays).about(about));
    (language.map(|at| at.value), display.map(|at| at.value))
}

fn read_connections(
    top: &mut Section<'_>,
    workspace: &str,
    data_dir: &Path,
    gathered: &Gathered,
) -> (Vec<ConnectionSettings>, Vec<FileConnection>) {
    let mut ids: BTreeMap<String, usize> = BTreeMap::new();
    let (mut vendors, mut files) = (Vec::new(), Vec::new());
    for section in top.list("connections") {
        let line = section.line;
        let Some(connection) = connections::read(section, workspace, data_dir, gathered) else { continue };
        let id = match &connection {
            AnyConnection::Vendor(vendor) => vendor.id.clone(),
            AnyConnection::Files(files) => files.id.clone(),
        };
        if let Some(first) = ids.get(&id) {
            let message = format!("the connection id {} is taken since line {first}", quoted(&id));
            top.problem(line, &message, "give each connection an id of its own");
        } else {
            ids.insert(id, line);
        }
        match connection {
            AnyConnection::Vendor(vendor) => vendors.push(vendor),
            AnyConnection::Files(drop) => {
                if let Some(other) = files.iter().find(|other| read_the_same(other, &drop)) {
                    let message = format!("{} reads the files of {} as well", quoted(&drop.id), quoted(&other.id));
                    top.problem(line, &message, "give each a folder of its own, or patterns that share no file");
                }
                files.push(*drop);
            }
        }
    }
    (vendors, files)
}

/// Whether a file may be read by both, and count twice.
fn read_the_same(one: &FileConnection, other: &FileConnection) -> bool {
    let (a, b) = (&one.drop, &other.drop);
    is_same_folder(&a.folder, &b.folder)
        && (a.pattern == b.pattern || [&a.pattern, &b.pattern].contains(&&Pattern::all()))
}

fn read_recipients(mut section: Section<'_>, known: &Known) -> Recipients {
    section.about("A group of recipients.");
    let mail = section.optional("mail", list_of(mail_address()).about("Addresses."));
    let channels = read_references(&mut section, known.posted.as_ref());
    let files =
        section.optional("files", boolean().about("Whether the report folder gets a copy.")).is_some_and(|at| at.value);
    if let Some(mail) = mail.as_ref().filter(|mail| !mail.value.is_empty() && known.has_mail == Some(false)) {
        let message = format!("{}: there is no way to send mail", section.name);
        section.problem(mail.line, &message, "add [delivery.mail] to config/daybook.toml");
    }
    let recipients = Recipients { mail: mail.map(|at| at.value).unwrap_or_default(), channels, files };
    section.finish();
    recipients
}

/// `[readers."ceo@example.com"]`: who is in no group gets nothing, so that is reported.
fn read_readers(top: &mut Section<'_>, recipients: &BTreeMap<String, Recipients>) -> BTreeMap<String, Reader> {
    let formats = [("pdf", Format::Pdf), ("html", Format::Html), ("csv", Format::Csv)];
    let addresses: BTreeSet<String> =
        recipients.values().flat_map(|group| &group.mail).map(|address| address.to_lowercase()).collect();
    let mut readers = BTreeMap::new();
    for (address, mut section) in top.named_sections("readers", "What single readers prefer, by address.", &Names::Any)
    {
        section.about("A reader of one of the groups.");
        let attach = section
            .optional("attach", list_of(one_of(&formats)).about("Of the job's files, only these are attached."))
            .map(|at| at.value);
        let (language, currency_display) = read_wording(&mut section);
        section.finish();
        let key = At { value: address.value.to_lowercase(), line: address.line };
        if !addresses.contains(&key.value) {
            let names: Vec<&str> = addresses.iter().map(String::as_str).collect();
            let message = format!("[readers]: no group of recipients has {}", quoted(&key.value));
            top.problem(key.line, &message, &unknown_remedy(&key.value, &names, "recipients"));
        }
        readers.insert(key.value, Reader { attach, language, currency_display });
    }
    readers
}

fn read_budgets(top: &mut Section<'_>, known: &Known) -> Vec<Budget> {
    let mut budgets: Vec<Budget> = Vec::new();
    for mut section in top.list("budgets") {
        section.about("Money planned for a channel in a month.");
        let month = section.required("month", "\"2026-11\"", month().about("Year and month."));
        let channel = section.required("channel", "\"paid_search\"", id().about("A channel of config/channels.toml."));
        let amount = section.required("amount", "\"12000.00\"", amount().about("Money in the workspace's currency."));
        let line = section.line;
        if let Some(channel) = &channel {
            check_known(&section, channel, known.channels.as_ref(), "channel", "config/channels.toml");
        }
        section.finish();
        let (Some(month), Some(channel), Some(amount)) = (month, channel, amount) else { continue };
        let budget = Budget { month: month.value, channel: channel.value, amount: amount.value };
        if budgets.iter().any(|other| other.month == budget.month && other.channel == budget.channel) {
            let message = format!("[[budgets]]: {} has a second budget for that month", budget.channel);
            top.problem(line, &message, "keep one of the two");
        }
        budgets.push(budget);
    }
    budgets
}
