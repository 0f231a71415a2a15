//! Values that other programs read wrongly, by public reports. The files are our own.

use super::*;
use Meaning::{Amount, Count, Day, Id, Ratio};
use chrono_tz::Asia::Shanghai;

// actualbudget/actual#2374: -3.000 was taken for three.
#[test]
fn a_lone_group_of_three_is_asked_about() {
    assert!(column(Amount, &["-3.000"], &hints()).is_err());
    assert_eq!(read(Amount, &["-3.000"], &mark(Mark::Comma)), ["-3000"]);
}

// actualbudget/actual#2143: whole thousands lost their zeros beside amounts that showed the mark.
#[test]
fn one_amount_with_both_marks_decides_for_the_others() {
    assert_eq!(read(Amount, &["1.000", "1.111,11"], &hints()), ["1000", "1111.11"]);
}

// firefly-iii/firefly-iii#8404: -1.000 became one in a column with decimal commas.
#[test]
fn decimal_commas_elsewhere_make_the_point_a_group() {
    let amounts = ["-236,48", "-124,99", "-89,9", "1.488,69", "-1.000"];
    assert_eq!(read(Amount, &amounts, &hints()), ["-236.48", "-124.99", "-89.9", "1488.69", "-1000"]);
}

// actualbudget/actual#5020: a single decimal became thousands.
#[test]
fn a_single_decimal_in_a_file_with_semicolons_is_a_decimal() {
    let semicolons = Hints { is_semicolon_file: true, ..hints() };
    assert_eq!(read(Amount, &[" -110.7 €", "-116.62 €"], &semicolons), ["-110.7 EUR", "-116.62 EUR"]);
}

// securo-finance/securo#665: 25,000 was loaded as 25.00, and signs of other currencies lost the row.
#[test]
fn thousands_with_commas_are_not_made_small() {
    assert!(column(Amount, &["25,000", "3,000"], &hints()).is_err());
    let amounts = ["25,000", "₦1,500.00", "NGN 2,300.50", "$40.00"];
    assert_eq!(read(Amount, &amounts, &hints()), ["25000", "1500 NGN", "2300.5 NGN", "40"]);
}

// actualbudget/actual#6206: U+2212 was dropped and the amount became positive; its two columns have two marks.
#[test]
fn a_typographic_minus_stays_a_minus() {
    assert_eq!(read(Amount, &["−100,00", "-100,00"], &hints()), ["-100", "-100"]);
    let columns: [(Meaning, &str, &[&str]); 2] = [(Amount, "in", &["−100,00"]), (Amount, "sum", &["900.00"])];
    assert!(table(&columns, &hints()).is_err());
}

// tidyverse/readr#358: "-3,000" came out as 3000.
#[test]
fn a_grouped_negative_stays_negative() {
    assert_eq!(read(Amount, &["-3,000", "-4000", "1.5"], &hints()), ["-3000", "-4000", "1.5"]);
}

// SheetJS/sheetjs#1966: 49.03- was read as a day far away.
#[test]
fn a_minus_behind_is_a_sign_and_no_day() {
    assert_eq!(read(Amount, &["5.5", "49.03", "49.03-", "-49.03"], &hints()), ["5.5", "49.03", "-49.03", "-49.03"]);
    assert_eq!(read(Day, &["49.03-", "2026-11-02"], &hints()), ["!", "2026-11-02"]);
}

// OpenCompare/OpenCompare#143: 50,52% and 1,408 were split at the comma.
#[test]
fn a_percent_with_a_comma_proves_the_mark_of_the_file() {
    let columns: [(Meaning, &str, &[&str]); 3] =
        [(Count, "Totals", &["97"]), (Ratio, "Winrate", &["50,52%"]), (Amount, "Shift", &["1,408"])];
    assert_eq!(table(&columns, &hints()).expect("read").concat(), ["97", "0.5052", "1.408"]);
}

// actualbudget/actual#807: $(12.34) counted as income.
#[test]
fn brackets_behind_a_sign_are_negative() {
    assert_eq!(read(Amount, &["$(12.34)", "$12.34", "($30.00)"], &hints()), ["-12.34", "12.34", "-30"]);
}

// pecuniabanking/pecunia-client#464: a plus sign made the amount zero.
#[test]
fn a_plus_sign_loses_nothing() {
    assert_eq!(read(Amount, &["+50,00"], &hints()), ["50"]);
}

// vandenbroucke/monefy-web#6: "7 000" lost its thousands.
#[test]
fn blanks_group_digits() {
    assert_eq!(read(Amount, &["7 000", "7\u{a0}000", "12 345 678,9"], &hints()), ["7000", "7000", "12345678.9"]);
}

// wireservice/csvkit#280 and WinMerge/winmerge#1279: each day in whichever order fits it, so half the column was wrong.
#[test]
fn a_day_past_twelve_decides_for_the_column() {
    assert_eq!(read(Day, &["02/01/2014", "31/12/2012"], &hints()), ["2014-01-02", "2012-12-31"]);
    assert_eq!(read(Day, &["02-01-2014", "12-31-2012"], &hints()), ["2014-02-01", "2012-12-31"]);
}

// submersion-app/submersion#1828: 03/04/1991 was 4 March without a word.
#[test]
fn a_day_that_may_be_two_is_asked_about() {
    assert!(column(Day, &["03/04/1991"], &hints()).is_err());
    assert_eq!(read(Day, &["03/04/1991", "15/04/1991"], &hints()), ["1991-04-03", "1991-04-15"]);
}

// submersion-app/submersion#1829 and JuliaData/CSV.jl#620: 91 was the year 91, 20 the year 20.
#[test]
fn a_two_digit_year_is_read_only_where_the_format_says_so() {
    assert!(column(Day, &["4/15/91", "4/15/26"], &hints()).is_err());
    assert_eq!(read(Day, &["4/15/91", "4/23/20"], &format("%m/%d/%y")), ["1991-04-15", "2020-04-23"]);
    assert_eq!(read(Day, &["4/23/20"], &format("%m/%d/%Y")), ["!"]);
}

// wealthfolio/wealthfolio#1622 and actualbudget/actual#2310: days of short years, in the wrong order.
#[test]
fn short_years_prove_the_order_too() {
    let days = ["03/08/26", "26/06/26"];
    assert!(refused(Day, &days, &hints()).ends_with("write date_format = \"%d/%m/%y\" in the connection"));
    assert!(column(Day, &days, &format("%m/%d/%y")).is_err());
    assert_eq!(read(Day, &days, &format("%d/%m/%y")), ["2026-08-03", "2026-06-26"]);
}

// tidyverse/readxl#641: a spreadsheet had turned some days around and left the rest as they were.
#[test]
fn days_that_a_spreadsheet_half_turned_around_are_refused() {
    assert!(refused(Day, &["2021-05-03", "13/05/2021", "25/05/2021"], &hints()).contains("swapped day and month"));
    assert_eq!(read(Day, &["2021-05-23", "13/05/2021"], &hints()), ["2021-05-23", "2021-05-13"]);
}

// TNT-Likely/BeeCount-Cloud#39: a local time was taken for UTC, eight hours late.
#[test]
fn a_time_without_an_offset_is_the_workspace_s_own() {
    let east = Hints { workspace_zone: Shanghai, ..hints() };
    let instants = ["2024-08-29 23:16", "2024-08-29T15:16:00Z", "2024-08-29T16:16:00Z"];
    assert_eq!(read(Day, &instants, &east), ["2024-08-29", "2024-08-29", "2024-08-30"]);
}

// proompteng/bilig#28 and pulibrary/orangelight#2695: ids lost their zeros or their last digit.
#[test]
fn ids_keep_their_zeros_and_their_last_digit() {
    let ids = ["0010", "021000021", "000123", "9912140633506421"];
    assert_eq!(read(Id, &ids, &hints()), ids);
}
