//! `kind = "report"`: a report is built and sent.

use super::check_each;
use super::kind::{JobNames, JobSettings, KindSpec, Priority, Reach};
use crate::config::{Format, Known, sections};
use crate::domain::schedule::Overlap;
use crate::report::definition::{Cadence, Compare, Definition, Edition, Filter, REPORTS, Split};
use crate::report::readiness::LatePolicy;
use crate::report::sections::standard;
use crate::settings::kinds::{self, id, list_of, one_of, some_of, text};
use crate::settings::reader::{At, Section};
use std::collections::BTreeSet;
use std::sync::Arc;

pub const KIND: KindSpec = KindSpec {
    id: "report",
    priority: Priority::Report,
    reach: Reach::Workspace,
    overlap: Overlap::Queue,
    read: |top, names| Some(Arc::new(read(top, names)?) as Arc<dyn JobSettings>),
    run: |host, run| host.report(run),
};

/// Build a report and send it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportJob {
    /// Title and cadence, what it holds for all and is set against.
    pub base: Definition,
    /// Groups of recipients of the standard edition; may be empty where there are editions.
    pub to: Vec<String>,
    pub formats: Vec<Format>,
    pub editions: Vec<EditionJob>,
    pub splits: Vec<SplitJob>,
    /// What to do when data is late.
    pub late: LatePolicy,
    /// The days of a daily report.
    pub covers: Covers,
}

/// Which days a run of a daily report covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Covers {
    /// All since the run before: on Mondays Friday to Sunday, where no run is due at the weekend.
    #[default]
    SinceLastRun,
    /// The day before the run alone.
    DayBefore,
}

/// `[[editions]]`: the report with sections of its own for some groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditionJob {
    pub edition: Edition,
    pub to: Vec<String>,
    /// As of the job where absent.
    pub formats: Option<Vec<Format>>,
}

/// `[[splits]]`: the report once for each, about a part of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitJob {
    pub split: Split,
    /// Instead of the groups of the job and its editions.
    pub to: Option<Vec<String>>,
}

/// One document of a job, and who gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    pub definition: Definition,
    pub to: Vec<String>,
    pub formats: Vec<Format>,
}

impl ReportJob {
    /// Every document the job makes for a period: each split in each edition.
    pub fn copies(&self) -> Vec<Copy> {
        let whole = [SplitJob { split: Split::default(), to: None }];
        let splits = if self.splits.is_empty() { whole.as_slice() } else { &self.splits };
        let standard =
            EditionJob { edition: self.base.edition.clone(), to: self.to.clone(), formats: Some(self.formats.clone()) };
        let editions: Vec<&EditionJob> = [&standard].into_iter().chain(&self.editions).collect();
        let mut copies = Vec::new();
        for split in splits {
            for edition in editions.iter().filter(|edition| !edition.to.is_empty()) {
                let definition =
                    Definition { edition: edition.edition.clone(), split: split.split.clone(), ..self.base.clone() };
                let to = split.to.clone().unwrap_or_else(|| edition.to.clone());
                let formats = edition.formats.clone().unwrap_or_else(|| self.formats.clone());
                copies.push(Copy { definition, to, formats });
            }
        }
        copies
    }
}

fn read(top: &mut Section<'_>, names: &JobNames<'_>) -> Option<ReportJob> {
    let others = names.others;
    let policies = [
        ("hold", LatePolicy::Hold),
        ("send_with_banner", LatePolicy::SendWithBanner),
        ("drop_section", LatePolicy::DropSection),
    ];
    let reports = REPORTS.map(|(id, ..)| (id, id));
    let report = top.required("report", "\"daily_performance\"", one_of(&reports).about("Which report."));
    let has_to = top.has("to");
    let to = top.optional(
        "to",
        some_of(kinds::id(), "name at least one group").about("Groups under [recipients] of the workspaces."),
    );
    let formats = read_formats(top, true);
    let title = top.optional("title", text().about("Printed on top instead of the report's own title."));
    let covers = [("since_last_run", Covers::SinceLastRun), ("day_before", Covers::DayBefore)];
    let covers = top.optional(
        "covers",
        one_of(&covers).about("The days of a daily report: all since the run before, or the day before the run alone."),
    );
    if let (Some(at), Some(report)) = (&covers, &report)
        && standard(report.value).is_some_and(|base| base.cadence != Cadence::Daily)
    {
        top.problem(at.line, "covers: is for daily reports", "remove the key");
    }
    let covers = covers.map_or(Covers::default(), |at| at.value);
    let late = top.optional("late", one_of(&policies).about("When data is late: wait until the deadline, send with the gaps named on top, or leave out what lacks data.")).map_or(LatePolicy::Hold, |at| at.value);
    let base = report.as_ref().and_then(|report| standard(report.value));
    let compare = read_compare(top, base.as_ref().map(|base| base.cadence));
    let sections = sections::read(top, others);
    let known = names.groups();
    if let Some(to) = &to {
        check_groups(top, to, known.as_ref());
    }
    let editions: Vec<EditionJob> =
        top.list("editions").into_iter().filter_map(|section| read_edition(section, known.as_ref(), others)).collect();
    let splits: Vec<SplitJob> =
        top.list("splits").into_iter().filter_map(|section| read_split(section, known.as_ref())).collect();
    if !has_to && editions.is_empty() {
        top.problem(top.line, "nobody gets the report: to is missing", "add to = [\"marketing\"] or [[editions]]");
    }
    refuse_repeats(top, "editions", editions.iter().map(|edition| edition.edition.id.as_str()));
    refuse_repeats(top, "splits", splits.iter().map(|split| split.split.id.as_str()));
    let mut base = base?;
    if let Some(title) = title {
        base.title = title.value;
    }
    if let Some(compare) = compare {
        base.compare = compare;
    }
    if let Some(sections) = sections {
        if sections.is_all {
            base.edition.parts.clear();
        }
        base.edition.parts.extend(sections.parts);
        base.edition.own = sections.own;
    }
    Some(ReportJob {
        base,
        to: to.map(|at| at.value).unwrap_or_default(),
        formats: formats?,
        editions,
        splits,
        late,
        covers,
    })
}

fn read_formats(section: &mut Section<'_>, is_required: bool) -> Option<Vec<Format>> {
    let formats = some_of(one_of(&Format::WORDS), "name at least one of \"pdf\", \"html\", \"csv\", \"xlsx\"");
    let found = if is_required {
        section.required("formats", "[\"pdf\", \"html\", \"csv\"]", formats.about("The files that are made."))
    } else {
        section.optional("formats", formats.about("The files that are made."))
    };
    found.map(|at| at.value)
}

/// The words of `compare`; `day_before` and `same_weekday` make sense for days alone.
fn read_compare(top: &mut Section<'_>, cadence: Option<Cadence>) -> Option<Vec<Compare>> {
    let words = [
        ("day_before", (Compare::Previous, true)),
        ("previous_period", (Compare::Previous, false)),
        ("same_weekday", (Compare::SameWeekday, true)),
        ("last_year", (Compare::LastYear, false)),
        ("target", (Compare::Target, false)),
    ];
    let found = top.optional("compare", list_of(one_of(&words)).about("What figures are held against."))?;
    let is_daily = cadence.is_none_or(|cadence| cadence == Cadence::Daily);
    if !is_daily && found.value.iter().any(|(_, for_days)| *for_days) {
        let message = "compare: \"day_before\" and \"same_weekday\" are for daily reports";
        top.problem(found.line, message, "use \"previous_period\" or \"last_year\"");
    }
    Some(found.value.into_iter().map(|(compare, _)| compare).collect())
}

fn read_edition(mut section: Section<'_>, groups: Option<&BTreeSet<String>>, others: &Known) -> Option<EditionJob> {
    section.about("The report with sections of its own for some groups.");
    let id = section.required("id", "\"executives\"", id().about("Unique in the job."));
    let title = section.optional("title", text().about("Printed on top."));
    let to = section.required(
        "to",
        "[\"executives\"]",
        some_of(kinds::id(), "name at least one group").about("Groups of recipients."),
    );
    if !section.is_recorded() && !section.has("sections") {
        let message = format!("{}: \"sections\" is missing", section.name);
        section.problem(section.line, &message, "add sections = [\"headline\", \"goals\"]");
    }
    let sections = sections::read(&mut section, others);
    let formats = read_formats(&mut section, false);
    let brief = section.optional(
        "brief",
        kinds::boolean().about("Leave freshness by stream, notes and receipts to the HTML and data files."),
    );
    if let Some(to) = &to {
        check_groups(&section, to, groups);
    }
    section.finish();
    let title = title.map(|at| at.value).unwrap_or_default();
    let is_brief = brief.is_some_and(|at| at.value);
    let sections = sections?;
    let edition = Edition { id: id?.value, title, parts: sections.parts, own: sections.own, is_brief };
    Some(EditionJob { edition, to: to?.value, formats })
}

fn read_split(mut section: Section<'_>, groups: Option<&BTreeSet<String>>) -> Option<SplitJob> {
    section.about("The report once more, about a part of the workspace.");
    let id = section.required("id", "\"north\"", id().about("Unique in the job."));
    let title = section.required("title", "\"North\"", text().about("Printed on top."));
    let channels = section.optional("channels", list_of(kinds::id()).about("Channels it is about."));
    let campaigns =
        section.optional("campaigns", list_of(text()).about("Campaigns it is about; * stands for anything."));
    let to = section.optional(
        "to",
        some_of(kinds::id(), "name at least one group").about("Groups of recipients, instead of the others."),
    );
    if let Some(to) = &to {
        check_groups(&section, to, groups);
    }
    if channels.is_none() && campaigns.is_none() {
        let message = "[[splits]]: it does not say which part of the workspace it is about";
        section.problem(section.line, message, "add channels = [\"paid_search\"] or campaigns = [\"Berlin *\"]");
    }
    section.finish();
    let values = |list: Option<At<Vec<String>>>| list.map(|at| at.value).unwrap_or_default();
    let filter = Filter { channels: values(channels), campaigns: values(campaigns) };
    Some(SplitJob { split: Split { id: id?.value, title: title?.value, filter }, to: to.map(|at| at.value) })
}

fn check_groups(section: &Section<'_>, to: &At<Vec<String>>, known: Option<&BTreeSet<String>>) {
    check_each(section, to, known, "recipient group", "the job's workspaces");
}

fn refuse_repeats<'i>(top: &Section<'_>, what: &str, ids: impl Iterator<Item = &'i str>) {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            let message = format!("[[{what}]]: the id \"{id}\" is there twice");
            top.problem(top.line, &message, "give each an id of its own");
        }
    }
}
