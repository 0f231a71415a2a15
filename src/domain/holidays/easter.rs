//! The date of Easter Sunday, of the western and of the orthodox churches.

use chrono::{Days, NaiveDate};

/// Easter Sunday of the western churches. `None` before the year 1583, in which the Gregorian calendar
/// was new, and beyond the years of `NaiveDate`.
///
/// Anonymous Gregorian algorithm, as in Jean Meeus, "Astronomical Algorithms", chapter 8.
pub fn western(year: i32) -> Option<NaiveDate> {
    if year < 1583 {
        return None;
    }
    let golden = year % 19;
    let (century, year_of_century) = (year / 100, year % 100);
    let leap_correction = century - century / 4;
    let moon_correction = (century - (century + 8) / 25 + 1) / 3;
    // Days from March 21 to the full moon, and from there to the Sunday.
    let full_moon = (19 * golden + leap_correction - moon_correction + 15) % 30;
    let to_sunday = (32 + 2 * (century % 4) + 2 * (year_of_century / 4) - full_moon - year_of_century % 4) % 7;
    let late = (golden + 11 * full_moon + 22 * to_sunday) / 451;
    day_of_march(year, full_moon + to_sunday - 7 * late + 22)
}

/// Easter Sunday of the orthodox churches, as a date of the Gregorian calendar. `None` where [`western`] is.
///
/// Julian algorithm, same chapter of Meeus; then moved by as many days as the calendars differ.
pub fn orthodox(year: i32) -> Option<NaiveDate> {
    if year < 1583 {
        return None;
    }
    let full_moon = (19 * (year % 19) + 15) % 30;
    let to_sunday = (2 * (year % 4) + 4 * (year % 7) - full_moon + 34) % 7;
    let calendars_differ_by = year / 100 - year / 400 - 2;
    day_of_march(year, full_moon + to_sunday + 22 + calendars_differ_by)
}

/// A day counted from the first of March: 32 is the first of April.
fn day_of_march(year: i32, day: i32) -> Option<NaiveDate> {
    let days = u64::try_from(day - 1).ok()?;
    NaiveDate::from_ymd_opt(year, 3, 1)?.checked_add_days(Days::new(days))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn western_easter_is_as_published() {
        for known in ["1961-04-02", "2000-04-23", "2008-03-23", "2015-04-05", "2024-03-31", "2038-04-25"] {
            let date: NaiveDate = known.parse().expect("a date");
            assert_eq!(western(chrono::Datelike::year(&date)), Some(date));
        }
    }

    #[test]
    fn orthodox_easter_is_as_published() {
        for known in ["1983-05-08", "2008-04-27", "2015-04-12", "2017-04-16", "2024-05-05", "2032-05-02"] {
            let date: NaiveDate = known.parse().expect("a date");
            assert_eq!(orthodox(chrono::Datelike::year(&date)), Some(date));
        }
    }

    #[test]
    fn years_without_an_easter_have_none() {
        assert_eq!([western(1582), orthodox(-4), western(i32::MAX), orthodox(i32::MAX)], [None; 4]);
    }
}
