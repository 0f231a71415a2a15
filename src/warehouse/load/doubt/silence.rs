//! Days at the end of which nothing has come yet: a source that is late says the same as one that has
//! nothing to report. After a week of plenty the first such days are doubted, and believed if it lasts.

use super::super::{LoadRequest, Replaces, Target};
use super::{DoubtedDay, SMALLEST_FALL, accepted_days};
use crate::domain::coverage::NOTHING_CAME;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::literal;
use chrono::{Days, NaiveDate};
use duckdb::Transaction;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// A silence that lasts longer is believed.
const MOST_DAYS: u64 = 3;
/// So many days before it must each have had plenty, so that weekends without ads are no surprise.
const USUAL_DAYS: u64 = 7;

/// Doubts the days of a loaded slice of which nothing came though it was to be expected; `today` has not
/// ended yet.
pub fn doubt_silence(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    target: &Target,
    today: NaiveDate,
    doubted: &mut Vec<DoubtedDay>,
) -> Result<(), WarehouseError> {
    let (Some((start, end)), Some(measure), false) = (request.window, &target.doubt.measure, request.is_believed)
    else {
        return Ok(());
    };
    let Replaces::Window { column, partition, .. } = &target.replaces else { return Ok(()) };
    let since = today - Days::new(LOOKED_AT);
    if end <= since {
        return Ok(());
    }
    let step = || format!("looking for silent days of {}", target.table);
    let of_partition =
        partition.as_ref().map_or(String::new(), |of| format!("AND {of} = {}", literal(&request.partition)));
    let sql = format!(
        "SELECT {column} AS date, sum({measure})::DECIMAL(38, 6) FROM core.{}
         WHERE workspace = {} AND connection = {} {of_partition} AND {column} >= DATE '{since}' AND {column} < DATE '{today}'
         GROUP BY 1 HAVING sum({measure}) > 0",
        target.table,
        literal(&request.workspace),
        literal(&request.connection),
    );
    let mut statement = transaction.prepare(&sql).context(step)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).context(step)?;
    let sums: BTreeMap<NaiveDate, Decimal> = rows.collect::<Result<_, _>>().context(step)?;
    let Some(silence) = silence(&sums, today) else { return Ok(()) };
    let accepted = accepted_days(transaction, request)?;
    let what = measure.replace('_', " ");
    let reason = format!(
        "{NOTHING_CAME}, and each of the {USUAL_DAYS} days before has {} {what} or more: it may be late",
        silence.least.normalize()
    );
    for date in silence.days.into_iter().filter(|date| start <= *date && *date < end) {
        if !accepted.contains(&date) && !doubted.iter().any(|day| day.date == date) {
            doubted.push(DoubtedDay { date, held: Decimal::ZERO, came: Decimal::ZERO, reason: reason.clone() });
        }
    }
    Ok(())
}

/// So many days before the running one are looked at.
pub const LOOKED_AT: u64 = MOST_DAYS + USUAL_DAYS;

/// Whether days before `today` are silent of which something was to be expected; `sums` holds those that have
/// something.
pub fn is_silent(sums: &BTreeMap<NaiveDate, Decimal>, today: NaiveDate) -> bool {
    silence(sums, today).is_some()
}

/// Days without anything up to yesterday, and the least of the usual days before them.
#[derive(Debug, PartialEq, Eq)]
struct Silence {
    days: Vec<NaiveDate>,
    least: Decimal,
}

/// `sums` holds the days that have something.
fn silence(sums: &BTreeMap<NaiveDate, Decimal>, today: NaiveDate) -> Option<Silence> {
    let last = *sums.keys().next_back()?;
    let days: Vec<NaiveDate> = last.iter_days().skip(1).take_while(|date| *date < today).collect();
    if days.is_empty() || days.len() as u64 > MOST_DAYS {
        return None;
    }
    let usual = (0..USUAL_DAYS).map(|back| sums.get(&(last - Days::new(back))).copied().unwrap_or_default());
    let least = usual.min().filter(|least| *least >= Decimal::from(SMALLEST_FALL))?;
    Some(Silence { days, least })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, number).expect("a day")
    }

    fn sums(days: std::ops::RangeInclusive<u32>, each: i64) -> BTreeMap<NaiveDate, Decimal> {
        days.map(|number| (day(number), Decimal::from(each + i64::from(number)))).collect()
    }

    #[test]
    fn the_first_silent_days_after_a_week_of_plenty_are_doubted_and_a_lasting_silence_is_believed() {
        let plenty = sums(1..=20, 100);
        assert_eq!(silence(&plenty, day(21)), None);
        let found = silence(&plenty, day(23)).expect("silence");
        assert_eq!((found.days, found.least), (vec![day(21), day(22)], Decimal::from(114)));
        assert_eq!(silence(&plenty, day(24)).map(|found| found.days.len()), Some(3));
        assert_eq!(silence(&plenty, day(25)), None);
    }

    #[test]
    fn where_days_are_small_or_lacking_silence_is_no_surprise() {
        assert_eq!(silence(&sums(1..=20, 50), day(22)), None);
        assert_eq!(silence(&sums(16..=20, 5000), day(22)), None, "five days are no week");
        let mut weekend = sums(1..=20, 5000);
        weekend.remove(&day(15));
        assert_eq!(silence(&weekend, day(22)), None);
        assert_eq!(silence(&BTreeMap::new(), day(22)), None);
    }
}
