use super::read;
use crate::connectors::file::own_target::Targets;
use crate::connectors::file::preset::Preset;
use crate::connectors::file::target::Target;
use crate::domain::dropped::Repeats;
use crate::settings::{Problem, Problems, Source};
use std::path::Path;

fn read_text(text: &str) -> Result<Preset, Vec<Problem>> {
    let problems = Problems::default();
    let preset = read(Source { file: Path::new("own.toml"), text, problems: &problems }, "own", &Targets::default());
    preset.ok_or_else(|| problems.into_sorted())
}

const OF_FX: &str = "about = \" Rates \"\ntarget = \"fx\"\n";
const COLUMNS_OF_FX: &str = "[columns]\ndate = [\"d\"]\ncurrency = [\"c\"]\nrate = [\"r\"]\n";

/// Forms that earlier releases took, stricter as other settings are.
#[test]
fn what_earlier_releases_took_is_read_as_it_is_written() {
    let written = "sheet = \"\"\nrange = \"A:F\"\ndate_format = \"%s\"\nheader_line = 0\n";
    let columns = "[columns]\ndate = [\"d\", \"\", { join = [\"a\"] }, { join = [\"b\", \"b\"] }]\ncurrency = []\nrate = [\"Rate\\nof the day\"]\n";
    let rest = "[constants]\ncurrency = \"\"\n[questions]\n\"z\" = []\n\"A\" = [\"rate\", \"rate\", \"counts\"]\n[[filters]]\ncolumns = []\ncounts = [\"  Yes\"]\n";
    let preset = read_text(&[OF_FX, written, columns, rest].concat()).expect("a preset");
    assert_eq!((preset.about.as_str(), preset.target, &preset.repeats), ("Rates", Target::Fx, &Repeats::Quarantine));
    let written = &preset.written;
    assert_eq!(
        (written.sheet.as_deref(), written.range.as_deref(), written.header_line),
        (Some(""), Some("A:F"), Some(0))
    );
    let columns: Vec<_> =
        preset.columns.iter().map(|column| (column.field.name, &*column.headers, &*column.joined)).collect();
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let (days, joined, rates) = (owned(&["d", ""]), owned(&["b", "b"]), owned(&["Rate\nof the day"]));
    assert_eq!(columns, [("date", &*days, &*joined), ("currency", &[], &[]), ("rate", &*rates, &[])]);
    assert_eq!(preset.column("currency").and_then(|column| column.constant.as_deref()), Some(""));
    let questions: Vec<_> =
        preset.questions.iter().map(|question| (question.header.as_str(), question.fields.len())).collect();
    assert_eq!(questions, [("A", 3), ("z", 0)]);
    assert_eq!((preset.filters[0].counts.as_slice(), preset.filters[0].is_needed), (owned(&["yes"]).as_slice(), true));
}

#[test]
fn a_factor_is_any_number_and_keeps_its_digits() {
    let cases = [
        ("1000", "1000"),
        ("\"1000.00\"", "1000.00"),
        ("1000.0", "1000"),
        ("-5", "-5"),
        ("0.001", "0.001"),
        ("\"1e-6\"", "0.000001"),
        ("\"0.000000001\"", "0.000000001"),
        ("0x10", "16"),
    ];
    for (factor, read) in cases {
        let preset = read_text(&format!("{OF_FX}{COLUMNS_OF_FX}[factors]\nrate = {factor}\n")).expect(factor);
        let found = preset.column("rate").and_then(|column| column.factor).map(|factor| factor.to_string());
        assert_eq!(found.as_deref(), Some(read), "{factor}");
    }
    for factor in ["nan", "inf", "\"\"", "true", "[1]"] {
        assert!(read_text(&format!("{OF_FX}{COLUMNS_OF_FX}[factors]\nrate = {factor}\n")).is_err(), "{factor}");
    }
}

/// No mistake hides another one, whatever its kind.
#[test]
fn mistakes_of_every_part_are_told_at_once() {
    let text = "abuot = \"Rates\"\ntarget = \"fxx\"\nrepeats = 1\nzone = \"Mars\"\n[columns]\nrate = \"r\"\n[factors]\nrate = true\n[questions]\n\"a\" = 1\n[[filters]]\ncount = []\n[unpivot]\nnames = 5\n";
    let problems = read_text(text).expect_err("problems");
    let lines: Vec<usize> = problems.iter().filter_map(|problem| problem.line).collect();
    assert_eq!(lines, [1, 1, 2, 3, 4, 6, 8, 10, 11, 12, 13, 14], "{problems:#?}");
    assert!(problems.iter().all(|problem| !problem.remedy.is_empty()), "{problems:#?}");
}

#[test]
fn without_a_target_names_of_fields_are_not_doubted() {
    let text = ["about = \"x\"\n", COLUMNS_OF_FX, "whatever = [\"w\"]\n"].concat();
    let problems = read_text(&text).expect_err("no target");
    assert_eq!(problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>(), ["\"target\" is missing"]);
}
