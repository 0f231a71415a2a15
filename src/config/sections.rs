//! What a report holds: ids of sections, or `[[sections]]` with sections of metrics among them.

use super::Known;
use crate::domain::fact::Dimension;
use crate::report::definition::{Filter, GroupBy, MetricsChart, MetricsSection, SectionKind};
use crate::report::sections::words;
use crate::settings::check_known;
use crate::settings::kinds::{id, list_of, one_of, some_of, text};
use crate::settings::values::quoted;
use crate::settings::{At, Section};
use serde_json::json;
use std::collections::BTreeSet;

/// The word of a section of metrics.
const METRICS: &str = "metrics";

/// The sections that were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sections {
    pub parts: Vec<SectionKind>,
    pub own: Vec<MetricsSection>,
    /// Whether they are all that the report holds; sections of metrics alone come after the usual ones.
    pub is_all: bool,
}

/// Reads the key `sections`; `None` where it is not there or wrong.
pub(super) fn read(section: &mut Section<'_>, known: &Known) -> Option<Sections> {
    if !section.is_tables("sections") {
        let known = words();
        let names = some_of(one_of(&known), "name at least one section, or remove the key");
        let found = section.optional("sections", names.about("The sections, in order."));
        return found.map(|at| Sections { parts: at.value, own: Vec::new(), is_all: true });
    }
    let mut sections = Sections::default();
    for one in section.list("sections") {
        table(one, known, &mut sections);
    }
    let mut ids = BTreeSet::new();
    for own in sections.own.iter().filter(|own| !ids.insert(own.id.clone())) {
        let message = format!("[[sections]]: the id {} is there twice", quoted(&own.id));
        section.problem(section.line, &message, "give each an id of its own: id = \"…\"");
    }
    Some(sections)
}

fn table(mut section: Section<'_>, known: &Known, sections: &mut Sections) {
    section.about("A section by its id, or one of metrics.");
    let kinds: Vec<(&'static str, Option<SectionKind>)> =
        words().into_iter().map(|(word, kind)| (word, Some(kind))).chain([(METRICS, None)]).collect();
    let kind = section.variant("kind", "\"metrics\"", one_of(&kinds).about("Which section."), || {
        let standard: Vec<&str> = words().into_iter().map(|(word, _)| word).collect();
        let example = words().first().map(|(_, kind)| *kind);
        vec![(json!({ "enum": standard }), example), (json!({ "const": METRICS }), None)]
    });
    match kind.map(|at| at.value) {
        Some(Some(standard)) => {
            sections.parts.push(standard);
            sections.is_all = true;
            section.finish();
        }
        Some(None) => {
            if let Some(own) = metrics(section, known) {
                sections.parts.push(SectionKind::Metrics(sections.own.len()));
                sections.own.push(own);
            }
        }
        None => {}
    }
}

fn metrics(mut section: Section<'_>, known: &Known) -> Option<MetricsSection> {
    let title = section.required("title", "\"E-mail\"", text().about("Printed above it."));
    let own_id = section.optional("id", id().about("In CSV files and links; made of the title if left out."));
    let metrics = section.required(
        "metrics",
        "[\"sessions\"]",
        some_of(id(), "name at least one metric").about("The metrics, the most important first."),
    );
    let origins = [("channel", GroupBy::Channel), ("campaign", GroupBy::Campaign)];
    let dimensions = Dimension::WORDS.map(|(word, dimension)| (word, GroupBy::Dimension(dimension)));
    let bys: Vec<(&'static str, GroupBy)> = origins.into_iter().chain(dimensions).collect();
    let by = section.optional(
        "by",
        one_of(&bys).about("What the rows of its table are: an origin, or a dimension that the facts of its metrics have; no table if left out."),
    );
    let charts = [("line", MetricsChart::Line), ("bars", MetricsChart::Bars)];
    let chart =
        section.optional("chart", one_of(&charts).about("Of the first metric: its course, or a bar for each row."));
    let filter = section.section("where").map(|inner| filter(inner, known)).unwrap_or_default();
    for name in metrics.iter().flat_map(|at| at.value.iter().map(|name| At { value: name.clone(), line: at.line })) {
        check_known(&section, &name, known.metrics.as_ref(), "metric", "the installation");
        if !filter.is_all() && known.whole_metrics.contains(&name.value) {
            let message =
                format!("metrics: {} is known of the whole workspace only, not of a part", quoted(&name.value));
            section.problem(name.line, &message, "put it into a section without where");
        }
    }
    if let (Some(by), Some(metrics)) = (&by, &metrics) {
        check_by(&section, by, &metrics.value, known);
    }
    if let (Some(chart), None) = (&chart, &by)
        && chart.value == MetricsChart::Bars
    {
        section.problem(
            chart.line,
            "chart: there are no rows to draw bars of",
            "add by = \"channel\", or use \"line\"",
        );
    }
    section.finish();
    let title = title?.value;
    let id = own_id.map_or_else(|| slug(&title), |at| at.value);
    // Ids of standard sections are taken.
    let id = if words().iter().any(|(word, _)| *word == id) { format!("own_{id}") } else { id };
    let (by, chart) = (by.map(|at| at.value), chart.map(|at| at.value));
    Some(MetricsSection { id, title, metrics: metrics?.value, by, filter, chart })
}

/// Each metric must be known by the dimension that rows are made of.
fn check_by(section: &Section<'_>, by: &At<GroupBy>, metrics: &[String], known: &Known) {
    let GroupBy::Dimension(dimension) = by.value else { return };
    for metric in metrics {
        if known.whole_metrics.contains(metric) {
            let message = format!(
                "by: {} is known of the whole workspace only: it does not add up over parts by {}",
                quoted(metric),
                dimension.word()
            );
            section.problem(by.line, &message, "put it into a section without by");
        } else if let Some((message, remedy)) = known.splits.refuse(metric, dimension) {
            section.problem(by.line, &message, &remedy);
        }
    }
}

fn filter(mut section: Section<'_>, known: &Known) -> Filter {
    section.about("The part of the workspace it is about.");
    let channels = section.optional("channels", list_of(id()).about("Channels."));
    let campaigns = section.optional("campaigns", list_of(text()).about("Campaigns; * stands for anything."));
    for name in channels.iter().flat_map(|at| at.value.iter().map(|name| At { value: name.clone(), line: at.line })) {
        check_known(&section, &name, known.channels.as_ref(), "channel", "config/channels.toml");
    }
    section.finish();
    let list = |at: Option<At<Vec<String>>>| at.map(|at| at.value).unwrap_or_default();
    Filter { channels: list(channels), campaigns: list(campaigns) }
}

/// A title as an id.
fn slug(title: &str) -> String {
    let plain: String =
        title.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(50).collect();
    let words: Vec<&str> = plain.split('_').filter(|word| !word.is_empty()).collect();
    let joined = words.join("_");
    if joined.starts_with(|c: char| c.is_ascii_lowercase()) { joined } else { format!("section_{joined}") }
}
