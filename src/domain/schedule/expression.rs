//! Cron expressions and the instants they name in a zone.

use super::local_time::{LocalResolution, resolve};
use chrono::{
    DateTime, Datelike, Days, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;
use croner::parser::{CronParser, Seconds, Year};
use croner::{CronPattern, Weekday};

/// How far ahead a fire is looked for: 29 February on a given weekday comes once in 28 years, and in
/// 40 around a century without a leap day.
const LONGEST_SEARCH_DAYS: i64 = 41 * 366;
/// A window up to this is looked at for changes of clocks hour by hour.
const LONGEST_STEADY: TimeDelta = TimeDelta::days(2);
/// More than the longest gap, a day.
const STEADY_MARGIN: TimeDelta = TimeDelta::hours(26);

/// How an expression follows changes of clocks; see the module's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Named wall times: each once.
    WallClock,
    /// Every so many minutes or hours of elapsed time.
    Interval,
}

/// A five-field cron expression: minute, hour, day of month, month, weekday.
#[derive(Clone, Debug)]
pub struct Expression {
    text: String,
    kind: Kind,
    pattern: CronPattern,
    minutes: Vec<u32>,
    hours: Vec<u32>,
}

/// Why a text is not an expression; words to follow the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    #[error("has {0} fields, not 5")]
    Fields(usize),
    #[error("is not a cron expression")]
    Syntax,
    #[error("never fires")]
    NeverFires,
}

/// Why a fire stands where it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FireReason {
    Normal,
    /// The clock skips the time that was meant.
    Gap,
    /// The clock shows this time twice.
    Overlap,
    /// No schedule: a person asked for it.
    Asked,
}

impl FireReason {
    pub const ALL: [Self; 4] = [Self::Normal, Self::Gap, Self::Overlap, Self::Asked];

    /// The reason of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// As printed and stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Gap => "gap",
            Self::Overlap => "overlap",
            Self::Asked => "asked",
        }
    }
}

/// One instant of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fire {
    pub at: DateTime<Utc>,
    pub reason: FireReason,
    /// What the zone's clock shows at `at`.
    pub wall: NaiveDateTime,
    /// The wall time the expression names; differs from `wall` after a gap.
    pub meant: NaiveDateTime,
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Expression {}

impl Expression {
    /// Reads an expression; names of months and weekdays, `L`, `W` and `#` as croner has them.
    ///
    /// # Errors
    /// Where it has not five fields, cannot be read, or names no day that exists.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [_, hour, _, _, _] = fields[..] else { return Err(ExpressionError::Fields(fields.len())) };
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let pattern = parser.parse(text).map_err(|_| ExpressionError::Syntax)?.pattern;
        let is_interval = hour == "*" || (hour.starts_with("*/") && !hour.contains(','));
        let values = |component: &croner::CronComponent| component.values().into_iter().map(u32::from).collect();
        let expression = Self {
            text: fields.join(" "),
            kind: if is_interval { Kind::Interval } else { Kind::WallClock },
            minutes: values(&pattern.minutes),
            hours: values(&pattern.hours),
            pattern,
        };
        let schedule = Schedule { expression, zone: Tz::UTC };
        schedule.next(DateTime::UNIX_EPOCH).ok_or(ExpressionError::NeverFires)?;
        Ok(schedule.expression)
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The most fires a day can have.
    pub fn most_a_day(&self) -> usize {
        self.minutes.len() * self.hours.len()
    }

    fn is_day(&self, date: NaiveDate) -> bool {
        let weekday = Weekday::from_days_from_sunday(date.weekday().num_days_from_sunday());
        // Both fail for dates that do not exist only.
        self.pattern.month_match(date.month()).unwrap_or(false)
            && self.pattern.day_match(date.year(), date.month(), date.day(), weekday).unwrap_or(false)
    }
}

/// An expression in a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    pub expression: Expression,
    pub zone: Tz,
}

impl Schedule {
    /// Every fire in `[from, to)`, in order, each instant once.
    pub fn fires(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Fire> {
        if to <= from {
            return Vec::new();
        }
        if let Some(offset) = self.steady(from, to) {
            return self.steady_fires(from, to, offset);
        }
        // A gap carries a wall time at most by its own length, a day; where clocks go back past midnight,
        // the days between two instants reach one further than theirs.
        let margin = Days::new(1);
        let first = from.with_timezone(&self.zone).date_naive();
        let last = to.with_timezone(&self.zone).date_naive();
        let mut date = first.checked_sub_days(margin).unwrap_or(first);
        let last = last.checked_add_days(margin).unwrap_or(last);
        let mut fires = Vec::new();
        while date <= last {
            if self.expression.is_day(date) {
                self.day(date, &mut fires);
            }
            let Some(next) = date.succ_opt() else { break };
            date = next;
        }
        fires.retain(|fire| from <= fire.at && fire.at < to);
        // A time that stands there by itself comes before one that was carried there.
        fires.sort_unstable();
        fires.dedup_by_key(|fire| fire.at);
        fires
    }

    /// The first fire at or after an instant; `None` where the calendar ends.
    pub fn next(&self, from: DateTime<Utc>) -> Option<Fire> {
        let (mut start, mut hours) = (from, 1);
        while (start - from).num_days() < LONGEST_SEARCH_DAYS {
            let end = start.checked_add_signed(TimeDelta::hours(hours))?;
            if let Some(fire) = self.fires(start, end).first() {
                return Some(*fire);
            }
            (start, hours) = (end, (hours * 24).min(400 * 24));
        }
        None
    }

    /// The last fire at or before an instant; `None` where there is none in 41 years.
    pub fn previous(&self, until: DateTime<Utc>) -> Option<Fire> {
        let (mut end, mut hours) = (until.checked_add_signed(TimeDelta::nanoseconds(1))?, 1);
        while (until - end).num_days() < LONGEST_SEARCH_DAYS {
            let start = end.checked_sub_signed(TimeDelta::hours(hours))?;
            if let Some(fire) = self.fires(start, end).last() {
                return Some(*fire);
            }
            (end, hours) = (start, (hours * 24).min(400 * 24));
        }
        None
    }

    /// The zone's offset where clocks do not change in a short window nor so shortly before it that a
    /// wall time could be carried into it. That is so on nearly every day, and then wall times need not
    /// be looked up one by one.
    fn steady(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Option<FixedOffset> {
        if to - from > LONGEST_STEADY {
            return None;
        }
        let offset = |at: DateTime<Utc>| self.zone.offset_from_utc_datetime(&at.naive_utc()).fix();
        let mut at = from.checked_sub_signed(STEADY_MARGIN)?;
        let last = to.checked_add_signed(STEADY_MARGIN)?;
        let first = offset(at);
        // No zone's clocks change there and back within an hour.
        while at < last {
            at += TimeDelta::hours(1);
            if offset(at) != first {
                return None;
            }
        }
        Some(first)
    }

    /// The fires in `[from, to)` under one offset.
    fn steady_fires(&self, from: DateTime<Utc>, to: DateTime<Utc>, offset: FixedOffset) -> Vec<Fire> {
        let (from, to) = (from.with_timezone(&offset).naive_local(), to.with_timezone(&offset).naive_local());
        let days = from.date().iter_days().take_while(|date| date.and_time(NaiveTime::MIN) < to);
        let mut fires = Vec::new();
        for date in days.filter(|date| self.expression.is_day(*date)) {
            let hours = self.expression.hours.iter().filter_map(|hour| date.and_hms_opt(*hour, 0, 0));
            for hour in hours.filter(|hour| *hour < to && *hour + TimeDelta::hours(1) > from) {
                let walls = self.expression.minutes.iter().map(|minute| hour + TimeDelta::minutes(i64::from(*minute)));
                let within = walls.filter(|wall| from <= *wall && *wall < to);
                fires.extend(within.filter_map(|wall| {
                    let at = wall.checked_sub_offset(offset)?.and_utc();
                    Some(Fire { at, reason: FireReason::Normal, wall, meant: wall })
                }));
            }
        }
        fires
    }

    /// Puts the fires of a day's wall times behind `fires`.
    fn day(&self, date: NaiveDate, fires: &mut Vec<Fire>) {
        let walls = self.expression.hours.iter().flat_map(|hour| {
            self.expression.minutes.iter().filter_map(move |minute| date.and_hms_opt(*hour, *minute, 0))
        });
        for meant in walls {
            let mut add = |at: DateTime<Utc>, reason| {
                fires.push(Fire { at, reason, wall: at.with_timezone(&self.zone).naive_local(), meant });
            };
            match (resolve(self.zone, meant), self.expression.kind) {
                (Some(LocalResolution::Once(at)), _) => add(at, FireReason::Normal),
                (Some(LocalResolution::Twice { first, .. }), Kind::WallClock) => add(first, FireReason::Overlap),
                (Some(LocalResolution::Twice { first, second }), Kind::Interval) => {
                    add(first, FireReason::Overlap);
                    add(second, FireReason::Overlap);
                }
                (Some(LocalResolution::Never { next_valid, .. }), Kind::WallClock) => add(next_valid, FireReason::Gap),
                (Some(LocalResolution::Never { carried, .. }), Kind::Interval) => add(carried, FireReason::Gap),
                (None, _) => {}
            }
        }
    }
}
