use super::*;
use crate::domain::fact::Dimension;
use crate::domain::period::Period;
use crate::report::data::Sums;
use chrono::NaiveDate;
use rust_decimal::Decimal;

#[test]
fn names_of_a_part_are_taken_by_the_letter_in_any_case_but_for_stars() {
    let within = Filter {
        channels: vec!["paid_search".to_owned(), "a.b".to_owned()],
        campaigns: vec!["Berlin * (x)".to_owned()],
    };
    let (channels, campaigns) = patterns(&within);
    assert_eq!(channels, "(?s)(?:paid_search|a\\.b)");
    assert_eq!(campaigns, "(?is)(?:Berlin .* \\(x\\))");
    assert_eq!(patterns(&Filter::default()), (String::new(), String::new()));
}

pub(super) fn workspace() -> Workspace {
    Workspace::sample("w", "EUR")
}

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
    let date = |day| NaiveDate::from_ymd_opt(2026, 11, day).expect("a date");
    let period = Period { start: date(1), end: date(8) };
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

#[test]
fn every_question_has_the_columns_of_its_header_and_asks_facts_that_there_are() {
    use crate::report::questions::all;
    use crate::warehouse::Warehouse;
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let period = Period::day(NaiveDate::from_ymd_opt(2026, 11, 1).expect("a date"));
    let facts = crate::warehouse::facts::builtin();
    for (name, question) in all() {
        assert!(question.facts.iter().chain(&question.moved_by).all(|fact| facts.get(fact).is_some()), "{name}");
        let keys = question.keys.iter().map(|key| (key.clone(), "1".to_owned())).collect();
        let found = warehouse.read_blocking(|reader| {
            answers::known_since(reader, "w", question)?;
            for (measure, _) in &question.measures {
                for keys in [&keys, &BTreeMap::new()] {
                    let sql = question.sql(keys, measure, ("w", period), crate::warehouse::sql::literal);
                    reader.prepare(&sql).and_then(|mut asked| asked.query([]).map(drop)).unwrap_or_else(|error| {
                        panic!("{name}: {error}: {sql}");
                    });
                }
            }
            answers::read(reader, "w", (name, question), period)
        });
        assert_eq!(found.unwrap_or_else(|error| panic!("{name}: {error}")).len(), 0);
    }
}
