//! `jobs/metrics.toml`: what each number means.

use crate::domain::fact::Facts;
use crate::domain::metric::{
    Better, Columns, Condition, Daily, Formula, MetricSpec, Origin, Registry, RowFilter, Unit, Window,
};
use crate::settings::check_known;
use crate::settings::files::read_text;
use crate::settings::kinds::{id, list_of, one_of, some_of, text, whole_number};
use crate::settings::reader::{At, Fault, Problems, Section, Source, fault, read_toml, unknown_remedy};
use crate::settings::values::{expected, quoted};
use crate::settings::{Kind, Names};
use crate::warehouse::rollup::columns;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use toml::de::DeValue;

/// The file's place.
pub const FILE: &str = "jobs/metrics.toml";
/// Used where the file is absent.
pub const SHIPPED: &str = include_str!("../../jobs/metrics.toml");

/// Metrics of the installation's own, beside those of [`FILE`].
pub const OWN: &str = "config/metrics.toml";

/// A definition and where it is written.
struct Place {
    file: PathBuf,
    line: usize,
}

/// Reads the shipped metrics, or [`FILE`] in their place; then [`OWN`] and `metrics.toml` of each connector of the
/// installation, which add to them.
pub(super) fn read(
    root: &Path,
    facts: &Facts,
    channels: Option<&BTreeSet<String>>,
    problems: &Problems,
) -> Option<Registry> {
    let columns = columns_of(facts);
    let known = Known { facts, columns: &columns, channels };
    let (mut specs, mut places) = (BTreeMap::new(), BTreeMap::<String, Place>::new());
    let before = problems.count();
    for file in files(root) {
        let Some(text) = read_text(root, &file, true, problems).or_else(|| shipped(&file)) else { continue };
        let source = Source { file: &file, text: &text, problems };
        for (id, spec) in read_toml(source, |top| read_top(top, known)).unwrap_or_default() {
            if let Some(other) = places.get(&id.value) {
                let message = format!("[{}] is defined in {} as well", id.value, other.file.display());
                source.problem(id.line, &message, "keep one of the two, or give it another id");
                continue;
            }
            places.insert(id.value.clone(), Place { file: file.clone(), line: id.line });
            specs.insert(id.value, spec);
        }
    }
    let ids: Vec<&str> = specs.keys().map(String::as_str).collect();
    let told = |id: &str, message: &str, remedy: &str| {
        if let Some(place) = places.get(id) {
            problems.add(&place.file, Some(place.line), message, remedy);
        }
    };
    for (id, spec) in &specs {
        for name in unknown_names(spec, &ids) {
            let uses = if spec.of.is_some() { "it is of" } else { "the formula uses" };
            let message = format!("[{id}]: {uses} {}, which no metric defines", quoted(&name));
            told(id, &message, &unknown_remedy(&name, &ids, "metrics"));
        }
    }
    if problems.count() > before {
        return None;
    }
    match Registry::new(specs, &columns) {
        Ok(registry) => Some(registry),
        Err(found) => {
            for problem in found {
                let message = format!("[{}]: {}", problem.metric, problem.message);
                told(&problem.metric, &message, &problem.remedy);
            }
            None
        }
    }
}

/// The files that define metrics, relative to `root`; the first need not be there.
fn files(root: &Path) -> Vec<PathBuf> {
    let connectors = super::facts::connectors(root).into_iter().map(|folder| format!("{folder}/metrics.toml"));
    let own = std::iter::once(OWN.to_owned()).chain(connectors).map(PathBuf::from);
    std::iter::once(PathBuf::from(FILE)).chain(own.filter(|file| root.join(file).exists())).collect()
}

fn shipped(file: &Path) -> Option<String> {
    (file == Path::new(FILE)).then(|| SHIPPED.to_owned())
}

/// What definitions may name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'k> {
    pub facts: &'k Facts,
    pub columns: &'k Columns,
    /// Absent where the file of channels could not be read.
    pub channels: Option<&'k BTreeSet<String>>,
}

/// The columns that metrics may name, with what their facts say of them.
pub(super) fn columns_of(facts: &Facts) -> Columns {
    let mut columns = columns(facts);
    for fact in facts.iter() {
        let is_rate = |unit: Option<Unit>| matches!(unit, Some(Unit::Percent | Unit::Ratio | Unit::Points));
        for column in fact.columns.iter().filter(|column| is_rate(column.unit)) {
            columns.rates.insert(format!("{}.{}", fact.id, column.name));
            let adds = fact.contribution.iter().flat_map(|adds| &adds.measures);
            columns.rates.extend(adds.filter(|own| own.name == column.name).map(|own| own.name.clone()));
        }
        if fact.hour.is_some() {
            columns.by_hour.insert(fact.id.clone());
        }
        columns.local_amounts.extend(fact.money.iter().map(|money| format!("{}.{}", fact.id, money.amount)));
    }
    columns
}

/// The metrics of a file, each with the line it begins on.
pub(super) fn read_top(top: Section<'_>, known: Known<'_>) -> Vec<(At<String>, MetricSpec)> {
    let sections = top.into_sections(&Names::Ids("a metric id")).into_iter();
    sections.map(|(id, section)| (id, metric(section, known).unwrap_or_else(|| placeholder(known.columns)))).collect()
}

fn metric(mut section: Section<'_>, all: Known<'_>) -> Option<MetricSpec> {
    let Known { facts, columns, .. } = all;
    section.about("A number that reports print, under its id.");
    let betters = [("higher", Better::Higher), ("lower", Better::Lower), ("neither", Better::Neither)];
    let facts = facts.ids();
    let summed: Vec<&str> = columns.summed.keys().map(String::as_str).collect();
    let daily: Vec<String> = columns.daily.iter().map(Daily::name).collect();
    let daily: Vec<&str> = daily.iter().map(String::as_str).collect();
    let label = section.required("label", "\"Leads\"", text().about("As printed."));
    let about = section.required(
        "about",
        "\"What it counts, in a sentence.\"",
        text().about("What it counts, in a sentence; printed with definitions."),
    );
    let unit = section.required("unit", "\"count\"", one_of(&Unit::WORDS).about("How values are written."));
    let better = section.required("better", "\"higher\"", one_of(&betters).about("Which way is good."));
    let given = section.exclusive_keys(&["sum", "level", "distinct", "formula", "of"]);
    let sum =
        section.optional("sum", summed_of(&summed, columns).about("The column of mart.metric_daily that is summed."));
    let level = section.optional(
        "level",
        by_day(&daily, &["mrr", "subscriptions"]).about("<table>.<column> as it stands at the period's end."),
    );
    let distinct = section.optional(
        "distinct",
        by_day(&daily, &["visitors", "new_visitors"])
            .about("<fact>.<column> as the vendor counted it; never added up."),
    );
    let formula = section.optional(
        "formula",
        Kind::text(serde_json::json!({ "maxLength": 500 }), formula)
            .about("Of other metrics: ids, numbers, + - * / and parentheses."),
    );
    let of = section.optional("of", id().about("Another metric, of other rows (where) or days (window)."));
    let rows = section.section("where").map(|inner| rows(inner, all)).unwrap_or_default();
    let window = section.optional(
        "window",
        one_of(&Window::WORDS)
            .about("The days that count, up to the last one of the period; the period's if left out."),
    );
    let minimum = section.optional(
        "minimum",
        whole_number(1, 1_000_000_000).about("A ratio whose denominator is below has no value, and says \"too few\"."),
    );
    let matures_after = section.optional(
        "matures_after",
        whole_number(1, 400).about("Days until a day's figure is complete: changes of incomplete days are not rated."),
    );
    let from = section.optional(
        "from",
        list_of(known(&facts, "fact", "facts"))
            .about("Facts that decide what is counted, besides those that add to it."),
    );
    if given != 1 {
        let message = format!("{}: exactly one of sum, level, distinct, formula and of must be given", section.name);
        section.problem(section.line, &message, "add sum = \"<column>\" or formula = \"<metric> / <metric>\"");
    }
    section.finish();
    Some(MetricSpec {
        label: label?.value,
        about: about?.value,
        unit: unit?.value,
        better: better?.value,
        sum: sum.map(|at| at.value),
        level: level.map(|at| at.value),
        distinct: distinct.map(|at| at.value),
        formula: formula.map(|at| at.value),
        of: of.map(|at| at.value),
        rows,
        window: window.map(|at| at.value),
        minimum: minimum.map(|at| Decimal::from(at.value)),
        matures_after: matures_after.and_then(|at| u32::try_from(at.value).ok()).unwrap_or_default(),
        from: from.map(|at| at.value).unwrap_or_default(),
    })
}

/// One of the names that the installation has; an editor offers the built-in ones.
fn known<'k>(names: &'k [&'k str], noun: &'static str, nouns: &'static str) -> Kind<'k, String> {
    Kind::new(
        move || serde_json::json!({ "type": "string", "minLength": 1, "examples": names }),
        move |value| {
            let text = value.as_str().ok_or_else(|| expected(value, "a text", "put it in quotes"))?;
            let found = names.contains(&text).then(|| text.to_owned());
            found.ok_or_else(|| {
                fault(format!("there is no {noun} {}", quoted(text)), unknown_remedy(text, names, nouns))
            })
        },
    )
}

/// A column that is summed; one that must not be is reported with what to write.
fn summed_of<'k>(names: &'k [&'k str], columns: &'k Columns) -> Kind<'k, String> {
    let named = known(names, "column", "columns");
    Kind::new(
        move || serde_json::json!({ "type": "string", "minLength": 1, "examples": names }),
        move |value| match value.as_str().and_then(|text| columns.not_summed(text)) {
            Some((message, remedy)) => Err(fault(message, remedy)),
            None => named.read(value),
        },
    )
}

/// A number by day as `<table>.<column>`; `alone` are those that may be named by their column.
fn by_day<'k>(names: &'k [&'k str], alone: &'static [&'static str]) -> Kind<'k, String> {
    let named = known(names, "number by day", "numbers by day");
    Kind::new(
        move || serde_json::json!({ "type": "string", "minLength": 1, "examples": names }),
        move |value| match value.as_str() {
            Some(text) if alone.contains(&text) => Ok(text.to_owned()),
            _ => named.read(value),
        },
    )
}

fn formula(value: &DeValue<'_>) -> Result<String, Fault> {
    let text = value.as_str().ok_or_else(|| expected(value, "a text", "put it in quotes"))?;
    if text.len() > 500 {
        return Err(fault("the formula is longer than 500 characters", "split it into several metrics"));
    }
    match Formula::parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(fault(error.to_string(), "use metric ids, numbers, + - * / and parentheses")),
    }
}

/// Stands for a metric whose own problems were noted, so that formulas which use it are not blamed.
fn placeholder(columns: &Columns) -> MetricSpec {
    MetricSpec {
        label: String::new(),
        about: String::new(),
        unit: Unit::Count,
        better: Better::Neither,
        sum: columns.summed.keys().next().cloned(),
        level: None,
        distinct: None,
        formula: None,
        of: None,
        rows: RowFilter::default(),
        window: None,
        minimum: None,
        matures_after: 0,
        from: Vec::new(),
    }
}

/// `where = { channel = "paid_search" }`: the rows that count.
fn rows(mut section: Section<'_>, all: Known<'_>) -> RowFilter {
    section.about("The rows that count: all conditions must hold.");
    let channel = section.optional("channel", some_names().about("A channel of config/channels.toml, or several."));
    let source = section.optional("source", some_names().about("A source, or several."));
    let campaign = section.optional("campaign", some_names().about("A campaign, or several; * stands for anything."));
    for name in channel.iter().flat_map(|at| at.value.iter().map(|name| At { value: name.clone(), line: at.line })) {
        check_known(&section, &name, all.channels, "channel", "config/channels.toml");
    }
    // The unified metrics have no medium; channels are made of it.
    if section.has("medium") {
        let message = format!("{}: metrics are not kept by medium", section.name);
        section.problem(section.line, &message, "name the channel that config/channels.toml makes of it");
    } else {
        section.finish();
    }
    let stated = [(Origin::Channel, channel), (Origin::Source, source), (Origin::Campaign, campaign)];
    RowFilter::new(stated.into_iter().filter_map(|(origin, at)| Some(Condition { origin, names: at?.value })))
}

/// A name, or a list of them.
fn some_names<'k>() -> Kind<'k, Vec<String>> {
    let several = Rc::new(some_of(text(), "write at least one name"));
    let of_schema = several.clone();
    Kind::new(
        move || serde_json::json!({ "anyOf": [text().schema(), of_schema.schema()] }),
        move |value| match value.is_str() {
            true => text().read(value).map(|name| vec![name]),
            false => several.read(value),
        },
    )
}

fn unknown_names(spec: &MetricSpec, ids: &[&str]) -> Vec<String> {
    if let Some(of) = spec.of.as_ref().filter(|of| !ids.contains(&of.as_str())) {
        return vec![of.clone()];
    }
    let Some(Ok(formula)) = spec.formula.as_deref().map(Formula::parse) else { return Vec::new() };
    formula.metrics().into_iter().filter(|name| !ids.contains(name)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::metric::Kind;
    use crate::warehouse::facts::builtin;
    use rust_decimal::dec;

    fn shipped() -> Registry {
        let folder = tempfile::tempdir().expect("a folder");
        read(folder.path(), &builtin(), None, &Problems::default()).expect("the shipped metrics")
    }

    #[test]
    fn every_column_is_a_shipped_metric() {
        let registry = shipped();
        let named: Vec<&str> = registry
            .iter()
            .filter_map(|metric| match &metric.kind {
                Kind::Sum { column, .. } => Some(column.as_str()),
                _ => None,
            })
            .collect();
        for measure in builtin().measures() {
            assert!(named.contains(&measure.name.as_str()), "{}", measure.name);
        }
    }

    /// By hand: 400 sessions (240 engaged), 20 leads, 4 customers, 4 payments and a sale in a shop of
    /// 1,000 together with 100 refunded, for 300 of media cost.
    #[test]
    fn shipped_ratios_agree_with_a_hand_calculation() {
        let registry = shipped();
        let sums = |column: &str| {
            Some(match column {
                "sessions" => dec!(400),
                "engaged_sessions" => dec!(240),
                "pageviews" => dec!(1000),
                "session_seconds" => dec!(48000),
                "impressions" => dec!(60000),
                "clicks" => dec!(150),
                "platform_conversions" => dec!(10),
                "leads" => dec!(20),
                "customers" => dec!(4),
                "orders" => dec!(4),
                "offline_conversions" => dec!(1),
                "revenue" => dec!(1000),
                "refunds" => dec!(90),
                "chargebacks" => dec!(10),
                "cost" => dec!(300),
                _ => Decimal::ZERO,
            })
        };
        for (metric, expected) in [
            ("net_revenue", dec!(900)),
            ("engagement_rate", dec!(0.6)),
            ("bounce_rate", dec!(0.4)),
            ("average_session_duration", dec!(120)),
            ("pages_per_session", dec!(2.5)),
            ("ctr", dec!(0.0025)),
            ("cpc", dec!(2)),
            ("cpm", dec!(5)),
            ("cpl", dec!(15)),
            ("cac", dec!(75)),
            ("cpa", dec!(30)),
            ("conversion_rate", dec!(0.05)),
            ("lead_to_customer_rate", dec!(0.2)),
            ("aov", dec!(180)),
            ("roas", dec!(3)),
            ("roi", dec!(2)),
        ] {
            assert_eq!(registry.value(metric, &sums), Some(expected), "{metric}");
        }
    }

    #[test]
    fn a_ratio_rests_on_the_facts_of_its_parts() {
        let registry = shipped();
        let from: Vec<&str> = registry.get("roas").expect("roas").from.iter().map(String::as_str).collect();
        assert_eq!(
            from,
            ["ad_daily", "dispute_movement", "influencer_post", "offline_conversion", "payment", "refund"]
        );
    }
}
