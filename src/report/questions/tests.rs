use super::*;
use chrono::NaiveDate;
use rust_decimal::dec;

const HEADER: &str = "-- Question: Visits by town.\n-- Keys: country, town\n-- Measures: visits, euros \"What\n--   they spent\"\n\
    -- Facts: visit\n-- Says: {measure} ({label}) in {town}, {country}\n-- Whole: {measure} everywhere\n";
const QUERY: &str = "-- Prose: of no meaning.\nSELECT 1 FROM t WHERE w = $workspace AND d >= $start AND d < $end\n";

fn read(more: &str) -> Question {
    Question::read(&format!("{HEADER}{more}{QUERY}")).expect("a question")
}

fn keys(country: &str, town: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("country".to_owned(), country.to_owned()), ("town".to_owned(), town.to_owned())])
}

fn answers(rows: &[(&str, &str, Decimal)]) -> Answers {
    let row = |(country, town, visits): &(&str, &str, Decimal)| {
        let values = BTreeMap::from([("visits".to_owned(), *visits)]);
        (vec![(*country).to_owned(), (*town).to_owned()], Answer { values, ..Answer::default() })
    };
    rows.iter().map(row).collect()
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[test]
fn every_question_that_ships_can_be_read() {
    for (name, text) in FILES {
        let read = Question::read(text).unwrap_or_else(|problem| panic!("{name}: {problem}"));
        assert!(read.facts.iter().all(|fact| !fact.contains([' ', '.'])), "{name}: {read:?}");
        assert!(read.measures.iter().all(|(name, label)| !name.contains(['"', ' ']) && !label.contains('"')), "{name}");
    }
    assert_eq!(all().count(), FILES.len());
    let moves = question("mrr_movements").expect("a question");
    assert_eq!((moves.measures.len(), moves.label("reactivation")), (11, "Came back"));
}

#[test]
fn a_header_says_what_a_value_is_and_hostile_values_stay_words() {
    let question = read("");
    assert_eq!(question.definition(&keys("de", "Bonn"), "visits"), "visits (visits) in Bonn, de");
    assert_eq!(question.definition(&keys("{town}", "{x"), "euros"), "euros (what they spent) in {x, {town}");
    assert_eq!(question.definition(&BTreeMap::new(), "visits"), "visits everywhere");
    for (without, says) in [("-- Facts: visit\n", "no Facts"), ("-- Question: Visits by town.\n", "no Question")] {
        let text = format!("{}{QUERY}", HEADER.replace(without, ""));
        assert!(Question::read(&text).expect_err("a fault").contains(says));
    }
    assert!(Question::read(&format!("{HEADER}SELECT 1")).expect_err("a fault").contains("$workspace"));
    let other = format!("{HEADER}-- Absent: maybe\n{QUERY}");
    assert!(Question::read(&other).expect_err("a fault").contains("maybe"));
}

#[test]
fn what_is_not_there_is_unknown_or_nothing_as_the_header_says() {
    let some = answers(&[("de", "Bonn", dec!(3)), ("fr", "Paris", dec!(4))]);
    let none = Answers::new();
    for (more, absent, of_none) in [
        ("", None, None),
        ("-- Absent: 0\n", Some(Decimal::ZERO), Some(Decimal::ZERO)),
        ("-- Absent: 0 where any row is there\n", Some(Decimal::ZERO), None),
    ] {
        let question = read(more);
        assert_eq!(question.value(&some, &keys("de", "Bonn"), "visits"), Some(dec!(3)));
        assert_eq!(question.value(&some, &BTreeMap::new(), "visits"), Some(dec!(7)));
        assert_eq!(question.value(&some, &keys("de", "Paris"), "visits"), absent, "{more}");
        assert_eq!(question.value(&none, &keys("de", "Bonn"), "visits"), of_none, "{more}");
    }
}

#[test]
fn the_query_that_is_explained_is_the_one_that_is_read() {
    let day = NaiveDate::from_ymd_opt(2026, 11, 1).expect("a day");
    let of = ("a'cme$start", Period::day(day));
    let read_as = read("").query(["'a''cme$start'", "DATE '2026-11-01'", "DATE '2026-11-02'"]);
    for more in ["", "-- Absent: 0\n", "-- Absent: 0 where any row is there\n"] {
        let sql = read(more).sql(&keys("de", "L'Aquila"), "visits", of, quoted);
        assert!(sql.contains(&read_as) && sql.contains("'L''Aquila'"), "{sql}");
    }
}
