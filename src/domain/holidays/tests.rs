//! Every date of every region compared with the Python package `holidays`, and how regions are written.

use super::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

fn region(text: &str) -> Region {
    Region::parse(text).expect("a region")
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// The reference: dates by region and year.
type Reference = BTreeMap<(String, i32), BTreeSet<NaiveDate>>;

fn reference(country: &str) -> Reference {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/holidays/{country}.tsv"));
    let text = std::fs::read_to_string(&path).expect("a fixture for each country");
    let mut reference = Reference::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let [year, regions, dates] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let year: i32 = year.parse().expect("a year");
        let dates: BTreeSet<_> =
            dates.split(' ').filter(|day| !day.is_empty()).map(|day| month_and_day(year, day)).collect();
        for code in regions.split(',') {
            let name = if code == country { code.to_owned() } else { format!("{country}-{code}") };
            reference.insert((name, year), dates.clone());
        }
    }
    reference
}

fn month_and_day(year: i32, text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(&format!("{year}{text}"), "%Y%m%d").expect("a month and day")
}

#[test]
fn every_day_of_every_region_is_as_the_reference_has_it() {
    let mut wrong = Vec::new();
    let mut proved = 0;
    let regions = Region::all();
    for country in shipped::countries() {
        let mut reference = reference(&country.code);
        for region in regions.iter().filter(|region| region.country().code == country.code) {
            for year in PROVED_YEARS {
                let known =
                    reference.remove(&(region.to_string(), year)).expect("a reference for each region and year");
                let ours: BTreeSet<_> = holidays(*region, year).iter().map(|holiday| holiday.date).collect();
                let missing = known.difference(&ours).map(|date| format!("{region} lacks {date}"));
                let extra = ours.difference(&known).map(|date| format!("{region} should not have {date}"));
                wrong.extend(missing.chain(extra));
                proved += 1;
            }
        }
        assert!(reference.is_empty(), "regions of the reference that we lack: {:?}", reference.keys());
    }
    assert!(wrong.is_empty(), "{} days are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(proved, regions.len() * PROVED_YEARS.count());
}

#[test]
fn no_subdivision_has_the_code_of_its_country() {
    for country in shipped::countries() {
        assert!(!country.subdivisions.contains_key(&country.code), "{}", country.code);
    }
}

#[test]
fn every_shipped_file_can_be_read_and_holds_the_country_of_its_name() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/domain/holidays/countries");
    let files = std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("a file").path());
    let codes = files.filter(|path| path.extension().is_some_and(|ending| ending == "toml"));
    for path in codes {
        let code = path.file_stem().and_then(|stem| stem.to_str()).expect("a code");
        let country = Country::shipped(code).unwrap_or_else(|| panic!("{code} is not in the list"));
        assert_eq!(country.unwrap_or_else(|error| panic!("{code}: {error}")).code, code);
    }
}

#[test]
fn names_are_in_english_and_say_which_days_are_observed() {
    let named = |code: &str, day: &str| {
        let found = holidays(region(code), date(day).year());
        found.into_iter().find(|holiday| holiday.date == date(day)).map_or_else(String::new, |holiday| holiday.name)
    };
    assert_eq!(named("DE", "2024-10-03"), "German Unity Day");
    assert_eq!(named("GB-ENG", "2022-01-03"), "New Year's Day (observed)");
    assert_eq!(named("US-NY", "2021-12-31"), "New Year's Day (observed)");
    assert_eq!(named("KR", "2025-05-05"), "Buddha's Birthday / Children's Day");
    assert_eq!(named("NL", "2025-04-26"), "King's Day (observed)");
}

#[test]
fn the_holidays_of_several_regions_come_together() {
    let regions = ["DE-BE", "DE-BY", "AT", "DE-BY"].map(region);
    let found = holidays_between(&regions, date("2025-12-26"), date("2026-01-07"));
    let shown: Vec<String> =
        found.iter().map(|found| format!("{} {} {:?}", found.date, found.name, found.regions)).collect();
    let expected = [
        "2025-12-26 Saint Stephen's Day [Region(AT)]",
        "2025-12-26 Second Day of Christmas [Region(DE-BE), Region(DE-BY)]",
        "2026-01-01 New Year's Day [Region(DE-BE), Region(DE-BY), Region(AT)]",
        "2026-01-06 Epiphany [Region(DE-BY), Region(AT)]",
    ];
    assert_eq!(shown, expected);
    assert_eq!(holidays_between(&regions, date("2026-01-01"), date("2026-01-01")), []);
    assert_eq!(holidays_between(&regions, date("2027-01-01"), date("2026-01-01")), []);
}

#[test]
fn a_day_is_a_holiday_or_not() {
    assert!(is_holiday(region("DE-BY"), date("2025-01-06")));
    assert!(!is_holiday(region("DE-BE"), date("2025-01-06")));
}

#[test]
fn years_at_the_ends_of_time_do_no_harm() {
    for year in [i32::MIN, -1, 0, 1582, 1583, 9999, i32::MAX] {
        for region in ["DE", "US-NY", "JP", "GR"].map(region) {
            holidays(region, year);
        }
    }
    assert!(!is_holiday(region("DE"), NaiveDate::MAX));
    assert!(is_holiday(region("DE"), NaiveDate::MIN), "its first of January");
}

#[test]
fn regions_are_written_as_they_are_read() {
    for region in Region::all() {
        assert_eq!(Region::parse(&region.to_string()), Ok(region));
    }
    assert_eq!(region(" de-augsburg ").to_string(), "DE-Augsburg");
    assert_eq!(region("us-ny").name(), "New York, United States");
    assert_eq!(region("BR-são paulo capital").name(), "City of São Paulo, Brazil");
}

#[test]
fn an_unknown_region_is_answered_with_near_ones() {
    let answer = |text: &str| Region::parse(text).expect_err("no region").to_string();
    assert_eq!(answer("UK"), r#"no holidays are known for "UK"; did you mean GB (United Kingdom)?"#);
    assert_eq!(answer("Germany"), r#"no holidays are known for "Germany"; did you mean DE (Germany)?"#);
    assert_eq!(answer("DE-Bavaria"), r#"DE has no subdivision "Bavaria"; did you mean BY (Bavaria)?"#);
    assert_eq!(answer("DK-84"), r#"DK has no subdivision "84"; write DK alone"#);
    assert_eq!(
        answer("GB-LDN"),
        "GB has no subdivision \"LDN\"; known: ENG (England), NIR (Northern Ireland), SCT (Scotland), WLS (Wales)"
    );
    assert!(answer("").starts_with("no holidays are known for \"\"; known: AT (Austria), AU (Australia)"));
    assert!(answer(&"x".repeat(5000)).contains("known: AT"));
}

#[test]
fn a_file_that_contradicts_itself_is_refused() {
    let refused = |rule: &str| {
        let head = "code = \"XX\"\nname = \"X\"\n[subdivisions]\nA = \"A\"\n[[holiday]]\nname = \"N\"\n";
        Country::read(&format!("{head}{rule}")).expect_err("a mistake").to_string()
    };
    let known = [
        ("day = \"May 1\"\ncolour = 1", "unknown field `colour`"),
        ("day = \"May 32\"", "is no day"),
        ("only = [\"A\"]", "neither `day` nor `on`"),
        ("on = [\"2020-01-01\"]\nfrom = 2020", "need a `day`"),
        ("on = [\"2021-01-01\", \"2020-01-01\"]", "not in order"),
        ("day = \"May 1\"\nfrom = 2020\nuntil = 2019", "before `from`"),
        ("day = \"May 1\"\nevery = 2", "counts from `from`"),
        ("day = \"May 1\"\nfrom = 2020\nevery = 0", "at least 1"),
        ("day = \"May 1\"\nonly = [\"A\"]\nexcept = [\"XX\"]", "both `only` and `except`"),
        ("day = \"May 1\"\nonly = [\"B\"]", "holiday 1 (N): unknown subdivision \"B\""),
        ("day = \"May 1\"\nalso = { sat = \"friday\" }", "a number of days"),
        ("day = \"May 1\"\nmoved = { sat = 2, shared = 1 }", "`moved` knows no `shared`"),
    ];
    for (rule, message) in known {
        assert!(refused(rule).contains(message), "{rule}: {}", refused(rule));
    }
}
