//! Metrics of rows, windows, minima and longer targets, and figures that are computed twice, in a real installation.
//! Every expected value is computed by hand beside it.

use crate::field::installation::{ship_without_reports, write};
use crate::maintenance_faults::{daybook, said};
use crate::own_fact::{files, well};
use chrono::{Days, NaiveDate};
use daybook::support::clock::Clock;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Years begin in February, weeks on Sundays.
const WORKSPACE: &str = r#"
name = "Acme"
time_zone = "UTC"
currency = "EUR"
week_starts_on = "sunday"
fiscal_year_starts = "february"

[recipients.team]
files = true

[[targets]]
metric = "cost"
year = "2026/27"
amount = "5475"

[[targets]]
metric = "cost"
quarter = "2026/27-Q1"
amount = "1335"

[[targets]]
metric = "cost"
from = 2026-03-01
by = 2026-04-09
amount = "600"

[[connections]]
id = "spend"
connector = "file"
folder = "drops"
preset = "ad_cost"
"#;

const METRICS: &str = r#"
[search_cost]
label = "Search cost"
about = "Media cost of paid search."
unit = "money"
better = "neither"
sum = "cost"
where = { channel = "paid_search" }

[search_share]
label = "Search share"
about = "Paid search of all media cost."
unit = "percent"
better = "neither"
formula = "search_cost / cost"

[brand_cpc]
label = "Brand CPC"
about = "Media cost per click of campaigns on the brand."
unit = "money"
better = "lower"
of = "cpc"
where = { campaign = ["Brand *", "Own name"], channel = "paid_search" }

[cost_mtd]
label = "Cost, month to date"
about = "Media cost since the first of the month."
unit = "money"
better = "neither"
of = "cost"
window = "month_to_date"

[cost_qtd]
label = "Cost, quarter to date"
about = "Media cost since the quarter began."
unit = "money"
better = "neither"
of = "cost"
window = "quarter_to_date"

[cost_ytd]
label = "Cost, year to date"
about = "Media cost since the year began."
unit = "money"
better = "neither"
of = "cost"
window = "year_to_date"

[search_cost_28]
label = "Search cost, 28 days"
about = "Media cost of paid search in 28 days."
unit = "money"
better = "neither"
of = "search_cost"
window = "rolling_28"

[cpc_7]
label = "CPC, 7 days"
about = "Media cost per click in 7 days."
unit = "money"
better = "lower"
of = "cpc"
window = "rolling_7"

[sound_ctr]
label = "Sound CTR"
about = "Clicks an impression, of 1,000 impressions or more."
unit = "percent"
better = "higher"
formula = "clicks / impressions"
minimum = 1000

[sound_ctr_7]
label = "Sound CTR, 7 days"
about = "The same in 7 days."
unit = "percent"
better = "higher"
of = "sound_ctr"
window = "rolling_7"
"#;

const JOB: &str = r#"
kind = "report"
report = "daily_performance"
cron = "0 8 * * *"
to = ["team"]
formats = ["csv", "html"]
late = "send_with_banner"

[[sections]]
kind = "metrics"
title = "Spend"
metrics = ["search_cost", "search_share", "brand_cpc", "cost_mtd", "cost_qtd", "cost_ytd", "search_cost_28", "cpc_7",
    "sound_ctr", "sound_ctr_7"]
by = "channel"

[[sections]]
kind = "goals"
"#;

const DAYBOOK: &str = r#"
[warehouse]
memory_limit_mb = 200
threads = 1
[delivery]
confirmed = true
[delivery.files]
path = "reports"
[delivery.slack.ops]
kind = "folder"
path = "slack"
[delivery.operator]
slack = ["ops"]
"#;

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// Each day 10 on a campaign of the brand (4 clicks of 100 impressions) and 5 on social media (1 of 300).
fn spend(first: NaiveDate, last: NaiveDate, but: Option<NaiveDate>) -> String {
    let days = first.iter_days().take_while(|day| *day <= last).filter(|day| Some(*day) != but);
    let rows = days.map(|day| {
        format!("{day},google,cpc,Brand Berlin,10,EUR,100,4\n{day},facebook,paid_social,Spring,5,EUR,300,1\n")
    });
    "date,source,medium,campaign,cost,currency,impressions,clicks\n".to_owned() + &rows.collect::<String>()
}

fn install(root: &Path, rows: &str) {
    ship_without_reports(root);
    write(root, "config/daybook.toml", DAYBOOK);
    write(root, "config/workspaces/acme.toml", WORKSPACE);
    write(root, "config/metrics.toml", METRICS);
    write(root, "jobs/report_daily.toml", JOB);
    drop_file(root, "spend.csv", rows);
}

fn drop_file(root: &Path, name: &str, rows: &str) {
    write(root, &format!("drops/{name}"), rows);
    // A file that has just changed may still be written to.
    let file = fs::File::options().write(true).open(root.join("drops").join(name)).expect("the file");
    file.set_modified((Clock::System.now() - chrono::TimeDelta::minutes(1)).into()).expect("older");
}

/// Lines of the report's CSV, each cell by its column.
fn lines(root: &Path) -> Vec<BTreeMap<String, String>> {
    let folder = fs::read_dir(root.join("reports")).expect("reports").flatten();
    let mut files: Vec<_> = folder.flat_map(|of| fs::read_dir(of.path()).into_iter().flatten().flatten()).collect();
    files.extend(fs::read_dir(root.join("reports")).expect("reports").flatten());
    let file = files.iter().map(|file| file.path()).find(|path| path.extension().is_some_and(|own| own == "csv"));
    let text = fs::read_to_string(file.expect("a CSV")).expect("read");
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let names = reader.headers().expect("names").clone();
    let line =
        |record: csv::StringRecord| names.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect();
    reader.records().map(|record| line(record.expect("a line"))).collect()
}

fn cell<'l>(lines: &'l [BTreeMap<String, String>], asked: &[(&str, &str)]) -> &'l BTreeMap<String, String> {
    let is_it = |line: &&BTreeMap<String, String>| asked.iter().all(|(name, value)| line[*name] == *value);
    lines.iter().find(is_it).unwrap_or_else(|| panic!("no line of {asked:?} in {lines:#?}"))
}

#[test]
fn metrics_of_rows_windows_and_minima_have_the_values_computed_by_hand() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    // Nothing on the 10th of March: a day without rows is a day of the window like others.
    install(root, &spend(date("2026-01-01"), date("2026-03-30"), Some(date("2026-03-10"))));
    well(root, &["check"]);
    well(root, &["sync"]);
    well(root, &["rollup"]);
    well(root, &["report", "-w", "acme", "--date", "2026-03-30"]);
    let lines = lines(root);
    let card = |metric: &str, compare: &str, column: &str| {
        let line = cell(
            &lines,
            &[("section", "spend"), ("block", "cards"), ("row", metric), ("compare", compare), ("column", column)],
        );
        line["value"].clone()
    };
    let value = |metric: &str| card(metric, "", "value");
    assert_eq!(value("search_cost"), "10");
    assert_eq!(value("search_share"), "0.666667", "10 of 15");
    assert_eq!(value("brand_cpc"), "2.5", "10 / 4");
    // 29 days of March at 15, then February's 28: what March has more is left out.
    assert_eq!(value("cost_mtd"), "435");
    assert_eq!(card("cost_mtd", "month_before", "base"), "420");
    // Since the 1st of February: 28 and 29 days at 15, as the year and its quarter began then.
    assert_eq!(value("cost_qtd"), "855");
    assert_eq!(value("cost_ytd"), "855");
    // 27 of 28 days at 10; cost and clicks of 7 days: 105 / 35.
    assert_eq!(value("search_cost_28"), "270");
    assert_eq!(card("search_cost_28", "28_days_before", "base"), "280", "the 3rd of February to the 2nd of March");
    assert_eq!(value("cpc_7"), "3");
    // 400 impressions are too few, 2,800 are not: 35 / 2,800.
    let few = cell(&lines, &[("section", "spend"), ("row", "sound_ctr"), ("column", "value"), ("compare", "")]);
    assert_eq!((few["value"].as_str(), few["text"].as_str()), ("", "too few"));
    assert_eq!(cell(&lines, &[("row", "sound_ctr_7"), ("column", "value"), ("block", "cards")])["exact"], "0.0125");
    // By channel: windows as well, and what counts of other channels is zero there.
    let of = |channel: &str, metric: &str| {
        cell(&lines, &[("section", "spend"), ("block", "spend"), ("row", channel), ("column", metric)])["value"].clone()
    };
    assert_eq!(of("paid_social", "cost_mtd"), "145", "29 days at 5");
    assert_eq!(of("paid_social", "search_cost"), "0");
    assert_eq!(of("paid_search", "search_cost_28"), "270");

    // Targets: 855 of 5,475 in the year, 855 of 1,335 in the quarter, 435 of 600 in 40 days of which 30 have passed.
    let goal = |row: &str, column: &str| {
        cell(&lines, &[("section", "goals"), ("row", row), ("column", column)])["value"].clone()
    };
    assert_eq!(goal("cost_2026_27", "reached"), "0.156164");
    assert_eq!(goal("cost_q1_2026_27", "reached"), "0.640449");
    assert_eq!(goal("cost_by_2026_04_09", "reached"), "0.725");
    assert_eq!(goal("cost_by_2026_04_09", "projected"), "580", "435 * 40 / 30");

    // Every receipt leads to SQL that gives the figure again.
    let receipts =
        |metric: &str| cell(&lines, &[("row", metric), ("column", "value"), ("block", "cards")])["receipt"].clone();
    for (metric, part) in [
        ("search_cost", "FILTER (WHERE channel IN ('paid_search'))"),
        ("brand_cpc", "regexp_full_match(campaign"),
        ("cost_mtd", "date_trunc('month', DATE '2026-03-30')"),
        ("cost_mtd", "in the month to date (2026-03-01 to 2026-03-30)"),
        ("cost_ytd", "INTERVAL 1 MONTH"),
        ("search_cost_28", "DATE '2026-03-30' - 27"),
        ("sound_ctr_7", ">= 1000 THEN"),
        ("sound_ctr", "too few"),
    ] {
        let told = well(root, &["explain", &receipts(metric)]);
        let flat = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(part) && flat.contains("(the same)"), "{metric}: {told}");
    }
    // Names that no figure is of are reported, or their metrics would be zero for ever.
    let told = well(root, &["check"]).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("[brand_cpc]: no figure of acme is of campaign = Own name"), "{told}");
    assert!(!told.contains("campaign = Brand *"), "{told}");
    let sql = well(root, &["--json", "explain", &receipts("search_cost_28")]);
    let sql: serde_json::Value = serde_json::from_str(&sql).expect("JSON");
    let sql = sql["sql"].as_str().expect("SQL").to_owned();
    let warehouse = daybook::warehouse::Warehouse::open(&root.join("daybook.duckdb"), &Default::default());
    let warehouse = warehouse.expect("opens");
    assert_eq!(crate::support::texts(&warehouse, &format!("SELECT CAST(({sql}) AS INTEGER)::VARCHAR")), ["270"]);
    // metabase/metabase#25356: buckets were named by the chosen first day and filled by another. A week that begins on
    // Sunday the 22nd of March has 7 days at 15, and the 10th, which has none, takes one from the week of the 8th.
    let week = "SELECT sum(cost)::INTEGER::VARCHAR FROM mart.metric_weekly WHERE week_date = DATE '2026-03-22'";
    assert_eq!(crate::support::texts(&warehouse, week), ["105"]);
    assert_eq!(crate::support::texts(&warehouse, &week.replace("22", "08")), ["90"]);
    let told = well(root, &["metrics", "sound_ctr_7"]);
    assert!(told.contains("in the last 7 days") && told.contains("below 1000 impressions"), "{told}");
}

#[test]
fn sums_of_what_does_not_add_up_are_refused_with_file_line_and_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    install(root, &spend(date("2026-03-01"), date("2026-03-02"), None));
    let refused = |definition: &str| {
        let head = "[mine]\nlabel = \"Mine\"\nabout = \"x\"\nunit = \"money\"\nbetter = \"higher\"\n";
        write(root, "config/metrics.toml", &format!("{METRICS}{head}{definition}\n"));
        let output = daybook(root, &["check"]);
        assert_eq!(output.status.code(), Some(2), "{definition}: {}", said(&output));
        said(&output).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let line = METRICS.lines().count() + 1;
    for (definition, says, remedy) in [
        ("formula = \"cpc + cpl\"", "adds averages: cpc + cpl", "(a + b) / (c + d)"),
        ("sum = \"visitors\"", "does not add up over days", "distinct = \"web_visitors_daily.visitors\""),
    ] {
        let told = refused(definition);
        // A key's own mistake is reported on its line, one of the whole definition where that begins.
        let at = if definition.starts_with("sum") { line + 5 } else { line };
        assert!(told.contains(&format!("config/metrics.toml:{at}")), "{told}");
        assert!(told.contains(says) && told.contains(remedy), "{definition}: {told}");
    }
    assert!(refused("sum = \"cost\"\nwhere = { medium = \"cpc\" }").contains("not kept by medium"));
    assert!(refused("sum = \"cost\"\nwhere = { channel = \"paid_serch\" }").contains("did you mean \"paid_search\"?"));
    assert!(refused("sum = \"cost\"\nwindows = \"rolling_7\"").contains("unknown key"));
}

/// The rows of a day before the report's own come a second time, and the figure of the month to date is another one.
#[test]
fn late_rows_of_a_window_are_reported_as_the_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let rows = |but: Option<NaiveDate>| spend(date("2026-03-01"), date("2026-03-30"), but);
    install(root, &rows(Some(date("2026-03-10"))));
    write(root, "jobs/report_daily.toml", &format!("{JOB}\n[[sections]]\nkind = \"restated\"\n"));
    let run = |day: &str| {
        well(root, &["sync"]);
        well(root, &["rollup"]);
        well(root, &["report", "-w", "acme", "--date", day]);
    };
    run("2026-03-29");
    drop_file(root, "late.csv", &spend(date("2026-03-10"), date("2026-03-10"), None));
    fs::remove_dir_all(root.join("reports")).expect("removed");
    run("2026-03-30");
    let rows = lines(root).into_iter().filter(|line| line["section"] == "restated");
    assert!(rows.map(|line| line["row_label"].clone()).any(|label| label.starts_with("Cost, month to date")));
    let html = files(&root.join("reports"), "html").pop().expect("the HTML");
    let html = fs::read_to_string(html).expect("read");
    assert!(html.contains("late data from spend") && !html.contains("computed anew from other data"), "{html}");
}

#[test]
fn a_figure_that_is_not_that_of_its_facts_is_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let today = Clock::System.now().date_naive();
    install(root, &spend(today - Days::new(80), today - Days::new(1), None));
    well(root, &["sync"]);
    well(root, &["rollup"]);
    let told = well(root, &["maintain"]);
    assert!(told.contains("figures are the same in the rollup and computed from facts"), "{told}");
    let flat = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat(well(root, &["doctor"])).contains("figures are the same"));

    // Somebody changes one row of the rollup by a cent.
    let day = today - Days::new(5);
    {
        let warehouse = daybook::warehouse::Warehouse::open(&root.join("daybook.duckdb"), &Default::default());
        let sql = format!(
            "UPDATE mart.metric_daily SET cost = cost + 0.01 WHERE date = DATE '{day}' AND channel = 'paid_search'"
        );
        let write = move |connection: &mut duckdb::Connection| {
            connection.execute_batch(&sql).expect("written");
            Ok(())
        };
        warehouse.expect("opens").write_blocking(write).expect("written");
    }
    let wrong = format!("cost of {day} is 15.01 in the rollup and 15 computed from facts");
    let doctor = flat(said(&daybook(root, &["doctor"])));
    assert!(doctor.contains("BAD figures") && doctor.contains(&wrong), "{doctor}");
    let night = daybook(root, &["maintain"]);
    assert!(!night.status.success() && flat(said(&night)).contains(&wrong), "{}", said(&night));
    // The remedy it names, and the next night is quiet.
    let day = day.to_string();
    well(root, &["rollup", "-w", "acme", "--from", &day, "--to", &day]);
    assert!(well(root, &["maintain"]).contains("figures are the same"));
}
