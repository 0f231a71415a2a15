//! `jobs/metrics.toml`: what each number means.

use super::files::read_text;
use crate::domain::metric::{Better, Formula, MetricSpec, Registry, Unit};
use crate::settings::kinds::{list_of, one_of, text};
use crate::settings::reader::{At, Fault, Problems, Section, Source, fault, read_toml, unknown_remedy};
use crate::settings::values::{expected, quoted};
use crate::settings::{Kind, Names};
pub use crate::warehouse::rollup::COLUMNS;
use std::collections::BTreeMap;
use std::path::Path;
use toml::de::DeValue;

/// The file's place.
pub const FILE: &str = "jobs/metrics.toml";
/// Used where the file is absent.
pub const SHIPPED: &str = include_str!("../../jobs/metrics.toml");

/// Tables of `core` that a metric may rest on.
pub const FACTS: [&str; 11] = [
    "web_daily",
    "web_visitors_daily",
    "ad_daily",
    "influencer_post",
    "contact_stage",
    "payment",
    "refund",
    "dispute_movement",
    "offline_conversion",
    "subscription",
    "earlier_payer",
];

/// Reads the file, or the shipped metrics if it is absent.
pub(super) fn read(root: &Path, problems: &Problems) -> Option<Registry> {
    let file = Path::new(FILE);
    let before = problems.count();
    let text = read_text(root, file, true, problems);
    if problems.count() > before {
        return None;
    }
    let source = Source { file, text: text.as_deref().unwrap_or(SHIPPED), problems };
    read_toml(source, |top| registry(source, top))?
}

pub(super) fn registry(source: Source<'_>, top: Section<'_>) -> Option<Registry> {
    let before = source.problems.count();
    let mut lines = BTreeMap::new();
    let mut specs = BTreeMap::new();
    for (id, section) in top.into_sections(&Names::Ids("a metric id")) {
        let spec = metric(section).unwrap_or_else(placeholder);
        lines.insert(id.value.clone(), id.line);
        specs.insert(id.value, spec);
    }
    let ids: Vec<String> = specs.keys().cloned().collect();
    for (id, spec) in &specs {
        for name in unknown_names(spec, &ids) {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            let message = format!("[{id}]: the formula uses {}, which no metric defines", quoted(&name));
            source.problem(lines.get(id).copied().unwrap_or(1), &message, &unknown_remedy(&name, &ids, "metrics"));
        }
    }
    if source.problems.count() > before {
        return None;
    }
    match Registry::new(specs, COLUMNS) {
        Ok(registry) => Some(registry),
        Err(problems) => {
            for problem in problems {
                let line = lines.get(&problem.metric).copied().unwrap_or(1);
                let message = format!("[{}]: {}", problem.metric, problem.message);
                source.problem(line, &message, "define it by other metrics or by the sum of a column");
            }
            None
        }
    }
}

fn metric(mut section: Section<'_>) -> Option<MetricSpec> {
    section.about("A number that reports print, under its id.");
    let units = [
        ("count", Unit::Count),
        ("money", Unit::Money),
        ("percent", Unit::Percent),
        ("ratio", Unit::Ratio),
        ("duration", Unit::Duration),
    ];
    let betters = [("higher", Better::Higher), ("lower", Better::Lower), ("neither", Better::Neither)];
    let facts = FACTS.map(|fact| (fact, fact));
    let pairs = |columns: &[&'static str]| columns.iter().map(|column| (*column, *column)).collect::<Vec<_>>();
    let (summed, levels) = (pairs(COLUMNS.summed), pairs(COLUMNS.levels));
    let distinct = pairs(COLUMNS.distinct);
    let label = section.required("label", "\"Leads\"", text().about("As printed."));
    let about = section.required(
        "about",
        "\"What it counts, in a sentence.\"",
        text().about("What it counts, in a sentence; printed with definitions."),
    );
    let unit = section.required("unit", "\"count\"", one_of(&units).about("How values are written."));
    let better = section.required("better", "\"higher\"", one_of(&betters).about("Which way is good."));
    let given = section.exclusive_keys(&["sum", "level", "distinct", "formula"]);
    let (has_formula, has_from) = (section.has("formula"), section.has("from"));
    let sum = section.optional("sum", one_of(&summed).about("The column of mart.metric_daily that is summed."));
    let level = section
        .optional("level", one_of(&levels).about("The column of mart.mrr_daily as it stands at the period's end."));
    let distinct =
        section.optional("distinct", one_of(&distinct).about("The column of core.web_visitors_daily; never added up."));
    let formula = section.optional(
        "formula",
        Kind::text(serde_json::json!({ "maxLength": 500 }), formula)
            .about("Of other metrics: ids, numbers, + - * / and parentheses."),
    );
    let from: Option<At<Vec<&str>>> = section.optional("from", list_of(one_of(&facts)).about("The facts it rests on."));
    if given != 1 {
        let message = format!("{}: exactly one of sum, level, distinct and formula must be given", section.name);
        section.problem(section.line, &message, "add sum = \"<column>\" or formula = \"<metric> / <metric>\"");
    }
    if given == 1 && !has_formula && !has_from {
        let message = format!("{}: it needs the facts it rests on", section.name);
        section.problem(section.line, &message, &format!("add from = [\"…\"]; known facts: {}", FACTS.join(", ")));
    }
    section.finish();
    Some(MetricSpec {
        label: label?.value,
        about: about?.value,
        unit: unit?.value,
        better: better?.value,
        sum: sum.map(|at| at.value.to_owned()),
        level: level.map(|at| at.value.to_owned()),
        distinct: distinct.map(|at| at.value.to_owned()),
        formula: formula.map(|at| at.value),
        from: from.map(|at| at.value.into_iter().map(str::to_owned).collect()).unwrap_or_default(),
    })
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
fn placeholder() -> MetricSpec {
    MetricSpec {
        label: String::new(),
        about: String::new(),
        unit: Unit::Count,
        better: Better::Neither,
        sum: COLUMNS.summed.first().map(|column| (*column).to_owned()),
        level: None,
        distinct: None,
        formula: None,
        from: Vec::new(),
    }
}

fn unknown_names(spec: &MetricSpec, ids: &[String]) -> Vec<String> {
    let Some(Ok(formula)) = spec.formula.as_deref().map(Formula::parse) else { return Vec::new() };
    formula.metrics().into_iter().filter(|name| !ids.iter().any(|id| id == name)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::metric::Kind;
    use rust_decimal::{Decimal, dec};

    fn shipped() -> Registry {
        let folder = tempfile::tempdir().expect("a folder");
        read(folder.path(), &Problems::default()).expect("the shipped metrics")
    }

    #[test]
    fn every_column_is_a_shipped_metric() {
        let registry = shipped();
        let named: Vec<&str> = registry
            .iter()
            .filter_map(|metric| match &metric.kind {
                Kind::Sum { column } | Kind::Level { column } | Kind::Distinct { column } => Some(column.as_str()),
                Kind::Formula(_) => None,
            })
            .collect();
        for column in [COLUMNS.summed, COLUMNS.levels, COLUMNS.distinct].concat() {
            assert!(named.contains(&column), "{column}");
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
