//! Once a week the operator is notified of how deliveries went, so that silence is never taken for good news.

use super::notice;
use crate::delivery::Policy;
use crate::support::clock::Clock;
use crate::warehouse::outbox::{Kind, Tally, enqueue, tally};
use crate::warehouse::{Warehouse, WarehouseError};
use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc, Weekday};

/// Not before this hour (UTC) of a Monday: the weekend's reports are out by then.
const HOUR: u32 = 12;

/// Writes the week's line into the outbox, once; says how many messages that is.
pub(super) async fn write(warehouse: &Warehouse, policy: &Policy, clock: &Clock) -> Result<usize, WarehouseError> {
    let now = clock.now();
    if policy.operator.is_empty() || now.weekday() != Weekday::Mon || now.hour() < HOUR {
        return Ok(0);
    }
    let week = now.iso_week();
    let owner = format!("week {}-W{:02}", week.year(), week.week());
    let found = warehouse.read(move |reader| tally(reader, now - TimeDelta::days(7))).await?;
    if found == Tally::default() {
        return Ok(0);
    }
    let (subject, text) = subject_and_text(&found, now);
    let messages = notice::messages(&policy.operator, &["weekly", &owner], &subject, &text, now);
    warehouse.write_ledger(move |connection| enqueue(connection, Kind::Notice, notice::OWNER, "", &messages, now)).await
}

fn subject_and_text(tally: &Tally, now: DateTime<Utc>) -> (String, String) {
    let Tally { sent, failed, unknown, held, waiting } = tally;
    let subject = format!("[Daybook] last week: {sent} accepted, {held} held, {failed} failed");
    let since = (now - TimeDelta::days(7)).format("%Y-%m-%d");
    let mut text = format!(
        "Report messages since {since}: {sent} were accepted, {failed} failed.\nNow: {held} held, {waiting} waiting, \
         {unknown} of which nobody knows whether they went out.\n"
    );
    if *held > 0 {
        text += "\nHeld messages go out after: daybook deliveries release\n";
    }
    if failed + unknown > 0 {
        text += "\nWhat went wrong: daybook deliveries --troubled\n";
    }
    (subject, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    #[test]
    fn the_weeks_line_says_what_is_held_and_failed_even_if_that_is_nothing() {
        let now = Utc.with_ymd_and_hms(2026, 11, 23, 12, 0, 0).single().expect("an instant");
        let (subject, text) = subject_and_text(&Tally { sent: 14, ..Tally::default() }, now);
        assert_eq!(subject, "[Daybook] last week: 14 accepted, 0 held, 0 failed");
        assert!(text.contains("since 2026-11-16") && !text.contains("release"), "{text}");
        let (_, text) = subject_and_text(&Tally { held: 2, failed: 1, ..Tally::default() }, now);
        assert!(text.contains("deliveries release") && text.contains("--troubled"), "{text}");
    }
}
