//! The cases F05 to F22 of the field, and the rules.

use super::*;
use Meaning::{Amount, Count, Currency, Day, Id, Month, Plan, Ratio, Text};
use chrono_tz::America::New_York;

#[test]
fn f05_ids_in_scientific_notation_refuse_the_file() {
    let told = refused(Id, &["2.02611E+11", "2.02611E+11"], &hints());
    assert!(told.starts_with("line 2 has \"2.02611E+11\", an id in scientific notation"), "{told}");
    assert!(told.contains("with the column as text"), "{told}");
}

#[test]
fn f07_german_whole_amounts_are_asked_about_and_read_once_the_mark_is_known() {
    let amounts = ["12.000", "8.500", "950"];
    let semicolons = Hints { is_semicolon_file: true, ..hints() };
    let told = refused(Amount, &amounts, &semicolons);
    assert_eq!(
        told,
        "line 2 has \"12.000\", where the point may group digits or stand before decimals; no row tells \
        which → write decimal_mark = \",\" in the connection if it groups digits (usual in files with semicolons), \
        decimal_mark = \".\" if decimals follow"
    );
    assert!(column(Amount, &amounts, &hints()).is_err());
    assert_eq!(read(Amount, &amounts, &mark(Mark::Comma)), ["12000", "8500", "950"]);
    assert_eq!(read(Amount, &amounts, &mark(Mark::Point)), ["12", "8.5", "950"]);
    let other: &[&str] = &["0,5", "1", ""];
    let both = table(&[(Amount, "a", &amounts), (Ratio, "b", other)], &hints()).expect("proven by the other column");
    assert_eq!(both[0], ["12000", "8500", "950"]);
}

#[test]
fn f08_a_stated_order_that_the_days_disprove_refuses_the_file() {
    let days =
        ["10/03/2026", "10/05/2026", "10/09/2026", "10/12/2026", "10/13/2026", "10/31/2026", "11/02/2026", "Total"];
    let told = refused(Day, &days, &format("%d/%m/%Y"));
    assert_eq!(
        told,
        "line 6 has \"10/13/2026\", which date_format = \"%d/%m/%Y\" does not fit, while every such day of \
        the column fits \"%m/%d/%Y\" → write date_format = \"%m/%d/%Y\" in the connection"
    );
    let right = ["2026-10-03", "2026-10-05", "2026-10-09", "2026-10-12", "2026-10-13", "2026-10-31", "2026-11-02", "!"];
    assert_eq!(read(Day, &days, &format("%m/%d/%Y")), right);
    assert_eq!(read(Day, &days, &hints()), right);
    assert!(column(Day, &["03/04/26", "10/13/26"], &format("%d/%m/%y")).is_err());
    assert_eq!(read(Day, &["03/04/26", "10/13/26"], &format("%d/%m/%Y")), ["!", "!"]);
    let told = refused(Day, &["03/04/26", "10/13/26"], &hints());
    assert!(told.ends_with("whose year has two digits → write date_format = \"%m/%d/%y\" in the connection"), "{told}");
    let german = ["2.11.2026", "02.11.2026 14:30", "2.11.26", "46328", "2. Nov 2026", "2026-11-02"];
    let two = "2026-11-02";
    assert_eq!(read(Day, &german, &format("%d.%m.%Y")), [two, two, "!", "!", "!", two]);
    assert_eq!(read(Day, &german, &hints()), [two, two, "!", "!", two, two]);
}

#[test]
fn f09_formatted_amounts_are_read_to_the_cent() {
    let amounts = [
        "$1,234.56",
        "€1,234.56",
        "1,234.56 €",
        "(1,234.56)",
        "($99.00)",
        "1,234.56-",
        "−5.00",
        "EUR 12.00",
        "1\u{a0}234.56",
        "\u{a0}12.50\u{a0}",
        "'100.00",
        "--",
        " -- ",
        "< 10%",
        "12.50 USD",
        "1,2 34",
        "Free",
        "#N/A",
        "#DIV/0!",
    ];
    let right = [
        "1234.56",
        "1234.56 EUR",
        "1234.56 EUR",
        "-1234.56",
        "-99",
        "-1234.56",
        "-5",
        "12 EUR",
        "1234.56",
        "12.5",
        "100",
        "none",
        "none",
        "none",
        "12.5 USD",
        "!",
        "!",
        "none",
        "!",
    ];
    assert_eq!(read(Amount, &amounts, &hints()), right);
}

#[test]
fn f17_instants_lie_on_the_workspace_s_days() {
    let instants: &[&str] = &[
        "2026-11-01 23:30:00",
        "2026-11-02 10:00:00",
        "2026-11-30 23:45:00",
        "2026-11-02T02:30:00-05:00",
        "2026-11-02T23:30:00Z",
    ];
    let berlin = ["2026-11-02", "2026-11-02", "2026-12-01", "2026-11-02", "2026-11-03"];
    assert_eq!(table(&[(Day, "Created date (UTC)", instants)], &hints()).expect("read")[0], berlin);
    let stated = Hints { zone: Some(Tz::UTC), ..hints() };
    assert_eq!(table(&[(Day, "Created", instants)], &stated).expect("read")[0], berlin);
    let local = ["2026-11-01", "2026-11-02", "2026-11-30", "2026-11-02", "2026-11-03"];
    assert_eq!(table(&[(Day, "Created", instants)], &hints()).expect("read")[0], local);
    let literal = ["2026-11-02T23:30:00Z"];
    assert_eq!(read(Day, &literal, &format("%Y-%m-%dT%H:%M:%SZ")), ["2026-11-03"]);
    assert_eq!(
        read(Day, &["02/11/2026 23:30 +00:00", "02/11/2026 23:30"], &format("%d/%m/%Y")),
        ["2026-11-03", "2026-11-02"]
    );
}

#[test]
fn days_written_as_midnights_are_not_moved_by_a_zone() {
    let west = Hints { workspace_zone: New_York, ..hints() };
    let midnights: &[&str] = &["2026-11-02 00:00:00", "2026-11-03 00:00:00"];
    let read = table(&[(Day, "Day (UTC)", midnights)], &west).expect("read");
    assert_eq!(read[0], ["2026-11-02", "2026-11-03"]);
    let one_later: &[&str] = &["2026-11-02 00:00:00", "2026-11-03 00:00:01"];
    assert_eq!(table(&[(Day, "Day (UTC)", one_later)], &west).expect("read")[0], ["2026-11-01", "2026-11-02"]);
}

#[test]
fn f19_months_are_read_as_plans_write_them() {
    let months =
        ["Nov-26", "11/2026", "November 2026", "2026/11", "202611", "2026-11", "2026-11-01", "Nov 2026", "1.11.2026"];
    assert_eq!(read(Month, &months, &hints()), ["2026-11"; 9]);
    assert_eq!(read(Month, &["11/2026", "2026-11", "Nov-26"], &format("%m/%Y")), ["2026-11", "2026-11", "!"]);
    assert_eq!(read(Month, &["2026-11-02", "2026-11-30"], &hints()), ["2026-11"; 2], "a plan by day");
    let bad = ["26-Nov", "13/2026", "2026", "11-26", "Total", "1989-01", "000000"];
    assert_eq!(read(Month, &bad, &hints()), ["!"; 7]);
    assert_eq!(read(Month, &["Nov 26", "Dez 26", "Jan 27"], &hints()), ["2026-11", "2026-12", "2027-01"]);
    let days = refused(Month, &["Nov 10", "Nov 11", "Nov 12", "Nov 13"], &hints());
    assert!(days.contains("may be a month of 2026 or a day without a year"), "{days}");
    let quarters = column(Month, &["Q4 2026", "2026-Q4", "4Q2026"], &hints()).expect("read");
    assert!(quarters.iter().all(|reason| reason.contains("is a quarter")), "{quarters:?}");
    assert_eq!(read(Month, &["2026-11-01T00:00:00Z", "2026-11-01 00:00:00"], &hints()), ["2026-11", "2026-11"]);
    assert_eq!(read(Month, &["01/11/2026"], &format("%d/%m/%Y")), ["2026-11"]);
    assert!(column(Month, &["01/11/2026"], &hints()).is_err());
}

#[test]
fn plans_are_for_months_days_or_quarters() {
    let plans = ["2026-11", "Nov-26", "2026-11-05", "1.11.2026", "Q4 2026", "4. Quartal 2026", "T4-26", ""];
    let quarter = "quarter from 2026-10-01";
    let right = ["2026-11", "2026-11", "2026-11", "2026-11", quarter, quarter, quarter, "none"];
    assert_eq!(read(Plan, &plans, &hints()), right);
    let bad = column(Plan, &["2026", "H1 2026", "FY26", "Q4", "Q4 1889", "Total", "13/2026"], &hints()).expect("read");
    assert_eq!(bad[0], "! \"2026\" is a year, and a year is no month; write months or quarters");
    assert_eq!(bad[1], "! \"H1 2026\" is half a year, and no month; write months or quarters");
    assert!(bad[2].contains("is of a fiscal year, whose months nobody tells"), "{bad:?}");
    assert!(bad[3..].iter().all(|reason| reason.starts_with('!')), "{bad:?}");
    assert_eq!(read(Plan, &["2011", "2026", "Q4 2020"], &format("%y%m")), ["2020-11", "!", "quarter from 2020-10-01"]);
    assert!(column(Plan, &["01/11/2026", "Q4 2026"], &hints()).is_err(), "an order that no row tells");
    assert_eq!(read(Plan, &["01/11/2026", "Q4 2026"], &format("%d/%m/%Y")), ["2026-11", quarter]);
    let mut mixed = Evidence::new(Plan, "month");
    mixed.see(2, "Q3 2026");
    mixed.see(3, "2026-10");
    let told = decide(&[mixed], &hints()).expect("decided")[0].told();
    let right = "months and quarters of the calendar are mixed: line 3 has \"2026-10\", line 2 has \"Q3 2026\"";
    assert_eq!(told.as_deref(), Some(right));
}

#[test]
fn f20_float_ids_refuse_the_file_and_unknown_ids_the_row() {
    assert!(refused(Id, &["1001.0", "1002.0", ""], &hints()).contains("dtype=str"));
    assert_eq!(read(Id, &["N/A", "-", "(not set)", "1001"], &hints()), ["!", "!", "!", "1001"]);
}

#[test]
fn f22_a_stated_iso_form_reads_instants_too() {
    let instants = ["2026-11-02 10:00:00", "2026-11-02T23:30:00Z", "2026-11-02"];
    assert_eq!(read(Day, &instants, &format("%Y-%m-%d")), ["2026-11-02", "2026-11-03", "2026-11-02"]);
    assert_eq!(read(Amount, &["12345678901.1234565", "0.005000"], &hints()), ["12345678901.123457", "0.005"]);
}

#[test]
fn a_stated_mark_that_a_value_disproves_refuses_the_file() {
    let told = refused(Amount, &["1.00", "", "4,2561"].map(|text| text.trim_end_matches(".00")), &mark(Mark::Point));
    assert_eq!(
        told,
        "line 4 has \"4,2561\", which has a decimal comma, though decimal_mark = \".\" is set → write \
        decimal_mark = \",\" in the connection"
    );
    let told = refused(Amount, &["12.5", "1.234,56"], &mark(Mark::Point));
    assert!(told.starts_with("line 2 has \"12.5\" with a decimal point, and line 3 has \"1.234,56\" with"), "{told}");
}

#[test]
fn counts_are_whole_and_ratios_all_have_percent_signs_or_none() {
    let counts = ["1,234", "12.0", "12.5", "1.5E+3", "-1", "5%", "$5", "<10", "1e-3", "12.5K"];
    assert_eq!(read(Count, &counts, &hints()), ["1234", "12", "!", "1500", "!", "!", "!", "none", "!", "12500"]);
    assert_eq!(read(Ratio, &["12.5%", "0", "100 %", "€5"], &hints()), ["0.125", "0", "1", "!"]);
    assert_eq!(read(Ratio, &["12.5", "0.123456789", "0%"], &hints()), ["12.5", "0.123456789", "0"]);
    let told = refused(Ratio, &["12.5%", "0.125"], &hints());
    assert!(told.starts_with("line 2 has \"12.5%\" and line 3 has \"0.125\": some values"), "{told}");
    assert_eq!(
        read(Amount, &["12.5%", "Infinity", "NaN", "1e12", "999999999999.5"], &hints())[..4],
        ["!", "!", "none", "!"]
    );
}

#[test]
fn texts_and_currencies_are_tidied() {
    let texts = [" Brand ", "(none)", "#REF!", "'s-Hertogenbosch", "=\"0012\"", "n/a"];
    assert_eq!(read(Text, &texts, &hints()), ["Brand", "none", "!", "'s-Hertogenbosch", "0012", "none"]);
    let codes = ["eur", "€", "US$", "$", "kr", "", "euros", "EU"];
    assert_eq!(read(Currency, &codes, &hints()), ["EUR", "EUR", "USD", "!", "!", "none", "!", "!"]);
}

#[test]
fn days_whose_order_no_value_shows_refuse_the_file() {
    let told = refused(Day, &["05/05/2026", "03/04/2026"], &hints());
    assert_eq!(
        told,
        "line 3 has \"03/04/2026\", which may be day/month/year or month/day/year; no row tells which → \
        write date_format = \"%d/%m/%Y\" or date_format = \"%m/%d/%Y\" in the connection"
    );
    let told = refused(Day, &["13/04/2026", "04/13/2026"], &hints());
    assert!(told.starts_with("line 2 has \"13/04/2026\" and line 3 has \"04/13/2026\": one is"), "{told}");
    assert!(refused(Day, &["02.11.2026", "11.13.2026"], &hints()).contains("\"%m.%d.%Y\""));
    assert!(refused(Day, &["46328", "46329.5", "-"], &hints()).contains("spreadsheet counts days"));
    assert_eq!(read(Day, &["02-Nov-26", "15 SEP 26"], &hints()), ["2026-11-02", "2026-09-15"]);
    assert!(refused(Day, &["2026-11-02"], &format("%d/%m")).contains("does not tell month and year"));
    assert!(refused(Day, &["46328", "46329", "Total"], &hints()).contains("spreadsheet counts days"));
    assert_eq!(read(Day, &["05/05/2026"], &hints()), ["2026-05-05"]);
    // A form of months says nothing of days: the day decides for itself.
    assert_eq!(read(Day, &["13/04/2026", "03/04/2026"], &format("%m/%Y")), ["2026-04-13", "2026-04-03"]);
}

#[test]
fn a_column_that_proves_the_order_decides_for_those_that_do_not() {
    let unproven: &[&str] = &["03/04/2026"];
    let proven: &[&str] = &["13/04/2026"];
    let other: &[&str] = &["04/13/2026"];
    let read = table(&[(Day, "a", unproven), (Day, "b", proven)], &hints()).expect("read");
    assert_eq!(read[0], ["2026-04-03"]);
    assert!(table(&[(Day, "a", unproven), (Day, "b", proven), (Day, "c", other)], &hints()).is_err());
    assert!(table(&[(Day, "a", &["03-04-2026"]), (Day, "b", proven)], &hints()).is_err());
}

#[test]
fn bad_days_are_the_row_s_matter() {
    let days =
        ["2026-11-02", "1989-12-31", "2100-01-01", "2026-02-30", "Total", "٢٠٢٦-١١-٠٢", "\u{202e}2026-11-02", "46328"];
    assert_eq!(read(Day, &days, &hints()), ["2026-11-02", "!", "!", "!", "!", "!", "!", "!"]);
    assert_eq!(read(Day, &["2099-12-31T23:30:00Z", "1990-01-01 00:30 +10:00"], &hints()), ["!", "!"]);
}

#[test]
fn what_was_recognised_is_reported_with_its_line() {
    let mut amounts = Evidence::new(Amount, "Betrag");
    let mut days = Evidence::new(Day, "Zeit (UTC)");
    amounts.see(7, "4,2561");
    days.see(9, "13/11/2026 10:00");
    let readings = decide(&[amounts, days], &hints()).expect("decided");
    assert_eq!(readings[0].told().expect("told"), "the decimal mark is a comma: line 7 has \"4,2561\"");
    assert_eq!(
        readings[1].told().expect("told"),
        "days are day/month/year: line 9 has \"13/11/2026 10:00\"; the header names a zone: times without an offset are \
         read in it, days are those of Europe/Berlin"
    );
    assert!(readings[0].read("12.50").is_err());
    assert!(readings[1].read("11/13/2026").is_err());
}
