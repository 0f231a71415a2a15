//! The order of day and month in a column: what its values prove, and what follows for the file.

use super::clock::{self, Clock, Zone};
use super::day_reading::DayReading;
use super::days::{self, Date, Order, Sign};
use super::format::Format;
use super::quarters::{self, Span};
use super::words::quoted;
use super::{Doubt, Evidence, Hints, Meaning, Seen, months};
use chrono::{Datelike, Timelike};
use std::collections::BTreeSet;

/// What the values of a column of days or months have shown so far.
#[derive(Clone, Debug, Default)]
pub struct DayProof {
    known: u64,
    serials: u64,
    serial: Option<Seen>,
    /// By sign, then four-digit and two-digit years.
    shapes: [[ShapeProof; 2]; 3],
    /// Two-digit years beside a month's name.
    short_named: Option<Seen>,
    has_readable: bool,
    iso: Option<Seen>,
    has_iso_past_12: bool,
    has_local_time: bool,
    has_local_past_midnight: bool,
    /// Of columns of months only: `Nov 26`, the months and the numbers beside them.
    loose: Option<Seen>,
    loose_months: u16,
    loose_numbers: BTreeSet<u32>,
    /// Of plans only.
    quarter: Option<Seen>,
    month: Option<Seen>,
}

#[derive(Clone, Debug, Default)]
struct ShapeProof {
    day_first: Option<Seen>,
    month_first: Option<Seen>,
    either: Option<Seen>,
}

impl ShapeProof {
    fn order(&self) -> Option<Order> {
        match (&self.day_first, &self.month_first) {
            (Some(_), None) => Some(Order::DayFirst),
            (None, Some(_)) => Some(Order::MonthFirst),
            _ => None,
        }
    }

    fn first(&self) -> Option<&Seen> {
        self.day_first.as_ref().or(self.month_first.as_ref()).or(self.either.as_ref())
    }
}

impl DayProof {
    /// Takes a tidied value that is not unknown.
    pub fn see(&mut self, line: u64, text: &str) {
        self.known += 1;
        let Some(written) = days::scan(text) else {
            if let Some((month, number)) = months::loose(text) {
                self.loose.get_or_insert_with(|| Seen::new(line, text));
                self.loose_months |= 1 << month;
                self.loose_numbers.insert(number);
            }
            return;
        };
        match written.date {
            Date::Exact { day, is_iso } => {
                self.has_readable = true;
                if is_iso {
                    self.iso.get_or_insert_with(|| Seen::new(line, text));
                    self.has_iso_past_12 |= day.day() > 12;
                }
            }
            Date::Serial => {
                self.serials += 1;
                self.serial.get_or_insert_with(|| Seen::new(line, text));
            }
            Date::ShortYear(_) => {
                self.has_readable = true;
                self.short_named.get_or_insert_with(|| Seen::new(line, text));
            }
            Date::Numeric(numeric) => {
                let orders = (numeric.day(Order::DayFirst), numeric.day(Order::MonthFirst));
                let shape = &mut self.shapes[numeric.sign as usize][usize::from(numeric.is_short)];
                let place = match orders {
                    (None, None) => return,
                    (Some(_), None) => &mut shape.day_first,
                    (None, Some(_)) => &mut shape.month_first,
                    // 05/05/2026 is the same day in both orders, but its two-digit year still wants a format.
                    (Some(one), Some(other)) if one == other && !numeric.is_short => {
                        self.has_readable = true;
                        return self.see_time(written.time);
                    }
                    (Some(_), Some(_)) => &mut shape.either,
                };
                place.get_or_insert_with(|| Seen::new(line, text));
                self.has_readable |= !numeric.is_short;
            }
        }
        self.see_time(written.time);
    }

    /// As [`Self::see`], where quarters may stand beside months and days.
    pub fn see_plan(&mut self, line: u64, text: &str) {
        if matches!(quarters::scan(text), Some(Span::Quarter(_))) {
            self.known += 1;
            self.has_readable = true;
            self.quarter.get_or_insert_with(|| Seen::new(line, text));
            return;
        }
        if self.month.is_none() && (months::is_month(text) || days::scan(text).is_some()) {
            self.month = Some(Seen::new(line, text));
        }
        self.see(line, text);
    }

    /// What is to be reported of quarters.
    fn quarters(&self) -> Option<String> {
        let quarter = self.quarter.as_ref()?;
        Some(match &self.month {
            Some(month) => format!("months and quarters of the calendar are mixed: {month}, {quarter}"),
            None => format!("quarters are those of the calendar: {quarter}"),
        })
    }

    fn see_time(&mut self, time: Option<Clock>) {
        if let Some((time, None)) = time {
            self.has_local_time = true;
            self.has_local_past_midnight |= time.num_seconds_from_midnight() > 0;
        }
    }

    fn long(&self, sign: Sign) -> &ShapeProof {
        &self.shapes[sign as usize][0]
    }
}

/// Decides for the column `index`, whose proof is `own`; `all` are the proofs of all columns of days.
/// Yields the reading and what was recognised.
pub fn decide(
    index: usize,
    column: &Evidence,
    own: &DayProof,
    all: &[&DayProof],
    hints: &Hints,
) -> Result<(DayReading, Vec<String>), Doubt> {
    let doubt = |seen: Option<&Seen>, message: String, remedy: String| Doubt {
        column: index,
        line: seen.map(|seen| seen.line),
        message,
        remedy,
    };
    let format = hints.date_format.as_deref().map(Format::new).transpose().map_err(|message| {
        doubt(None, message, "write date_format as in \"%d/%m/%Y\", \"%m/%d/%Y\" or \"%m/%Y\"".to_owned())
    })?;
    // A form of months says nothing of days.
    let format = format.filter(|format| format.has_day || matches!(column.meaning, Meaning::Month | Meaning::Plan));
    let mut told = Vec::new();
    if let Some(seen) = own.serial.as_ref().filter(|_| !own.has_readable && own.serials * 2 > own.known) {
        let message = format!("{seen}, and most rows are like it: a number that a spreadsheet counts days with");
        return Err(doubt(
            Some(seen),
            message,
            "format the column as a date such as 2026-11-02, then export again".into(),
        ));
    }
    let mut orders = [None; 3];
    match &format {
        Some(format) => {
            if let Some((order, sign, is_short)) = format.numeric {
                let shape = &own.shapes[sign as usize][usize::from(is_short)];
                if let (Some(proven), Some(seen)) =
                    (shape.order(), shape.day_first.as_ref().or(shape.month_first.as_ref()))
                    && proven != order
                {
                    let fits = format.swapped();
                    let message = format!(
                        "{seen}, which date_format = {} does not fit, while every such day of the column fits {fits:?}",
                        quoted(&format.text)
                    );
                    return Err(doubt(Some(seen), message, setting(&[fits])));
                }
            }
            told.push(format!("days are read by date_format = {}", quoted(&format.text)));
        }
        None => {
            short_years(own).map_err(|(seen, message, remedy)| doubt(Some(seen), message, remedy))?;
            for sign in Sign::ALL {
                let (order, why) =
                    order_of(sign, own, all).map_err(|(seen, message, remedy)| doubt(Some(seen), message, remedy))?;
                orders[sign as usize] = order;
                told.extend(why);
            }
            if let Some(seen) = &own.short_named {
                told.push(format!("beside a month's name the day comes first, years are 20..: {seen}"));
            }
            loose_months(own).map_err(|(seen, message, remedy)| doubt(Some(seen), message, remedy))?;
            spoiled(own).map_err(|(seen, message, remedy)| doubt(Some(seen), message, remedy))?;
        }
    }
    let zone = hints.zone.map(Zone::Named).or_else(|| clock::of_header(&column.header));
    // Days that a program wrote as midnights are days, not instants.
    let is_days = own.has_local_time && !own.has_local_past_midnight;
    if zone.is_some() && own.has_local_time {
        let source = if hints.zone.is_some() { "zone is set" } else { "the header names a zone" };
        told.push(if is_days {
            "all times are midnight, so the days are taken as they stand".to_owned()
        } else {
            format!("{source}: times without an offset are read in it, days are those of {}", hints.workspace_zone)
        });
    }
    told.extend(own.quarters());
    let zone = zone.filter(|_| !is_days);
    Ok((DayReading { format, orders, zone, workspace_zone: hints.workspace_zone }, told))
}

type Question<'a> = (&'a Seen, String, String);

fn setting(formats: &[String]) -> String {
    let choices: Vec<String> = formats.iter().map(|format| format!("date_format = {format:?}")).collect();
    format!("write {} in the connection", choices.join(" or "))
}

fn order_of<'a>(
    sign: Sign,
    own: &'a DayProof,
    all: &[&DayProof],
) -> Result<(Option<Order>, Option<String>), Question<'a>> {
    let shape = own.long(sign);
    let both = setting(&[sign.format(Order::DayFirst, false), sign.format(Order::MonthFirst, false)]);
    if let (Some(one), Some(other)) = (&shape.day_first, &shape.month_first) {
        let (early, late) = if one.line <= other.line { (one, other) } else { (other, one) };
        let message = format!("{early} and {late}: one is day/month/year, the other month/day/year");
        return Err((late, message, "write all days of the column in one form, best as 2026-11-02".to_owned()));
    }
    let Some(first) = shape.first() else { return Ok((None, None)) };
    // By convention of all who write days with dots.
    if sign == Sign::Dot {
        return match &shape.month_first {
            Some(seen) => {
                let message = format!("{seen}, which is not day.month.year");
                Err((seen, message, setting(&[sign.format(Order::MonthFirst, false)])))
            }
            None => Ok((Some(Order::DayFirst), Some("days with dots are read day.month.year".to_owned()))),
        };
    }
    if let Some(order) = shape.order() {
        return Ok((Some(order), Some(format!("days are {}: {first}", order.words()))));
    }
    let mut others = all.iter().map(|proof| proof.long(sign)).filter(|shape| shape.order().is_some());
    if let Some(shape) = others.next()
        && let (Some(order), Some(seen)) = (shape.order(), shape.first())
        && others.all(|other| other.order() == Some(order))
    {
        return Ok((Some(order), Some(format!("days are {}, as in another column: {seen}", order.words()))));
    }
    Err((first, format!("{first}, which may be day/month/year or month/day/year; no row tells which"), both))
}

/// A column of two-digit years only says nothing that can be read.
fn short_years(own: &DayProof) -> Result<(), Question<'_>> {
    if own.has_readable {
        return Ok(());
    }
    for sign in Sign::ALL {
        let shape = &own.shapes[sign as usize][1];
        let Some(seen) = shape.first() else { continue };
        let formats = match shape.order() {
            Some(order) => vec![sign.format(order, true)],
            None => vec![sign.format(Order::DayFirst, true), sign.format(Order::MonthFirst, true)],
        };
        return Err((seen, format!("{seen}, whose year has two digits"), setting(&formats)));
    }
    Ok(())
}

/// `Nov 26` is a month of 2026 where other months stand beside the same numbers, and a day of November where
/// other numbers stand beside the same months.
fn loose_months(own: &DayProof) -> Result<(), Question<'_>> {
    let Some(seen) = &own.loose else { return Ok(()) };
    let is_month = own.loose_numbers.len() <= 3 && own.loose_months.count_ones() as usize >= own.loose_numbers.len();
    if is_month {
        return Ok(());
    }
    let message = format!("{seen}, which may be a month of 2026 or a day without a year");
    Err((seen, message, "write months as 2026-11 and days as 2026-11-02".to_owned()))
}

/// A spreadsheet of another country reads some days as months and leaves only those it cannot: then ISO
/// days end at the 12th, and all others begin with a number past 12.
fn spoiled(own: &DayProof) -> Result<(), Question<'_>> {
    let Some(iso) = own.iso.as_ref().filter(|_| !own.has_iso_past_12) else { return Ok(()) };
    for sign in Sign::ALL {
        let shape = own.long(sign);
        if let (Some(_), None, Some(seen)) = (shape.order(), &shape.either, shape.first()) {
            let message = format!(
                "{iso} and {seen}: a spreadsheet seems to have swapped day and month wherever both are below 13"
            );
            return Err((seen, message, "export the column again as ISO days without opening it in a spreadsheet, or state date_format if the days are right".to_owned()));
        }
    }
    Ok(())
}
