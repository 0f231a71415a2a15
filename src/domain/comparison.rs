//! Which days a report speaks of, and which days they are set against. The only place that knows:
//! tables, charts and sentences all ask here.
//!
//! Sources: part of a period is set against the same part (metabase#11978), weekdays against the same
//! weekdays (matomo#24561), a year back is the same month, or 52 weeks for days and weeks, so that
//! weekdays agree and week 53 has a partner (lightdash#27089).

use super::fiscal::FiscalYear;
use super::period::Period;
use chrono::{Datelike, Days, Months, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

/// How long a report's period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cadence {
    Daily,
    Weekly,
    Monthly,
    /// Three months of the workspace's own year.
    Quarterly,
}

/// How a workspace counts weeks and years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    pub week_starts_on: Weekday,
    pub fiscal_year: FiscalYear,
}

/// What figures are set against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Compare {
    /// The day, week, month or quarter before.
    Previous,
    /// The same weekdays a week before; for daily reports.
    SameWeekday,
    /// The same days a year before: 52 weeks back, so that weekdays agree, or the month or quarter of last year.
    LastYear,
    /// The month's target, or the period's share of it.
    Target,
}

impl Compare {
    /// A stable id that does not change with dates or languages.
    pub fn id(self, cadence: Cadence) -> &'static str {
        match (self, cadence) {
            (Self::Previous, Cadence::Daily) => "day_before",
            (Self::Previous, Cadence::Weekly) => "week_before",
            (Self::Previous, Cadence::Monthly) => "month_before",
            (Self::Previous, Cadence::Quarterly) => "quarter_before",
            (Self::SameWeekday, _) => "same_weekday",
            (Self::LastYear, _) => "last_year",
            (Self::Target, _) => "target",
        }
    }
}

impl Cadence {
    /// The whole day, week, month or quarter that holds `date`.
    pub fn period_of(self, date: NaiveDate, calendar: Calendar) -> Period {
        match self {
            Self::Daily => Period::day(date),
            Self::Weekly => Period::week_of(date, calendar.week_starts_on),
            Self::Monthly => Period::month_of(date),
            Self::Quarterly => calendar.fiscal_year.quarter_of(date),
        }
    }

    /// The last period that had ended when `today` began.
    pub fn last_whole(self, today: NaiveDate, calendar: Calendar) -> Period {
        let current = self.period_of(today, calendar);
        self.period_of(current.start - Days::new(1), calendar)
    }

    /// Whether `period` is a day, a week, a month or three of them, and not a part of one or several days in one report.
    pub fn is_whole(self, period: Period) -> bool {
        match self {
            Self::Daily => period.days() == 1,
            Self::Weekly => period.days() == 7,
            Self::Monthly => period == Period::month_of(period.start),
            Self::Quarterly => period.start.day() == 1 && period.end == period.start + Months::new(3),
        }
    }

    /// The days `period` is set against; `None` where there are none that compare, or for targets.
    pub fn compared(self, period: Period, compare: Compare) -> Option<Period> {
        match (compare, self) {
            (Compare::Target, _) => None,
            // Friday to Sunday against Tuesday to Thursday would compare weekdays.
            (Compare::Previous, Self::Daily) => self.is_whole(period).then(|| period.back(1)),
            (Compare::Previous, Self::Weekly) | (Compare::SameWeekday, _) => Some(period.back(7)),
            (Compare::Previous, Self::Monthly) => Some(months_back(period, 1)),
            (Compare::Previous, Self::Quarterly) => Some(quarters_back(period, 1)),
            (Compare::LastYear, Self::Quarterly) => Some(quarters_back(period, 4)),
            (Compare::LastYear, Self::Daily | Self::Weekly) => Some(period.back(364)),
            (Compare::LastYear, Self::Monthly) => Some(months_back(period, 12)),
        }
    }

    /// The period before, as trends go on: where [`Compare::Previous`] compares nothing, as many days.
    pub fn before(self, period: Period) -> Period {
        let before = self.compared(period, Compare::Previous);
        before.unwrap_or_else(|| period.back(period.days().unsigned_abs()))
    }

    /// What the first sentence and the subject set figures against: a day against the same weekday,
    /// because weekdays differ more than days do; else the period before.
    pub fn leading(self) -> Compare {
        match self {
            Self::Daily => Compare::SameWeekday,
            Self::Weekly | Self::Monthly | Self::Quarterly => Compare::Previous,
        }
    }

    /// Whether periods are of whole months.
    pub fn is_of_months(self) -> bool {
        matches!(self, Self::Monthly | Self::Quarterly)
    }

    /// `daily`, as files begin.
    pub fn adjective(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Quarterly => "quarterly",
        }
    }

    /// `day`, `week`, `month` or `quarter`.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Daily => "day",
            Self::Weekly => "week",
            Self::Monthly => "month",
            Self::Quarterly => "quarter",
        }
    }

    /// What figures are set against where the job does not say.
    pub fn comparisons(self) -> &'static [Compare] {
        match self {
            Self::Daily => &[Compare::Previous, Compare::SameWeekday, Compare::Target],
            Self::Weekly | Self::Monthly | Self::Quarterly => &[Compare::Previous, Compare::LastYear, Compare::Target],
        }
    }
}

/// The month, or the same days of it, `months` earlier. What a shorter month does not have is left out:
/// 1 to 30 March against 1 to 28 February.
fn months_back(period: Period, months: u32) -> Period {
    let month = Period::month_of(period.start);
    let earlier = Period::month_of(month.start - Months::new(months));
    if period == month {
        return earlier;
    }
    let at = |days: i64| (earlier.start + Days::new(days.unsigned_abs())).min(earlier.end);
    let start = at(i64::from(period.start.day0()));
    let end = at((period.end - month.start).num_days());
    Period::new(start, end).unwrap_or(earlier)
}

/// Three months, or the same days of them, `quarters` earlier. What a shorter month does not have is left out: 1 April
/// to 30 May against 1 January to 28 February.
fn quarters_back(period: Period, quarters: u32) -> Period {
    let months = Months::new(3 * quarters);
    // A month that is whole is compared as a whole, however long it is.
    let end = if period.end.day() == 1 { period.end - months } else { period.last_day() - months + Days::new(1) };
    Period { start: period.start - months, end }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALENDAR: Calendar = Calendar { week_starts_on: Weekday::Mon, fiscal_year: FiscalYear::CALENDAR };

    fn days(text: &str) -> Period {
        let (start, last) = text.split_once("..").unwrap_or((text, text));
        let date = |text: &str| text.parse::<NaiveDate>().expect("a date");
        Period { start: date(start), end: date(last) + Days::new(1) }
    }

    fn compared(cadence: Cadence, period: &str, compare: Compare) -> String {
        cadence.compared(days(period), compare).map_or_else(|| "none".to_owned(), |period| period.to_string())
    }

    #[test]
    fn the_last_whole_period_ended_before_today() {
        let of = |cadence: Cadence, today: &str| cadence.last_whole(days(today).start, CALENDAR).to_string();
        assert_eq!(of(Cadence::Daily, "2026-11-20"), "2026-11-19");
        assert_eq!(of(Cadence::Weekly, "2026-11-16"), "2026-11-09 to 2026-11-15", "a Monday");
        assert_eq!(of(Cadence::Weekly, "2026-11-22"), "2026-11-09 to 2026-11-15", "a Sunday: its week is not over");
        assert_eq!(of(Cadence::Monthly, "2026-12-01"), "2026-11-01 to 2026-11-30");
        assert_eq!(of(Cadence::Monthly, "2026-11-30"), "2026-10-01 to 2026-10-31");
        assert_eq!(of(Cadence::Quarterly, "2026-11-30"), "2026-07-01 to 2026-09-30");
        assert_eq!(of(Cadence::Quarterly, "2027-01-01"), "2026-10-01 to 2026-12-31");
    }

    // metabase#11978, matomo#24451: 2,500 so far against 3,100 of all October was shown as a fall.
    #[test]
    fn a_month_that_is_not_over_is_set_against_the_same_days() {
        let monthly = |period: &str, compare| compared(Cadence::Monthly, period, compare);
        assert_eq!(monthly("2026-11-01..2026-11-25", Compare::Previous), "2026-10-01 to 2026-10-25");
        assert_eq!(monthly("2027-03-01..2027-03-30", Compare::Previous), "2027-02-01 to 2027-02-28");
        assert_eq!(monthly("2026-11-01..2026-11-30", Compare::Previous), "2026-10-01 to 2026-10-31");
        assert_eq!(monthly("2028-02-01..2028-02-29", Compare::LastYear), "2027-02-01 to 2027-02-28");
        assert_eq!(monthly("2029-02-01..2029-02-28", Compare::LastYear), "2028-02-01 to 2028-02-29");
    }

    // lightdash#27089, moment#5958: a week by number or calendar year finds no partner for week 53.
    #[test]
    fn a_week_of_any_number_is_set_against_the_one_52_weeks_earlier() {
        let weekly = |period: &str| compared(Cadence::Weekly, period, Compare::LastYear);
        assert_eq!(weekly("2026-12-28..2027-01-03"), "2025-12-29 to 2026-01-04");
        assert_eq!(weekly("2027-01-04..2027-01-10"), "2026-01-05 to 2026-01-11");
        assert_eq!(compared(Cadence::Weekly, "2027-01-04..2027-01-06", Compare::Previous), "2026-12-28 to 2026-12-30");
    }

    // matomo#24561, PostHog#46907: Monday and Tuesday against Saturday and Sunday is +100 % of nothing.
    #[test]
    fn several_days_are_set_against_the_same_weekdays() {
        assert_eq!(
            compared(Cadence::Daily, "2026-11-20..2026-11-22", Compare::SameWeekday),
            "2026-11-13 to 2026-11-15"
        );
        assert_eq!(compared(Cadence::Daily, "2026-11-20..2026-11-22", Compare::Previous), "none");
        assert_eq!(compared(Cadence::Daily, "2026-11-20", Compare::Previous), "2026-11-19");
        assert_eq!(compared(Cadence::Daily, "2028-02-29", Compare::LastYear), "2027-03-02", "a Tuesday like it");
    }

    #[test]
    fn a_quarter_is_set_against_the_same_months_or_the_same_days_of_them() {
        let quarterly = |period: &str, compare| compared(Cadence::Quarterly, period, compare);
        assert_eq!(quarterly("2026-07-01..2026-09-30", Compare::Previous), "2026-04-01 to 2026-06-30");
        assert_eq!(quarterly("2026-01-01..2026-03-31", Compare::Previous), "2025-10-01 to 2025-12-31");
        assert_eq!(quarterly("2026-01-01..2026-03-31", Compare::LastYear), "2025-01-01 to 2025-03-31");
        // So far: the same part, and no day more than the shorter month has.
        assert_eq!(quarterly("2026-10-01..2026-11-14", Compare::Previous), "2026-07-01 to 2026-08-14");
        assert_eq!(quarterly("2026-04-01..2026-05-30", Compare::Previous), "2026-01-01 to 2026-02-28");
        assert_eq!(quarterly("2026-04-01..2026-04-30", Compare::Previous), "2026-01-01 to 2026-01-31");
        assert_eq!(quarterly("2028-01-01..2028-02-29", Compare::LastYear), "2027-01-01 to 2027-02-28");
    }

    #[test]
    fn quarters_are_those_of_the_workspaces_year() {
        let calendar = Calendar { fiscal_year: FiscalYear::from_month(2), ..CALENDAR };
        let quarter = Cadence::Quarterly.last_whole(days("2027-02-01").start, calendar);
        assert_eq!(quarter.to_string(), "2026-11-01 to 2027-01-31");
        assert!(Cadence::Quarterly.is_whole(quarter));
        assert!(!Cadence::Quarterly.is_whole(days("2026-11-01..2026-12-31")));
        assert!(!Cadence::Quarterly.is_whole(days("2026-11-02..2027-02-01")));
    }
}
