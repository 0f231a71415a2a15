//! A rollup of the installation: a file of `jobs/rollups` with a header, run by the real binary.

use crate::field::installation::write;
use crate::maintenance_faults::{daybook, said};
use crate::own_fact::{files, install, vendor, well};
use daybook::warehouse::maintenance::checksum::open_read_only;
use std::fs;
use std::path::Path;

const BY_LIST: &str = "-- Rollup: Mails by list and day.
-- Table: mart.mail_list_daily
-- Grain: workspace, date, list_id
-- Columns: list_id VARCHAR, sent BIGINT, opens BIGINT
-- Inputs: core.mailing_daily
SELECT workspace, date, list_id, sum(sent) AS sent, sum(opens) AS opens
FROM core.mailing_daily SEMI JOIN touched USING (workspace, date)
GROUP BY ALL
";

/// Reads the one above, and by its name would run before it.
const ROLLING: &str = "-- Rollup: Mails of all lists in the seven days up to each.
-- Table: mart.mail_rolling
-- Grain: workspace, date
-- Columns: sent_7 BIGINT, days BIGINT
-- Inputs: mart.mail_list_daily
-- Window: 7 days
SELECT t.workspace, t.date, sum(m.sent) AS sent_7, count(DISTINCT m.date) AS days
FROM touched AS t
JOIN mart.mail_list_daily AS m ON m.workspace = t.workspace AND m.date > t.date - 7 AND m.date <= t.date
GROUP BY ALL
";

const METRIC: &str = "
[mails_7]
label = \"Mails of seven days\"
about = \"Mails of all lists in the seven days up to the last of the period.\"
unit = \"count\"
better = \"neither\"
level = \"mail_rolling.sent_7\"
";

/// Reads without the contracts of this process, which has no file of the installation.
fn ask(root: &Path, sql: &str) -> Vec<String> {
    let connection = open_read_only(&root.join("daybook.duckdb")).expect("opens");
    let mut statement = connection.prepare(sql).expect(sql);
    statement.query_map([], |row| row.get(0)).expect(sql).collect::<Result<_, _>>().expect(sql)
}

fn add_metric(root: &Path) {
    let file = root.join("config/connectors/mailer/metrics.toml");
    let text = fs::read_to_string(&file).expect("metrics");
    fs::write(file, text + METRIC).expect("written");
    let job = root.join("jobs/report_daily.toml");
    let text = fs::read_to_string(&job).expect("the job").replace("[\"list_size\"]", "[\"list_size\", \"mails_7\"]");
    fs::write(job, text).expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollup_is_a_file_and_its_columns_are_levels_of_metrics() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    install(root, &vendor().await);
    write(root, "jobs/rollups/mail_list_daily.sql", BY_LIST);
    write(root, "jobs/rollups/a_mail_rolling.sql", ROLLING);
    let told = said(&daybook(root, &["check"]));
    assert!(told.contains("jobs/rollups/a_mail_rolling.sql:2"), "{told}");
    assert!(told.contains("write mart.a_mail_rolling, or name the file after its table"), "{told}");
    fs::remove_file(root.join("jobs/rollups/a_mail_rolling.sql")).expect("removed");
    write(root, "jobs/rollups/mail_rolling.sql", ROLLING);
    add_metric(root);
    well(root, &["check"]);
    well(root, &["sync"]);
    well(root, &["rollup"]);

    let sums = "SELECT concat_ws(' ', list_id, count(*), min(sent), max(opens)) FROM mart.mail_list_daily GROUP BY list_id ORDER BY 1";
    let days = ask(root, "SELECT count(DISTINCT date)::VARCHAR FROM core.mailing_daily").remove(0);
    assert_eq!(ask(root, sums), [format!("news {days} 1000 400"), format!("shop {days} 250 50")]);
    // 1,250 mails a day: seven days of them, and fewer on the first days.
    let rolling =
        "SELECT concat_ws(' ', days, sent_7, count(*) > 0) FROM mart.mail_rolling GROUP BY days, sent_7 ORDER BY days";
    let wanted: Vec<String> = (1..=7).map(|days| format!("{days} {} true", days * 1250)).collect();
    assert_eq!(ask(root, rolling), wanted);
    well(root, &["report", "-w", "acme"]);
    let told = well(root, &["explain", "mails_7"]);
    assert!(told.contains("mart.mail_rolling"), "{told}");
    // It rests on the facts that its inputs are made of in the end.
    assert!(told.contains("mailing_daily"), "{told}");
    let told = well(root, &["tables", "mart.mail_rolling"]);
    assert!(told.contains("mart.mail_list_daily") && told.contains("7 days up to each"), "{told}");

    // An edit reaches every day of this table and of what reads it, once; no other figure is computed anew.
    write(root, "jobs/rollups/mail_list_daily.sql", &BY_LIST.replace("sum(sent) AS sent", "2 * sum(sent) AS sent"));
    let told = well(root, &["rollup"]);
    assert!(told.contains("acme: 0 days computed"), "{told}");
    assert_eq!(ask(root, sums), [format!("news {days} 2000 400"), format!("shop {days} 500 50")]);
    assert_eq!(ask(root, "SELECT max(sent_7)::VARCHAR FROM mart.mail_rolling"), ["17500"]);
    assert_eq!(ask(root, "SELECT count(*)::VARCHAR FROM ops.rollup_due"), ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollup_that_fails_holds_up_no_figure_and_its_days_stay_due() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    install(root, &vendor().await);
    // The vendor has two campaigns a day, so rows by day alone are there twice.
    let twice = BY_LIST.replace("date, list_id\n-- Columns", "date\n-- Columns");
    write(root, "jobs/rollups/mail_list_daily.sql", &twice);
    well(root, &["check"]);
    well(root, &["sync"]);
    let output = daybook(root, &["rollup"]);
    assert!(!output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("are there twice by its grain"), "{}", said(&output));
    assert!(said(&output).contains("its days stay due"), "{}", said(&output));
    assert_eq!(ask(root, "SELECT count(*)::VARCHAR FROM mart.mail_list_daily"), ["0"], "nothing half-written");
    assert_ne!(ask(root, "SELECT sum(mails_sent)::VARCHAR FROM mart.metric_daily"), ["0"]);
    let told = said(&daybook(root, &["doctor"]));
    assert!(told.contains("mart.mail_list_daily lacks days of acme"), "{told}");
    // A report that prints a figure of it says so.
    let metrics_file = root.join("config/connectors/mailer/metrics.toml");
    let metrics = fs::read_to_string(&metrics_file).expect("metrics");
    let metrics = metrics + &METRIC.replace("mail_rolling.sent_7", "mail_list_daily.sent");
    fs::write(&metrics_file, metrics).expect("written");
    let job = fs::read_to_string(root.join("jobs/report_daily.toml")).expect("the job");
    write(root, "jobs/report_daily.toml", &job.replace("[\"list_size\"]", "[\"list_size\", \"mails_7\"]"));
    well(root, &["report", "-w", "acme"]);
    let mail = files(&root.join("mail"), "eml").pop().expect("a mail");
    let mail = fs::read(mail).expect("read");
    let mail = mail_parser::MessageParser::default().parse(&mail).expect("a mail");
    let text = mail.body_text(0).expect("text");
    assert!(text.contains("The rollup mail_list_daily could not be computed"), "{text}");

    write(root, "jobs/rollups/mail_list_daily.sql", BY_LIST);
    well(root, &["rollup"]);
    assert_ne!(ask(root, "SELECT count(*)::VARCHAR FROM mart.mail_list_daily"), ["0"]);
    assert!(!said(&daybook(root, &["doctor"])).contains("lacks days"));

    // The metric that reads it goes with it.
    let metrics = fs::read_to_string(&metrics_file).expect("metrics");
    fs::write(&metrics_file, metrics.split("[mails_7]").next().expect("the others")).expect("written");
    write(root, "jobs/report_daily.toml", &job);
    fs::remove_file(root.join("jobs/rollups/mail_list_daily.sql")).expect("removed");
    well(root, &["rollup"]);
    let told = said(&daybook(root, &["doctor"]));
    assert!(told.contains("mart.mail_list_daily has no file any more"), "{told}");
}
