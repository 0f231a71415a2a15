//! What metrics of windows are set against: the window before, or that of a year before, with days of its own.

use super::{FigureBuilder, Readings};
use crate::domain::fiscal::FiscalYear;
use crate::domain::metric::Registry;
use crate::domain::period::Period;
use crate::report::definition::Definition;
use std::collections::BTreeSet;

/// The bases of a metric: id, what it is called, and the days whose figure it is.
///
/// A metric of the month to date on the 20th is set against the 1st to the 20th of the month before, whatever
/// the report's own days are set against.
pub fn bases(readings: &Readings, builder: &FigureBuilder<'_>, metric: &str) -> Vec<(&'static str, String, Period)> {
    let cadence = readings.definition.cadence;
    let Some(window) = builder.window(metric) else {
        // A formula of a window and other days has no earlier days that are like both.
        let own = readings.bases().into_iter().filter(|_| !builder.mixes_windows(metric));
        return own.map(|(compare, label, period)| (compare.id(cadence), label, period)).collect();
    };
    let (last, year) = (readings.period.last_day(), readings.workspace.fiscal_year);
    let mut bases: Vec<(&'static str, String, Period)> = Vec::new();
    for compare in &readings.definition.compare {
        let Some(base) = window.compared(last, *compare, year) else { continue };
        let days = window.days(base, year);
        let id = window.compare_id(*compare);
        // The year before and the last year are the same days.
        let is_known = bases.iter().any(|(other, _, known)| *other == id || *known == Period::day(base));
        if readings.data.reaches(days) && !is_known {
            bases.push((id, readings.locale.span_text(days), Period::day(base)));
        }
    }
    bases
}

/// The days that such bases need, of the metrics of a report's own sections.
pub fn needs(definition: &Definition, period: Period, registry: &Registry, year: FiscalYear) -> BTreeSet<Period> {
    let metrics = definition.edition.own.iter().flat_map(|own| &own.metrics);
    let windows: BTreeSet<_> = metrics.filter_map(|metric| registry.window(metric)).collect();
    let compared = windows.into_iter().flat_map(|window| {
        let compares = definition.compare.iter();
        compares.filter_map(move |compare| window.compared(period.last_day(), *compare, year))
    });
    compared.map(Period::day).collect()
}

#[cfg(test)]
mod tests {
    use crate::domain::comparison::Compare;
    use crate::domain::fiscal::FiscalYear;
    use crate::domain::metric::Window;

    #[track_caller]
    fn compared(window: Window, last: &str, compare: Compare, first_month: u32) -> String {
        let year = FiscalYear::from_month(first_month);
        let base = window.compared(last.parse().expect("a date"), compare, year);
        base.map_or_else(|| "none".to_owned(), |base| window.days(base, year).to_string())
    }

    // embeddable-hq/vanilla-components#214: all of February against all of January, not the 1st to the 28th.
    // dbt-labs/metricflow#1758: all of April against all of March, whose 31st was left out.
    #[test]
    fn a_month_to_date_is_set_against_the_same_days_of_the_month_before() {
        let month = |last: &str, compare| compared(Window::MonthToDate, last, compare, 1);
        assert_eq!(month("2026-11-20", Compare::Previous), "2026-10-01 to 2026-10-20");
        assert_eq!(month("2027-03-30", Compare::Previous), "2027-02-01 to 2027-02-28");
        assert_eq!(month("2027-02-28", Compare::Previous), "2027-01-01 to 2027-01-31", "a month that is over");
        assert_eq!(month("2025-04-30", Compare::Previous), "2025-03-01 to 2025-03-31");
        assert_eq!(month("2026-11-20", Compare::LastYear), "2025-11-01 to 2025-11-20");
        assert_eq!(month("2028-02-29", Compare::LastYear), "2027-02-01 to 2027-02-28");
        assert_eq!(month("2026-11-20", Compare::SameWeekday), "none");
    }

    // Automattic/jetpack#52215: the year to date on 1 March 2028 against 1 January to 1 March 2027, a day less.
    #[test]
    fn quarters_and_years_to_date_go_by_the_fiscal_year() {
        let previous = Compare::Previous;
        assert_eq!(compared(Window::QuarterToDate, "2026-11-20", previous, 1), "2026-07-01 to 2026-08-20");
        assert_eq!(compared(Window::QuarterToDate, "2026-05-31", previous, 2), "2026-02-01 to 2026-02-28");
        assert_eq!(compared(Window::YearToDate, "2028-03-01", previous, 1), "2027-01-01 to 2027-03-01");
        assert_eq!(compared(Window::YearToDate, "2026-11-20", previous, 4), "2025-04-01 to 2025-11-20");
        assert_eq!(compared(Window::YearToDate, "2028-02-29", previous, 4), "2026-04-01 to 2027-02-28");
        assert_eq!(compared(Window::YearToDate, "2026-12-31", Compare::LastYear, 1), "2025-01-01 to 2025-12-31");
    }

    #[test]
    fn rolling_days_are_set_against_as_many_days_before() {
        assert_eq!(compared(Window::Rolling7, "2026-11-20", Compare::Previous, 1), "2026-11-07 to 2026-11-13");
        assert_eq!(compared(Window::Rolling28, "2026-11-20", Compare::Previous, 1), "2026-09-26 to 2026-10-23");
        assert_eq!(compared(Window::Rolling28, "2026-11-20", Compare::LastYear, 1), "2025-10-25 to 2025-11-21");
    }
}
