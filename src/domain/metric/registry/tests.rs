use super::*;
use crate::domain::metric::{Columns, RegistryProblem};
use rust_decimal::dec;

fn registry(text: &str) -> Result<Registry, Vec<RegistryProblem>> {
    let specs = toml::from_str(text).expect("well-formed TOML");
    let summed = ["impressions", "clicks", "cost", "conversions", "revenue"];
    let summed = summed.map(|column| (column.to_owned(), vec!["ad_daily".to_owned()])).into();
    let daily = vec![
        Daily::new("mart", "mrr_daily", "date", "mrr"),
        Daily::new("core", "web_visitors_daily", "date", "visitors"),
    ];
    Registry::new(specs, &Columns { summed, daily, ..Columns::default() })
}

fn sum(id: &str) -> String {
    format!("[{id}]\nlabel = 'x'\nabout = 'x'\nunit = 'count'\nbetter = 'higher'\nsum = '{id}'\nfrom = ['ad_daily']\n")
}

fn formula(id: &str, text: &str) -> String {
    format!("[{id}]\nlabel = 'x'\nabout = 'x'\nunit = 'ratio'\nbetter = 'higher'\nformula = '{text}'\n")
}

/// The worked example of the metrics chapter (pandas): sums of three rows.
#[test]
fn ratios_come_from_sums() {
    let text = ["impressions", "clicks", "cost", "conversions", "revenue"].map(sum).concat()
        + &formula("ctr", "clicks / impressions")
        + &formula("cpc", "cost / clicks")
        + &formula("conversion_rate", "conversions / clicks")
        + &formula("cpa", "cost / conversions")
        + &formula("roas", "revenue / cost")
        + &formula("roi", "(revenue - cost) / cost");
    let registry = registry(&text).expect("a registry");
    let sums = |column: &str| {
        Some(match column {
            "impressions" => dec!(60200),
            "clicks" => dec!(820),
            "cost" => dec!(550),
            "conversions" => dec!(23),
            _ => dec!(1300),
        })
    };
    let value = |id| registry.value(id, &sums).expect("a value").round_dp(6);
    assert_eq!(value("ctr"), dec!(0.013621));
    assert_eq!(value("cpc"), dec!(0.670732));
    assert_eq!(value("conversion_rate"), dec!(0.028049));
    assert_eq!(value("cpa"), dec!(23.913043));
    assert_eq!(value("roas"), dec!(2.363636));
    assert_eq!(value("roi"), dec!(1.363636));
    assert_eq!(registry.get("roi").expect("roi").from, BTreeSet::from(["ad_daily".to_owned()]));
}

#[test]
fn only_what_adds_up_is_shared_out_among_days() {
    let level = "[mrr]\nlabel = 'x'\nabout = 'x'\nunit = 'money'\nbetter = 'higher'\nlevel = 'mrr'\n";
    let text = ["cost", "revenue", "clicks"].map(sum).concat()
        + level
        + &formula("profit", "0.4 * revenue - cost")
        + &formula("roas", "revenue / cost")
        + &formula("squared", "revenue * revenue")
        + &formula("shifted", "revenue + 1");
    let registry = registry(&text).expect("a registry");
    let additive: Vec<&str> = registry.iter().filter(|m| registry.is_additive(&m.id)).map(|m| m.id.as_str()).collect();
    assert_eq!(additive, ["clicks", "cost", "profit", "revenue"]);
}

#[test]
fn a_level_is_not_summed_and_names_its_own_columns() {
    let wrong = "[mrr]\nlabel = 'x'\nabout = 'x'\nunit = 'money'\nbetter = 'higher'\nsum = 'mrr'\n";
    assert!(registry(wrong).expect_err("not a sum")[0].message.contains("does not add up over days"));
    let both = "[a]\nlabel = 'x'\nabout = 'x'\nunit = 'money'\nbetter = 'higher'\nlevel = 'mrr'\nsum = 'cost'\n";
    assert!(registry(both).expect_err("two kinds")[0].message.contains("exactly one"));
}

#[test]
fn every_problem_is_reported_at_once() {
    let problems = registry(&(sum("typo") + &formula("a", "b / cost") + &formula("c", "1 +"))).expect_err("problems");
    assert_eq!(problems.len(), 4, "{problems:?}");
}

#[test]
fn a_metric_may_not_be_defined_by_itself() {
    let problems = registry(&(formula("a", "b + 1") + &formula("b", "a + 1"))).expect_err("a circle");
    assert_eq!(problems.len(), 2);
    assert!(problems[0].message.contains("back to itself"));
}

fn of(id: &str, metric: &str, more: &str) -> String {
    let unit = if metric == "cpc" { "ratio" } else { "count" };
    format!("[{id}]\nlabel = 'x'\nabout = 'x'\nunit = '{unit}'\nbetter = 'lower'\nof = '{metric}'\n{more}\n")
}

/// What is asked for, with a value for each name that is given.
fn values<'v>(given: &'v [(&'v str, Decimal)]) -> impl Fn(&str) -> Option<Decimal> + 'v {
    |name| given.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

// growthbook/growthbook#4915: a slice that is put on both sides makes every share 1. A filter of the ratio holds for
// numerator and denominator; for a share, only the numerator of the formula is the filtered metric.
#[test]
fn a_filter_of_a_ratio_holds_for_numerator_and_denominator() {
    let text = ["cost", "clicks"].map(sum).concat()
        + &formula("cpc", "cost / clicks")
        + &of("search_cpc", "cpc", "where = { channel = 'paid_search' }")
        + &of("search_cost", "cost", "where = { channel = 'paid_search' }")
        + &formula("search_share", "search_cost / cost");
    let registry = registry(&text).expect("a registry");
    let given = [
        ("cost", dec!(90)),
        ("clicks", dec!(50)),
        ("cost where channel = \"paid_search\"", dec!(60)),
        ("clicks where channel = \"paid_search\"", dec!(20)),
    ];
    let value_of = values(&given);
    assert_eq!(registry.value("search_cpc", &value_of), Some(dec!(3)), "60 / 20, not 60 / 50");
    assert_eq!(registry.value("search_share", &value_of).map(|share| share.round_dp(4)), Some(dec!(0.6667)));
    assert_eq!(
        registry.definition("search_cpc").as_deref(),
        Some("(sum(cost) where channel = paid_search / NULLIF(sum(clicks) where channel = paid_search, 0))")
    );
    assert!(registry.is_additive("search_cost") && !registry.is_additive("search_cpc"));
}

#[test]
fn filters_of_filters_must_both_hold() {
    let text = sum("cost")
        + &of("search", "cost", "where = { channel = 'paid_search' }")
        + &of("brand", "search", "where = { campaign = 'Brand *' }\nwindow = 'rolling_7'");
    let registry = registry(&text).expect("a registry");
    let names: Vec<String> = registry.parts_of("brand").iter().map(Part::name).collect();
    assert_eq!(names, ["cost where channel = \"paid_search\" and campaign = \"Brand *\" rolling_7"]);
    assert_eq!(registry.window("brand"), Some(Window::Rolling7));
    let day = Period::day("2026-11-20".parse().expect("a day"));
    assert_eq!(registry.days("brand", day, FiscalYear::default()).to_string(), "2026-11-14 to 2026-11-20");
    assert_eq!(registry.days("search", day, FiscalYear::default()), day);
    assert!(!registry.is_additive("brand") && registry.adds_over_rows("brand"));
    assert_eq!(registry.get("brand").expect("brand").from, BTreeSet::from(["ad_daily".to_owned()]));
}

#[test]
fn a_ratio_below_its_minimum_is_too_few_and_so_is_what_rests_on_it() {
    let text = ["cost", "clicks"].map(sum).concat()
        + &formula("cpc", "1000 * cost / clicks")
        + "minimum = 30\n"
        + &formula("twice", "2 * cpc")
        + &of("search", "cpc", "where = { channel = 'email' }");
    let registry = registry(&text).expect("a registry");
    let of_clicks = |clicks: Decimal| {
        let given = [("cost", dec!(6)), ("clicks", clicks)];
        let value_of = values(&given);
        (
            registry.value("cpc", &value_of),
            registry.is_too_few("cpc", &value_of),
            registry.is_too_few("twice", &value_of),
        )
    };
    assert_eq!(of_clicks(dec!(29)), (None, true, true));
    assert_eq!(of_clicks(dec!(30)), (Some(dec!(200)), false, false));
    assert_eq!(of_clicks(dec!(0)), (None, true, true));
    let given = [("cost where channel = \"email\"", dec!(6)), ("clicks where channel = \"email\"", dec!(3))];
    let value_of = values(&given);
    assert!(registry.is_too_few("search", &value_of), "the minimum goes along");
    assert!(!registry.is_too_few("cpc", &|_| None), "nothing is not too few");
    let sql = registry.sql("cpc", &Part::definition).expect("SQL");
    assert_eq!(sql, "CASE WHEN sum(clicks) >= 30 THEN ((1000 * sum(cost)) / NULLIF(sum(clicks), 0)) END");
}

#[test]
fn a_ratio_matures_with_the_last_of_its_parts() {
    let text = sum("cost") + &sum("conversions") + "matures_after = 7\n" + &formula("cpa", "cost / conversions");
    let registry = registry(&text).expect("a registry");
    let days = |id: &str| registry.get(id).expect("a metric").matures_after;
    assert_eq!((days("cost"), days("conversions"), days("cpa")), (0, 7, 7));
}

#[test]
fn a_window_longer_or_shorter_than_the_period_is_what_a_metric_rests_on() {
    let text = ["cost", "clicks"].map(sum).concat()
        + &of("week", "cost", "window = 'rolling_7'")
        + &formula("mixed", "week / clicks");
    let registry = registry(&text).expect("a registry");
    let november = Period::month_of("2026-11-20".parse().expect("a day"));
    let days = |id: &str, period| registry.days(id, period, FiscalYear::default()).to_string();
    assert_eq!(days("week", november), "2026-11-24 to 2026-11-30", "the month's other days do not count");
    assert_eq!(days("mixed", november), november.to_string());
    let day = Period::day(november.last_day());
    assert_eq!(days("mixed", day), "2026-11-24 to 2026-11-30", "all that either counts");
    assert!(registry.mixes_windows("mixed") && !registry.mixes_windows("week") && !registry.mixes_windows("cost"));
}

#[test]
fn a_level_of_a_table_rests_on_the_days_that_its_rows_are_made_of() {
    let text = "[readers]\nlabel = 'x'\nabout = 'x'\nunit = 'count'\nbetter = 'higher'\nlevel = 'readers_28.readers'\n";
    let specs = toml::from_str(text).expect("well-formed TOML");
    let daily = vec![Daily::new("mart", "readers_28", "date", "readers")];
    let days_of_rows = BTreeMap::from([("readers_28".to_owned(), 28)]);
    let registry = Registry::new(specs, &Columns { daily, days_of_rows, ..Columns::default() }).expect("a registry");
    let day = Period::day("2026-11-28".parse().expect("a day"));
    assert_eq!(registry.days("readers", day, FiscalYear::default()).to_string(), "2026-11-01 to 2026-11-28");
    assert!(registry.has_earlier_days("readers"));
}

#[test]
fn a_ratio_says_what_it_divides_by_in_its_own_scope_and_its_minimum() {
    let text = ["cost", "clicks"].map(sum).concat()
        + &formula("cpc", "cost / clicks")
        + "minimum = 30\n"
        + &of("search", "cpc", "where = { channel = 'paid_search' }");
    let registry = registry(&text).expect("a registry");
    let given = [("clicks", dec!(900)), ("clicks where channel = \"paid_search\"", dec!(4))];
    assert_eq!(registry.sample("cpc", &values(&given)), Some(dec!(900)));
    assert_eq!(registry.sample("search", &values(&given)), Some(dec!(4)), "of its rows only");
    assert_eq!(registry.sample("cost", &values(&given)), None);
    // A minimum that is changed later is a changed definition, and no late data.
    let definition = registry.definition("cpc").expect("a definition");
    assert_eq!(definition, "CASE WHEN sum(clicks) >= 30 THEN (sum(cost) / NULLIF(sum(clicks), 0)) END");
}
