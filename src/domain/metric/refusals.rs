//! Definitions that add up what does not add up: averages, distinct counts, levels over time, and amounts of
//! different currencies. A wrong sum looks like a right one, so it is refused before it is printed.

use super::problem::Refusal;
use super::{Columns, Formula, Kind, Metric, MetricSpec, Number, Op, Registry, RegistryProblem, RowFilter, Unit};

/// What a definition may not read of a column.
pub(super) fn of_columns(spec: &MetricSpec, columns: &Columns) -> Result<(), Refusal> {
    let refuse = |message: String, remedy: &str| Err(Refusal::new(message, remedy));
    if let Some(column) = &spec.sum {
        if columns.rates.contains(column) {
            return refuse(
                format!("sum: {column:?} is a percentage or ratio of each row, and averages do not add up"),
                "let the fact add its numerator and its denominator, and divide their sums in a formula",
            );
        }
        if matches!(spec.unit, Unit::Percent | Unit::Ratio | Unit::Points) {
            return refuse(
                format!("unit: a sum is no {}", spec.unit.word()),
                "divide two sums in a formula, or give the sum another unit",
            );
        }
        if let Some((message, remedy)) = columns.not_summed(column) {
            return Err(Refusal::new(format!("sum: {message}"), remedy));
        }
    }
    for (key, name) in [("level", &spec.level), ("distinct", &spec.distinct)] {
        let Some(daily) = name.as_ref().and_then(|name| columns.daily(name).ok()) else { continue };
        if columns.local_amounts.contains(&daily.name()) {
            return refuse(
                format!("{key}: {} is in the currency of each row, and amounts of several do not add up", daily.name()),
                "let the fact add it to the metrics at the rate of its day, and sum that measure",
            );
        }
        if key == "level" && columns.by_hour.contains(&daily.table) {
            return refuse(
                format!("level: {} is by hour, and the hours of a day do not add up", daily.name()),
                "let a rollup keep what stands at the end of each day, and name its column",
            );
        }
        if key == "level" && columns.rates.contains(&daily.name()) {
            return refuse(
                format!(
                    "level: {} is a percentage or ratio of each row, and the rows of a day do not add up",
                    daily.name()
                ),
                "write distinct = \"…\", which has a value where the day has a single row, or divide two levels in a formula",
            );
        }
    }
    if spec.window.is_some() && spec.of.is_none() {
        return refuse(
            "window: only another metric can be counted over a window".to_owned(),
            "name it with of = \"…\"",
        );
    }
    if !spec.rows.is_all() && spec.of.is_none() && spec.sum.is_none() {
        return refuse(
            "where: only a sum or another metric can be of some rows".to_owned(),
            "define the metric without where, and another one of = \"…\" with it",
        );
    }
    Ok(())
}

/// What definitions do with each other that they may not.
pub(super) fn find(registry: &Registry) -> Vec<RegistryProblem> {
    let mut problems = Vec::new();
    for metric in registry.iter() {
        let found = match &metric.kind {
            Kind::Formula(formula) => sums(registry, formula).err(),
            Kind::Of { .. } => derived(registry, metric).err(),
            _ => None,
        };
        let minimum = metric.minimum.filter(|_| registry.divisor(&metric.id).is_none()).map(|_| {
            let remedy = "remove it, or define the metric as one thing divided by another";
            Refusal::new("minimum: only a ratio has a denominator", remedy)
        });
        let told = found.into_iter().chain(minimum);
        problems.extend(told.map(|refusal| RegistryProblem::new(&metric.id, refusal)));
    }
    problems
}

fn derived(registry: &Registry, metric: &Metric) -> Result<(), Refusal> {
    let Kind::Of { metric: of, rows, window } = &metric.kind else { return Ok(()) };
    let refuse = |message: String, remedy: &str| Err(Refusal::new(message, remedy));
    let parts = registry.parts_of(of);
    if let Some(origin) = registry.get(of).filter(|origin| origin.unit != metric.unit) {
        let unit = origin.unit.word();
        let message = format!("unit: {of} is in the unit {unit}, and so is what is of it");
        return refuse(message, &format!("write unit = {unit:?}"));
    }
    if !rows.is_all() && !registry.has_parts(of) {
        return refuse(
            format!("where: {of} is known of the whole workspace only, not of some rows"),
            "remove where; levels and distinct counts have no channels",
        );
    }
    if let Some((one, other)) = registry.parts_of(&metric.id).iter().find_map(|part| {
        let (one, other) = part.scope.rows.contradiction()?;
        Some([one, other].map(|condition| RowFilter::new([condition.clone()]).to_string()).into())
    }) {
        return refuse(
            format!("where: {of} counts rows of which {one}, and none of them is one of which {other}"),
            "name rows that it counts, or another metric",
        );
    }
    if window.is_none() {
        return Ok(());
    }
    if parts.iter().any(|part| matches!(part.number, Number::Distinct(_))) {
        return refuse(
            format!("window: {of} counts different people by day: who came on two days would count twice"),
            "ask the vendor for the count of the whole window, as a fact of its own",
        );
    }
    if let Some(other) = parts.iter().find_map(|part| part.scope.window) {
        return refuse(
            format!("window: {of} is counted over a window already ({})", other.word()),
            "name the metric that it is of",
        );
    }
    Ok(())
}

/// What a value measures, as far as additions must agree.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Measured {
    /// A number that the formula states.
    Constant,
    Money,
    Count,
    Seconds,
    /// A ratio of two things of one kind.
    Share,
    /// Products and ratios of different things, and units that say nothing.
    Open,
}

impl Measured {
    fn of_unit(unit: Unit) -> Self {
        match unit {
            Unit::Money => Self::Money,
            Unit::Count => Self::Count,
            Unit::Duration => Self::Seconds,
            Unit::Percent | Unit::Points | Unit::Ratio => Self::Open,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Constant => "a number",
            Self::Money => "money",
            Self::Count => "a count",
            Self::Seconds => "seconds",
            Self::Share => "a share",
            Self::Open => "something else",
        }
    }
}

/// How a value behaves when periods or groups are put together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nature {
    Constant,
    Sum,
    /// A ratio.
    Average,
    Distinct,
    Level,
}

fn sums(registry: &Registry, formula: &Formula) -> Result<(Measured, Nature), Refusal> {
    match formula {
        Formula::Number(_) => Ok((Measured::Constant, Nature::Constant)),
        Formula::Metric(name) => Ok(of_metric(registry, name)),
        Formula::Binary { op, left, right } => {
            let ((left_is, one), (right_is, other)) = (sums(registry, left)?, sums(registry, right)?);
            match op {
                Op::Add | Op::Subtract => added(*op, (left, left_is, one), (right, right_is, other)),
                Op::Multiply => Ok(match (one, other) {
                    (Nature::Constant, _) => (right_is, other),
                    (_, Nature::Constant) => (left_is, one),
                    // A share of a sum: no average, and of what the sum is of.
                    (Nature::Sum, _) if right_is == Measured::Share => (left_is, Nature::Sum),
                    (_, Nature::Sum) if left_is == Measured::Share => (right_is, Nature::Sum),
                    _ => (Measured::Open, Nature::Sum),
                }),
                Op::Divide => Ok(match (one, other) {
                    (_, Nature::Constant) => (left_is, one),
                    _ if left_is == right_is && left_is != Measured::Open => (Measured::Share, Nature::Average),
                    _ => (Measured::Open, Nature::Average),
                }),
            }
        }
    }
}

fn added(
    op: Op,
    (left, left_is, one): (&Formula, Measured, Nature),
    (right, right_is, other): (&Formula, Measured, Nature),
) -> Result<(Measured, Nature), Refusal> {
    let refuse =
        |what: &str, remedy: &str| Err(Refusal::new(format!("the formula adds {what}: {left} {op} {right}"), remedy));
    match (one, other) {
        (Nature::Constant, nature) => return Ok((right_is, nature)),
        (nature, Nature::Constant) => return Ok((left_is, nature)),
        (Nature::Average, Nature::Average) if op == Op::Add => {
            return refuse(
                "averages",
                "divide the sum of the numerators by the sum of the denominators: (a + b) / (c + d)",
            );
        }
        (Nature::Average, Nature::Average) => {}
        (Nature::Average, _) | (_, Nature::Average) => {
            return refuse("an average and a sum", "multiply the average by what it is an average over");
        }
        (Nature::Distinct, _) | (_, Nature::Distinct) if op == Op::Add => {
            return refuse(
                "distinct counts",
                "somebody may be in both: ask the vendor for the count of both together, as a fact of its own",
            );
        }
        (Nature::Level, Nature::Sum) | (Nature::Sum, Nature::Level) => {
            return refuse(
                "a level and what came in over the period",
                "a level is of the last day: print the two beside each other, or divide one by the other",
            );
        }
        _ => {}
    }
    let is_known = |is: Measured| is != Measured::Open;
    if is_known(left_is) && is_known(right_is) && left_is != right_is {
        return refuse(
            &format!("{} and {}", left_is.words(), right_is.words()),
            "add money of the workspace's currency to money only, and counts to counts",
        );
    }
    let nature = if one == Nature::Sum { other } else { one };
    Ok((if is_known(left_is) { left_is } else { right_is }, nature))
}

fn of_metric(registry: &Registry, id: &str) -> (Measured, Nature) {
    let Some(metric) = registry.get(id) else { return (Measured::Open, Nature::Sum) };
    match &metric.kind {
        Kind::Sum { .. } => (Measured::of_unit(metric.unit), Nature::Sum),
        Kind::Level(_) => (Measured::of_unit(metric.unit), Nature::Level),
        Kind::Distinct(_) => (Measured::of_unit(metric.unit), Nature::Distinct),
        // Its own problems are reported where it stands.
        Kind::Formula(formula) => sums(registry, formula).unwrap_or((Measured::Open, Nature::Sum)),
        Kind::Of { metric, .. } => of_metric(registry, metric),
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::metric::{Columns, Daily, Registry};

    const METRICS: &str = "
        sum.clicks.count clicks
        sum.leads.count leads
        sum.cost.money cost
        sum.revenue.money revenue
        level.mrr.money mrr_daily.mrr
        level.subscriptions.count mrr_daily.subscriptions
        distinct.visitors.count web_visitors_daily.visitors
        distinct.new_visitors.count web_visitors_daily.new_visitors
        formula.ctr.percent clicks / leads
        formula.cpl.money cost / leads
        formula.roas.ratio revenue / cost";

    fn spec(line: &str, more: &str) -> String {
        let (head, value) = line.trim().split_once(' ').expect("a definition");
        let [kind, id, unit] = head.split('.').collect::<Vec<_>>().try_into().expect("three words");
        format!("[{id}]\nlabel = 'x'\nabout = 'x'\nbetter = 'higher'\nunit = '{unit}'\n{kind} = '{value}'\n{more}\n")
    }

    /// The problem of one more definition, with its remedy.
    fn refused(line: &str, more: &str) -> Option<String> {
        let base: String = METRICS.lines().skip(1).map(|line| spec(line, "")).collect();
        let specs = toml::from_str(&(base + &spec(line, more))).expect("well-formed TOML");
        let summed = ["clicks", "leads", "cost", "revenue", "open_rate"];
        let daily = [
            ("mrr_daily", "mrr"),
            ("mrr_daily", "subscriptions"),
            ("payment", "amount"),
            ("poll", "score"),
            ("stock", "items"),
        ];
        let counted = ["visitors", "new_visitors"].map(|column| ("web_visitors_daily", column));
        let columns = Columns {
            summed: summed.map(|column| (column.to_owned(), vec!["ad_daily".to_owned()])).into(),
            daily: daily
                .iter()
                .chain(&counted)
                .map(|(table, column)| Daily::new("core", table, "date", column))
                .collect(),
            rates: ["open_rate", "poll.score"].map(str::to_owned).into(),
            local_amounts: ["payment.amount".to_owned()].into(),
            by_hour: ["stock".to_owned()].into(),
            ..Columns::default()
        };
        let problems = Registry::new(specs, &columns).err()?;
        Some(problems.iter().map(|problem| format!("{}; {}", problem.message, problem.remedy)).collect())
    }

    #[track_caller]
    fn is_refused(line: &str, more: &str, says: &str) {
        let told = refused(line, more).unwrap_or_else(|| panic!("{line} {more} is accepted"));
        assert!(told.contains(says), "{told}");
    }

    #[test]
    fn averages_are_not_added_up() {
        is_refused("formula.a.percent ctr + roas", "", "adds averages: ctr + roas");
        is_refused("formula.a.percent 0.5 * (ctr + roas)", "", "adds averages");
        is_refused("formula.a.money cpl + cost", "", "an average and a sum");
        is_refused("sum.open_rate.count open_rate", "", "averages do not add up");
        is_refused("sum.x.percent clicks", "", "a sum is no percent");
        is_refused("level.x.percent poll.score", "", "the rows of a day do not add up");
        // A difference of two rates and a rate beside a number say what they are.
        assert_eq!(refused("formula.a.ratio roas - ctr", ""), None);
        assert_eq!(refused("formula.a.percent roas - 1", ""), None);
        assert_eq!(refused("formula.a.percent (revenue - cost) / (clicks + leads)", ""), None);
        assert_eq!(refused("formula.a.money revenue * ctr - cost", ""), None);
    }

    #[test]
    fn distinct_counts_are_not_added_up() {
        is_refused("formula.a.count visitors + new_visitors", "", "adds distinct counts");
        is_refused("formula.a.count visitors + clicks", "", "adds distinct counts");
        is_refused("of.a.count visitors", "window = 'rolling_7'", "would count twice");
        is_refused("sum.a.count visitors", "", "distinct = \"web_visitors_daily.visitors\"");
        is_refused("of.a.count visitors", "where = { channel = 'email' }", "whole workspace only");
        assert_eq!(refused("formula.a.count visitors - new_visitors", ""), None, "new ones are among all");
        assert_eq!(refused("formula.a.ratio clicks / visitors", ""), None);
    }

    #[test]
    fn levels_are_not_added_up_over_time() {
        is_refused("formula.a.money mrr + revenue", "", "a level and what came in over the period");
        is_refused("sum.a.money mrr", "", "level = \"mrr_daily.mrr\"");
        is_refused("level.a.money mrr_daily.mrr", "window = 'rolling_7'", "name it with of");
        is_refused("level.a.count stock.items", "", "the hours of a day do not add up");
        // At one moment they do, and over a window the last one stands.
        assert_eq!(refused("formula.a.money mrr + 12 * mrr", ""), None);
        assert_eq!(refused("of.a.money mrr", "window = 'month_to_date'"), None);
    }

    #[test]
    fn money_is_added_to_money_of_the_same_currency() {
        is_refused("formula.a.money revenue - leads", "", "money and a count: revenue - leads");
        is_refused("formula.a.money 2 * clicks + cost", "", "a count and money");
        is_refused("level.a.money payment.amount", "", "in the currency of each row");
        is_refused("distinct.a.money payment.amount", "", "in the currency of each row");
        assert_eq!(refused("formula.a.money revenue - cost", ""), None);
        assert_eq!(refused("formula.a.money revenue - 50", ""), None);
    }

    #[test]
    fn windows_and_minima_belong_where_they_say_something() {
        is_refused("sum.a.count clicks", "minimum = 30", "only a ratio has a denominator");
        is_refused("sum.a.count clicks", "window = 'rolling_7'", "name it with of");
        is_refused("formula.a.count clicks + leads", "where = { channel = 'email' }", "of some rows");
        is_refused("of.a.count nothing", "", "it is of \"nothing\", which no metric defines");
        is_refused("of.a.count a", "", "leads back to itself");
        assert_eq!(refused("of.a.percent ctr", "where = { channel = 'email' }\nminimum = 30"), None);
    }

    #[test]
    fn what_is_of_a_metric_has_its_unit() {
        is_refused("of.a.percent cpl", "where = { channel = 'email' }", "write unit = \"money\"");
        is_refused("of.a.count cost", "window = 'rolling_7'", "cost is in the unit money");
        assert_eq!(refused("of.a.money cpl", "where = { channel = 'email' }"), None);
    }

    #[test]
    fn rows_that_exclude_those_of_the_metric_are_refused() {
        let email = spec("of.emails.count clicks", "where = { channel = 'email' }");
        let more = |rows: &str| format!("{rows}\n{email}");
        is_refused(
            "of.a.count emails",
            &more("where = { channel = ['paid_search', 'display'] }"),
            "none of them is one of which channel = paid_search or display",
        );
        assert_eq!(refused("of.a.count emails", &more("where = { channel = ['email', 'display'] }")), None);
        assert_eq!(refused("of.a.count emails", &more("where = { campaign = 'Brand *' }")), None);
    }
}
