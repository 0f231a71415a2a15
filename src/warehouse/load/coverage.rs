//! The days a load speaks for, in the ledger.

use super::closing;
use super::doubt::{self, ACCEPTED};
use super::{LoadRequest, Loaded};
use crate::domain::coverage::Standing;
use crate::support::shown::cut_line;
use crate::support::zones::{are_alike, named};
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::literal;
use chrono::NaiveDate;
use chrono_tz::Tz;
use duckdb::Transaction;

/// Enters the days of a loaded slice. A day counts as whole once it had ended when the vendor was asked,
/// see [`first_open_day`], and where its answer is believed.
pub fn enter(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    loaded: &Loaded,
    first_running_day: NaiveDate,
) -> Result<(), WarehouseError> {
    let Some((start, end)) = request.window else { return Ok(()) };
    let step = || "recording covered days".to_owned();
    let doubted: Vec<String> = loaded.doubted.iter().map(|day| format!("DATE '{}'", day.date)).collect();
    let is_doubted = if doubted.is_empty() { "false".to_owned() } else { format!("date IN ({})", doubted.join(", ")) };
    // A day that the slice only begins within stays open where it was asked for in vain.
    let keeps = match request.first_whole {
        Some(first) => format!(
            "(date < DATE '{first}' AND coalesce(standing IN ({}), false))",
            [Standing::Failed, Standing::Refused, Standing::Doubted].map(|s| format!("'{}'", s.name())).join(", ")
        ),
        None => "false".to_owned(),
    };
    // Values in the text: a statement with parameters is planned twice.
    let of_stream = doubt::of_stream("c", request);
    // Where every day was removed, none is looked for: that is half of the statement's time.
    let stays = if loaded.doubted.is_empty() && request.first_whole.is_none() {
        "false".to_owned()
    } else {
        format!("EXISTS (SELECT 1 FROM ops.coverage AS c WHERE {of_stream} AND c.date = d.date)")
    };
    let place = [&request.workspace, &request.connection, &request.stream, &request.partition];
    transaction
        .execute_batch(&format!(
            "DELETE FROM ops.coverage AS c WHERE {of_stream}
                 AND date >= DATE '{start}' AND date < DATE '{end}' AND NOT {is_doubted} AND NOT {keeps};
             INSERT INTO ops.coverage
                 SELECT {}, date, {}, TIMESTAMP '{}', date < DATE '{first_running_day}', NULL, NULL
                 FROM (SELECT CAST(day AS DATE) AS date
                     FROM range(TIMESTAMP '{start}', TIMESTAMP '{end}', INTERVAL 1 DAY) AS days(day)) AS d
                 WHERE NOT {is_doubted} AND NOT {stays}",
            place.map(|text| literal(text)).join(", "),
            literal(&request.load_id),
            request.fetched_at.format("%Y-%m-%d %H:%M:%S%.6f"),
        ))
        .context(step)?;
    doubt::enter(transaction, request, &loaded.doubted)
}

/// Notes which days of the slice a person accepts as the vendor says them.
pub fn note_accepted(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    loaded: &mut Loaded,
) -> Result<(), WarehouseError> {
    let Some((start, end)) = request.window else { return Ok(()) };
    let (first, last, days): (Option<NaiveDate>, Option<NaiveDate>, u64) = transaction
        .query_row(
            &format!(
                "SELECT min(date), max(date), count(*)::UBIGINT FROM ops.coverage AS c
                 WHERE {} AND date >= DATE '{start}' AND date < DATE '{end}' AND standing = 'accepting'",
                doubt::of_stream("c", request)
            ),
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .context(|| "looking for accepted days".to_owned())?;
    if let (Some(first), Some(last)) = (first, last) {
        loaded.notes.push(format!("{ACCEPTED}: {days} days from {first} to {last} as the source says them now"));
    }
    Ok(())
}

/// The first day that the vendor has not as a whole: the first that had not ended, see [`first_running_day`], or an
/// earlier one that its answer names.
pub fn first_open_day(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    loaded: &mut Loaded,
) -> Result<NaiveDate, WarehouseError> {
    let running = first_running_day(transaction, request, loaded)?;
    let Some(path) = &request.open_from_path else { return Ok(running) };
    let named: Option<NaiveDate> = transaction
        .query_row(
            &format!("SELECT min(TRY_CAST(json_extract_string(body, {}) AS DATE)) FROM page", literal(path)),
            [],
            |row| row.get(0),
        )
        .context(|| "looking for days that are not whole yet".to_owned())?;
    Ok(named.map_or(running, |named| named.min(running)))
}

/// The first day that had not ended when the vendor was asked. Where the vendor names another zone than
/// the settings, the earlier one, and readers are notified.
fn first_running_day(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    loaded: &mut Loaded,
) -> Result<NaiveDate, WarehouseError> {
    let own: Tz = request.time_zone.parse().unwrap_or(Tz::UTC);
    let said = closing::said(transaction, request)?;
    let day_in = |zone: Tz| closing::first_open_day(request, zone, said);
    if said.is_incomplete && day_in(own) < closing::first_open_day(request, own, closing::Said::default()) {
        loaded.caveat(format!("the source says that its answer may not be whole from {} on", day_in(own)));
    }
    let Some(stated) = stated_zone(transaction, request)? else { return Ok(day_in(own)) };
    let Some(zone) = named(&stated, &request.closing.zone_names) else {
        let shown = cut_line(&stated, 60);
        loaded.caveat(format!("the account names a time zone that is not known here: {shown}"));
        return Ok(day_in(own));
    };
    if are_alike(own, zone, request.fetched_at) {
        return Ok(day_in(own));
    }
    loaded.caveat(format!(
        "the account's days are those of {zone}, but {own} is set: set time_zone = \"{zone}\" in the connection's settings"
    ));
    Ok(day_in(own).min(day_in(zone)))
}

fn stated_zone(transaction: &Transaction<'_>, request: &LoadRequest) -> Result<Option<String>, WarehouseError> {
    let Some(path) = &request.time_zone_path else { return Ok(None) };
    transaction
        .query_row(
            &format!(
                "SELECT any_value(zone) FROM (SELECT json_extract_string(body, {}) AS zone FROM page) WHERE zone <> ''",
                literal(path)
            ),
            [],
            |row| row.get(0),
        )
        .context(|| "reading the account's time zone".to_owned())
}
