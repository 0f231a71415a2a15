use super::*;
use crate::domain::fact::Dimension;

#[test]
fn names_of_a_part_are_taken_by_the_letter_but_for_stars() {
    let within = Filter {
        channels: vec!["paid_search".to_owned(), "a.b".to_owned()],
        campaigns: vec!["Berlin * (x)".to_owned()],
    };
    let (channels, campaigns) = patterns(&within);
    assert_eq!(channels, "(?s)(?:paid_search|a\\.b)");
    assert_eq!(campaigns, "(?s)(?:Berlin .* \\(x\\))");
    assert_eq!(patterns(&Filter::default()), (String::new(), String::new()));
}

const METRICS: &str = "[cost]\nlabel = 'x'\nabout = 'x'\nunit = 'money'\nbetter = 'neither'\nsum = 'cost'\n\
    [search]\nlabel = 'x'\nabout = 'x'\nunit = 'money'\nbetter = 'neither'\nsum = 'cost'\n\
    where = { channel = 'paid_search' }\n\
    [mtd]\nlabel = 'x'\nabout = 'x'\nunit = 'money'\nbetter = 'neither'\nof = 'cost'\nwindow = 'month_to_date'\n\
    [search_ytd]\nlabel = 'x'\nabout = 'x'\nunit = 'money'\nbetter = 'neither'\nof = 'search'\nwindow = 'year_to_date'\n\
    [week]\nlabel = 'x'\nabout = 'x'\nunit = 'money'\nbetter = 'neither'\nof = 'cost'\nwindow = 'rolling_7'\n\
    [weeks]\nlabel = 'x'\nabout = 'x'\nunit = 'money'\nbetter = 'neither'\nof = 'cost'\nwindow = 'rolling_28'\n";

fn workspace() -> Workspace {
    Workspace {
        id: "w".to_owned(),
        name: "W".to_owned(),
        time_zone: chrono_tz::UTC,
        currency: crate::domain::money::Currency::new("EUR").expect("a currency"),
        week_starts_on: chrono::Weekday::Mon,
        fiscal_year: FiscalYear::default(),
    }
}

/// A metric of each day of a period, and of the period, from rows of day, channel and cost.
fn read(rows: &str, period: Period, metric: &str) -> (Vec<String>, String) {
    let connection = Connection::open_in_memory().expect("a database");
    let insert = format!(
        "CREATE SCHEMA mart; CREATE TABLE mart.mrr_daily (workspace VARCHAR, date DATE);
         CREATE TABLE mart.metric_daily AS SELECT 'w' AS workspace, day AS date, channel, 's' AS source,
             '' AS campaign, cost FROM (VALUES {rows}) AS v(day, channel, cost)"
    );
    connection.execute_batch(&insert).expect("rows");
    let summed = [("cost".to_owned(), Vec::new())].into();
    let columns = crate::domain::metric::Columns { summed, ..Default::default() };
    let metrics = Registry::new(toml::from_str(METRICS).expect("TOML"), &columns).expect("metrics");
    let needs = Needs { days: Some(period), spans: [period].into(), ..Needs::default() };
    let data = report_data(&connection, &workspace(), &metrics, &needs).expect("read");
    let text = |sums: Option<&Sums>| {
        let value = metrics.value(metric, &|name| sums?.get(name).copied());
        value.map_or_else(|| "none".to_owned(), |value| value.to_string())
    };
    (
        period.dates().map(|day| text(data.days.get(&day))).collect(),
        text(data.spans.get(&period).map(|span| &span.total)),
    )
}

fn days(first: &str, last: &str) -> Period {
    let date = |text: &str| text.parse::<NaiveDate>().expect("a date");
    Period { start: date(first), end: date(last) + Days::new(1) }
}

// metabase/metabase#34990: on days without rows a running sum was empty instead of what it had been the day before.
#[test]
fn a_day_without_rows_keeps_what_came_in_before() {
    let rows = "(DATE '2026-11-02', 'email', 5), (DATE '2026-11-04', 'email', 7)";
    let period = days("2026-11-01", "2026-11-05");
    assert_eq!(
        read(rows, period, "mtd"),
        (["none", "5", "5", "12", "12"].map(str::to_owned).to_vec(), "12".to_owned())
    );
    // Nothing is carried over into the next month.
    assert_eq!(read(rows, days("2026-11-30", "2026-12-01"), "mtd").0, ["12", "none"]);
}

// dbt-labs/docs.getdbt.com#4549: a range of days was cut before the window was summed, so its first days were too low.
#[test]
fn the_first_days_of_a_range_count_the_days_before_it() {
    let rows = (1..=20).map(|day| format!("(DATE '2026-11-{day:02}', 'email', 1)")).collect::<Vec<_>>().join(", ");
    assert_eq!(read(&rows, days("2026-11-10", "2026-11-12"), "week").0, ["7", "7", "7"]);
    assert_eq!(read(&rows, days("2026-11-03", "2026-11-04"), "week").0, ["3", "4"], "what there is");
}

// cube-js/cube#9205: a filtered sum of the year to date; one row a month on the 13th, as reported there.
#[test]
fn a_filtered_sum_of_the_year_to_date_starts_anew_with_the_year() {
    let row = |year: u32, month: u32| {
        format!("(DATE '{year}-{month:02}-13', 'paid_search', 100), (DATE '{year}-{month:02}-13', 'email', 1)")
    };
    let rows = (11..=12).map(|month| row(2023, month)).chain((1..=7).map(|month| row(2024, month)));
    let rows = rows.collect::<Vec<_>>().join(", ");
    assert_eq!(read(&rows, days("2024-07-13", "2024-07-13"), "search_ytd"), (vec!["700".to_owned()], "700".to_owned()));
    assert_eq!(read(&rows, days("2023-12-31", "2024-01-13"), "search_ytd").0[13], "100");
}

// cube-js/cube#1736: the last 28 days of a month are those that end with it, not a sum of what each day was.
#[test]
fn a_rolling_sum_of_a_month_is_that_of_its_last_day() {
    let rows = (1..=31).map(|day| format!("(DATE '2026-10-{day:02}', 'email', 2)")).collect::<Vec<_>>().join(", ");
    assert_eq!(read(&rows, days("2026-10-01", "2026-10-31"), "weeks").1, "56", "28 days at 2");
}

/// Sums of clicks and sessions by device, of what ad platforms, web analytics and posts add.
fn by_device(rows: &str) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let connection = Connection::open_in_memory().expect("a database");
    let tables = format!(
        "CREATE SCHEMA mart; CREATE SCHEMA ops; CREATE TABLE mart.mrr_daily (workspace VARCHAR, date DATE);
         CREATE TABLE ops.fact (fact VARCHAR, dimensions VARCHAR[], measures VARCHAR[], adds_fingerprint VARCHAR);
         INSERT INTO ops.fact VALUES ('ad_daily', ['device', 'account'], ['clicks'], 'x'), ('web_daily', ['device'], ['sessions'], 'x'),
             ('influencer_post', ['account'], ['clicks'], 'x'), ('gone', ['device'], ['clicks'], NULL);
         CREATE TABLE mart.metric_daily (workspace VARCHAR, date DATE, channel VARCHAR, source VARCHAR, campaign VARCHAR,
             clicks BIGINT, sessions BIGINT);
         CREATE TABLE mart.ad_daily_by AS SELECT *, NULL::VARCHAR AS device FROM mart.metric_daily LIMIT 0;
         CREATE TABLE mart.web_daily_by AS FROM mart.ad_daily_by; {rows}"
    );
    connection.execute_batch(&tables).expect("rows");
    let summed = ["clicks", "sessions"].map(|name| (name.to_owned(), Vec::new())).into();
    let columns = crate::domain::metric::Columns { summed, ..Default::default() };
    let one = |name: &str| {
        format!("[{name}]\nlabel = 'x'\nabout = 'x'\nunit = 'count'\nbetter = 'neither'\nsum = '{name}'\n")
    };
    let metrics = toml::from_str(&["clicks", "sessions"].map(one).concat()).expect("TOML");
    let metrics = Registry::new(metrics, &columns).expect("metrics");
    let period = days("2026-11-01", "2026-11-07");
    let dimensions = [(period, Dimension::Device)].into();
    let needs = Needs { spans: [period].into(), dimensions, ..Needs::default() };
    let data = report_data(&connection, &workspace(), &metrics, &needs).expect("read");
    let span = &data.spans[&period];
    for name in ["clicks", "sessions"] {
        let parts: Decimal = span.dimensions[&Dimension::Device].values().filter_map(|sums| sums.get(name)).sum();
        assert_eq!(parts, span.total.get(name).copied().unwrap_or_default(), "the parts of {name} are the whole");
    }
    let told = |sums: &Sums| sums.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(" ");
    let parts = span.dimensions[&Dimension::Device].iter().map(|(part, sums)| (part.clone(), told(sums))).collect();
    let spelt = data.spellings.into_iter().map(|((_, part), spelt)| (part, spelt)).collect();
    (parts, spelt)
}

const WORDS: &str = "INSERT INTO mart.ad_daily_by (workspace, date, channel, source, campaign, device, clicks) VALUES
        ('w', DATE '2026-11-01', 'p', 'g', '', 'MOBILE', 5), ('w', DATE '2026-11-02', 'p', 'g', '', 'DESKTOP', 3);
    INSERT INTO mart.web_daily_by (workspace, date, channel, source, campaign, device, sessions) VALUES
        ('w', DATE '2026-11-01', 'p', 'g', '', 'mobile', 7), ('w', DATE '2026-11-01', 'p', 'g', '', '(not set)', 2),
        ('w', DATE '2026-11-03', 'p', 'g', '', NULL, 1);
    INSERT INTO mart.metric_daily VALUES ('w', DATE '2026-11-01', 'p', 'g', '', 5, 9), ('w', DATE '2026-11-02', 'p', 'g', '', 3, 0),
        ('w', DATE '2026-11-03', 'p', 'g', '', 0, 1);";

// chartshq/muze#228 and Avick3110/houseCARL#248: one value in two spellings made two rows with half of the sum each.
#[test]
fn a_word_in_two_spellings_is_one_row() {
    let (parts, spelt) = by_device(WORDS);
    assert_eq!(parts["mobile"], "clicks 5 sessions 7");
    assert_eq!(spelt["mobile"], "mobile");
    assert_eq!(spelt["desktop"], "DESKTOP", "as the only vendor spells it");
}

// matomo-org/matomo#20629 and PostHog/posthog#59673: what had no device was left out, so that rows summed to less than
// the whole.
#[test]
fn what_states_no_value_is_a_row_and_the_rows_are_the_whole() {
    let (parts, spelt) = by_device(WORDS);
    assert_eq!(parts[""], "clicks 0 sessions 3");
    assert!(!spelt.contains_key(""));
    let (parts, _) = by_device(
        "INSERT INTO mart.ad_daily_by (workspace, date, channel, source, campaign, device, clicks) VALUES
             ('w', DATE '2026-11-01', 'p', 'g', '', 'MOBILE', 5);
         INSERT INTO mart.metric_daily VALUES ('w', DATE '2026-11-01', 'p', 'g', '', 5, 0)",
    );
    assert_eq!(parts.into_keys().collect::<Vec<_>>(), ["mobile"], "nothing is left where all is told apart");
}

// PostHog/posthog#82157: conversions of a source that knows no viewport vanished from the rows without a word.
#[test]
fn what_a_fact_without_the_dimension_adds_is_not_stated() {
    let posts = "INSERT INTO mart.metric_daily VALUES ('w', DATE '2026-11-04', 'influencer', 'i', '', 40, 0);";
    let (parts, _) = by_device(&format!("{WORDS}{posts}"));
    assert_eq!(parts[""], "clicks 40 sessions 3");
    assert_eq!(parts["mobile"], "clicks 5 sessions 7");
}
