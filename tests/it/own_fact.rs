//! A vendor that Daybook has never heard of, with a table, metrics and a report section of its own: only files of the
//! installation, read by the real binary.

use crate::field::installation::{ship_without_reports, write};
use crate::figures::squeezed;
use crate::maintenance_faults::{daybook, said};
use axum::Json;
use axum::extract::Query;
use axum::routing::get;
use chrono::{Days, NaiveDate};
use daybook::support::clock::Clock;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs;
use std::path::Path;

const CONNECTOR: &str = r#"
name = "mailer"
label = "Mailer"
docs = "https://mailer.example/docs"

[settings.base_url]
about = "Where the API answers."
kind = "url"

[auth]
kind = "none"

[streams.mailings]
about = "Mailings by list and day."
records = "$.mailings[*]"
settles_after_days = 3

[streams.mailings.slicing]
kind = "days"
step_days = 30
reread_days = 3

[streams.mailings.request]
url = "{{ settings.base_url }}/mailings"
query = [["from", "{{ slice.start_date }}"], ["to", "{{ slice.end_date }}"]]

[[streams.mailings.loads]]
table = "mailing_daily"
mode = { kind = "replace_window", column = "date" }
"#;

const QUERY: &str = r#"
SELECT
    r ->> '$.list' AS list_id,
    TRY_CAST(r ->> '$.day' AS DATE) AS date,
    r ->> '$.campaign' AS campaign,
    CAST(r ->> '$.sent' AS BIGINT) AS sent,
    CAST(r ->> '$.opens' AS BIGINT) AS opens,
    CAST(r ->> '$.subscribers' AS BIGINT) AS subscribers,
    page_no,
    CAST(record_no AS INTEGER) AS record_no,
    CASE WHEN TRY_CAST(r ->> '$.day' AS DATE) IS NULL THEN 'day is no date' END AS problem
FROM (
    SELECT page_no, unnest(CAST(body -> '$.mailings' AS JSON[])) AS r,
        unnest(range(CAST(json_array_length(body, '$.mailings') AS BIGINT))) AS record_no
    FROM page
)
"#;

const FACT: &str = r#"
about = "Mailings by list and day."
day = "date"
key = ["list_id", "date"]
dimensions = ["account"]

[columns]
list_id = { type = "VARCHAR", required = true, about = "The list that was mailed." }
date = { type = "DATE", required = true, about = "The day of the mailing." }
campaign = { type = "VARCHAR", required = true, about = "The campaign, as its links are tagged." }
sent = { type = "BIGINT", required = true, unit = "count", min = "0", about = "Mails sent." }
opens = { type = "BIGINT", required = true, unit = "count", min = "0", about = "Mails opened." }
subscribers = { type = "BIGINT", required = true, unit = "count", about = "Subscribers at the end of the day." }

[measures]
mails_sent = "BIGINT"
mail_opens = "BIGINT"
"#;

const ADDS: &str = r#"
SELECT m.workspace, m.date, 'newsletter' AS source, 'email' AS medium, m.campaign, m.list_id AS account,
    sum(m.sent) AS mails_sent, sum(m.opens) AS mail_opens
FROM core.mailing_daily AS m SEMI JOIN touched AS t ON t.workspace = m.workspace AND t.date = m.date
GROUP BY ALL
"#;

const METRICS: &str = r#"
[mails_sent]
label = "Mails sent"
about = "Mails that were sent."
unit = "count"
better = "neither"
sum = "mails_sent"

[mail_open_rate]
label = "Open rate"
about = "Opened mails of those sent."
unit = "percent"
better = "higher"
formula = "mail_opens / mails_sent"

[mail_opens]
label = "Mails opened"
about = "Mails that were opened."
unit = "count"
better = "higher"
sum = "mail_opens"

[list_size]
label = "Subscribers"
about = "Subscribers of all lists."
unit = "count"
better = "higher"
level = "mailing_daily.subscribers"
"#;

const JOB: &str = r#"
kind = "report"
report = "daily_performance"
cron = "0 8 * * *"
to = ["team"]
formats = ["pdf", "html", "csv"]
late = "send_with_banner"

[[sections]]
kind = "metrics"
title = "Newsletter"
metrics = ["mails_sent", "mail_open_rate"]
by = "campaign"
chart = "bars"
where = { channels = ["email"] }

[[sections]]
kind = "metrics"
title = "Lists"
metrics = ["list_size"]

[[sections]]
kind = "metrics"
title = "By list"
metrics = ["mails_sent", "mail_open_rate"]
by = "account"
"#;

const WORKSPACE: &str = r#"
name = "Acme"
time_zone = "UTC"
currency = "EUR"

[recipients.team]
mail = ["team@example.com"]
slack = ["team"]
files = true

[[connections]]
id = "mailer"
connector = "mailer"
since = SINCE
settings = { base_url = "BASE" }
"#;

const DAYBOOK: &str = r#"
[warehouse]
memory_limit_mb = 200
threads = 1
[delivery]
confirmed = true
[delivery.mail]
kind = "folder"
path = "mail"
from = "Daybook <daybook@example.com>"
[delivery.slack.team]
kind = "folder"
path = "slack"
[delivery.files]
path = "reports"
"#;

/// Two lists with a campaign each: 1,000 and 250 mails a day, of which 400 and 50 were opened.
async fn mailings(Query(asked): Query<HashMap<String, String>>) -> Json<Value> {
    let day = |name: &str| asked[name].parse::<NaiveDate>().expect("a day");
    let days = day("from").iter_days().take_while(|date| *date <= day("to"));
    let rows = days.flat_map(|date| {
        [("news", "autumn", 1000, 400, 5000), ("shop", "sale", 250, 50, 700)].map(|(list, campaign, sent, opens, size)| {
            json!({"list": list, "day": date, "campaign": campaign, "sent": sent, "opens": opens, "subscribers": size})
        })
    });
    Json(json!({ "mailings": rows.collect::<Vec<_>>() }))
}

pub async fn vendor() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let routes = axum::Router::new().route("/mailings", get(mailings));
    tokio::spawn(async move { axum::serve(listener, routes).await.expect("served") });
    base
}

pub fn install(root: &Path, base: &str) {
    ship_without_reports(root);
    let since = Clock::System.now().date_naive() - Days::new(12);
    write(root, "config/daybook.toml", DAYBOOK);
    write(root, "config/workspaces/acme.toml", &WORKSPACE.replace("SINCE", &since.to_string()).replace("BASE", base));
    write(root, "config/connectors/mailer/connector.toml", CONNECTOR);
    write(root, "config/connectors/mailer/mailing_daily.sql", QUERY);
    write(root, "config/connectors/mailer/facts/mailing_daily.toml", FACT);
    write(root, "config/connectors/mailer/facts/mailing_daily.metrics.sql", ADDS);
    write(root, "config/connectors/mailer/metrics.toml", METRICS);
    write(root, "jobs/report_daily.toml", JOB);
}

pub fn well(root: &Path, arguments: &[&str]) -> String {
    let output = daybook(root, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    said(&output)
}

pub fn files(folder: &Path, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|own| own == ending) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_with_its_own_table_metrics_and_section_is_added_by_files_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    install(root, &vendor().await);
    well(root, &["check"]);
    // Canonry/canonry#150 and PostHog/posthog#24081: numbers that do not add up were summed over rows.
    let by = "metrics = [\"mails_sent\", \"mail_open_rate\"]\nby = \"account\"";
    for (wrong, told) in [
        ("metrics = [\"list_size\"]\nby = \"account\"", "it does not add up over parts by account"),
        ("metrics = [\"visitors\"]\nby = \"account\"", "it does not add up over parts by account"),
        (
            "metrics = [\"mails_sent\"]\nby = \"device\"",
            "the fact mailing_daily, which adds mails_sent, has no dimension device",
        ),
        (
            "metrics = [\"sessions\", \"mails_sent\"]\nby = \"device\"",
            "add \"device\" to dimensions of config/connectors/mailer/facts/mailing_daily.toml",
        ),
    ] {
        write(root, "jobs/report_daily.toml", &JOB.replace(by, wrong));
        let said = said(&daybook(root, &["check"])).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("jobs/report_daily.toml:26") && said.contains(told), "{said}");
    }
    write(root, "jobs/report_daily.toml", JOB);
    // The dictionary knows it before anything is loaded.
    let told = well(root, &["tables", "mailing_daily"]);
    assert!(told.contains("config/connectors/mailer/facts/mailing_daily.toml"), "{told}");
    assert!(told.contains("Mails sent.") && told.contains("mailer mailings"), "{told}");
    assert!(well(root, &["metrics", "mail_open_rate"]).contains("sum(mail_opens)"), "its definition");
    well(root, &["sync"]);
    well(root, &["rollup"]);
    well(root, &["report", "-w", "acme"]);

    // 1,250 mails, 450 of them opened: 36 %; 5,700 subscribers at the end of the day.
    let reports = root.join("reports");
    let of = |ending: &str| files(&reports, ending).pop().unwrap_or_else(|| panic!("no {ending}"));
    let csv = fs::read_to_string(of("csv")).expect("the CSV");
    let line = csv.lines().find(|line| line.contains("newsletter") && line.contains("mails_sent")).expect("the figure");
    assert!(line.contains("1250"), "{line}");
    assert!(csv.lines().any(|line| line.contains("list_size") && line.contains("5700")), "{csv}");
    assert!(csv.lines().any(|line| line.contains("mail_open_rate") && line.contains("0.36")), "{csv}");
    let html = fs::read_to_string(of("html")).expect("the HTML");
    assert!(html.contains("Newsletter") && html.contains("1,250") && html.contains("36.0%"), "HTML");
    let pdf = lopdf::Document::load(of("pdf")).expect("the PDF");
    let pages: Vec<u32> = pdf.get_pages().keys().copied().collect();
    let text = squeezed(&pdf.extract_text(&pages).expect("its text"));
    assert!(text.contains("Newsletter") && text.contains("1,250") && text.contains("36.0%"), "{text}");
    let mail = fs::read(files(&root.join("mail"), "eml").pop().expect("a mail")).expect("read");
    let mail = mail_parser::MessageParser::default().parse(&mail).expect("a mail");
    let (plain, rich) = (mail.body_text(0).expect("text"), mail.body_html(0).expect("HTML"));
    assert!(plain.contains("1,250") && rich.contains("1,250"), "{plain}");
    let slack = fs::read_to_string(files(&root.join("slack"), "json").pop().expect("a message")).expect("read");
    assert!(slack.contains("1,250") && slack.contains("Mails sent"), "{slack}");

    // By a dimension: 1,000 mails of news and 250 of shop, of which 40 % and 20 % were opened.
    let by_list = |list: &str, metric: &str| {
        let is_it = |line: &&str| line.contains("by_list") && line.contains(list) && line.contains(metric);
        csv.lines().find(is_it).unwrap_or_else(|| panic!("no {metric} of {list}: {csv}")).to_owned()
    };
    let news = by_list("news", "mails_sent");
    assert!(news.contains("1000") && by_list("shop", "mails_sent").contains("250"), "{news}");
    assert!(by_list("news", "mail_open_rate").contains("0.4"), "{csv}");
    // apache/superset#25747: the total of a rate was the sum of the rates, here 0.6.
    assert!(by_list("/total", "mail_open_rate").contains("0.36"), "{csv}");
    assert!(html.contains("By list") && html.contains("Account") && html.contains("1,000"), "HTML");
    assert!(text.contains("Bylist") && text.contains("1,000"), "{text}");
    assert!(rich.contains("1,000"), "{rich}");

    // Its receipt leads back to the table.
    let receipt =
        line.split(',').find(|cell| cell.trim_matches('"').starts_with("r_")).expect("a receipt").trim_matches('"');
    let told = well(root, &["explain", receipt]);
    assert!(told.contains("sum(mails_sent)") && told.contains("(the same)"), "{told}");
    assert!(told.contains("mailing_daily"), "{told}");
    let receipt = news.split(',').find(|cell| cell.trim_matches('"').starts_with("r_")).expect("a receipt");
    let told = well(root, &["explain", receipt.trim_matches('"')]);
    assert!(told.contains("mart.mailing_daily_by") && told.contains("(the same)"), "{told}");
    assert!(told.contains("account news"), "{told}");

    // The table by its dimension sums to the unified metric.
    let warehouse =
        daybook::warehouse::Warehouse::open(&root.join("daybook.duckdb"), &Default::default()).expect("opens");
    let sums = crate::support::texts(
        &warehouse,
        "SELECT concat_ws(' ', account, sum(mails_sent)) FROM mart.mailing_daily_by GROUP BY account
         UNION ALL SELECT concat_ws(' ', 'all', sum(mails_sent)) FROM mart.metric_daily ORDER BY 1",
    );
    let number = |text: &str| text.split(' ').nth(1).expect("a sum").parse::<u64>().expect("a number");
    assert_eq!(number(&sums[0]), number(&sums[1]) + number(&sums[2]), "{sums:?}");
}

/// A contract is added to; what a table has is never changed or lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_contract_grows_and_what_would_lose_data_is_refused_with_its_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    install(root, &vendor().await);
    well(root, &["sync"]);
    let told = |text: &str| {
        write(root, "jobs/report_daily.toml", text);
        said(&daybook(root, &["check"]))
    };
    let of_a_part = told(&JOB.replace("\"mail_open_rate\"", "\"list_size\""));
    assert!(of_a_part.contains("\"list_size\" is known of the whole workspace only"), "{of_a_part}");
    write(root, "jobs/report_daily.toml", &JOB.replace("list_size", "mails_sent"));
    write(root, "config/connectors/mailer/metrics.toml", METRICS.split("[list_size]").next().expect("the others"));
    let file = "config/connectors/mailer/facts/mailing_daily.toml";
    let refused = |text: String| {
        write(root, file, &text);
        let output = daybook(root, &["status"]);
        assert!(!output.status.success(), "{}", said(&output));
        said(&output)
    };
    let told = refused(FACT.replace("subscribers = {", "size = {"));
    assert!(told.contains("the column subscribers of core.mailing_daily is no longer named"), "{told}");
    assert!(told.contains("name it again"), "{told}");
    let told = refused(FACT.replace("opens = { type = \"BIGINT\"", "opens = { type = \"DECIMAL(18, 2)\""));
    assert!(told.contains("is BIGINT in the database and DECIMAL(18, 2) here"), "{told}");
    let with = |column: &str| FACT.replace("\n[measures]", &format!("{column}\n\n[measures]"));
    let told = refused(with("clicks = { type = \"BIGINT\", required = true, about = \"Clicks.\" }"));
    assert!(told.contains("the new column clicks is required"), "{told}");
    write(root, file, &with("clicks = { type = \"BIGINT\", about = \"Clicks.\" }"));
    well(root, &["status"]);
    let warehouse =
        daybook::warehouse::Warehouse::open(&root.join("daybook.duckdb"), &Default::default()).expect("opens");
    let columns = "SELECT schema_name FROM duckdb_columns() WHERE table_name = 'mailing_daily' AND column_name = 'clicks' ORDER BY 1";
    assert_eq!(crate::support::texts(&warehouse, columns), ["core", "history"]);
}

/// An edit of what days are computed by reaches the days of before, once.
#[tokio::test(flavor = "multi_thread")]
async fn an_edited_channel_rule_reaches_every_day_and_the_report_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    install(root, &vendor().await);
    well(root, &["sync"]);
    well(root, &["rollup"]);
    well(root, &["report", "-w", "acme"]);
    assert!(well(root, &["rollup"]).contains("acme: 0 days"), "nothing is due");
    let rules = fs::read_to_string(root.join("config/channels.toml")).expect("the rules");
    let own = "[[rules]]\nchannel = \"referral\"\nsource = \"newsletter\"\n";
    write(root, "config/channels.toml", &rules.replacen("[[rules]]", &format!("{own}\n[[rules]]"), 1));
    let told = well(root, &["rollup"]);
    assert!(told.contains("acme: 12 days") || told.contains("acme: 13 days"), "{told}");
    assert!(well(root, &["rollup"]).contains("acme: 0 days"), "once is enough");
    // Days that are asked for are computed whether they changed or not.
    let day = (Clock::System.now().date_naive() - Days::new(3)).to_string();
    assert!(well(root, &["rollup", "--from", &day, "--to", &day]).contains("acme: 1 days"), "one day");
    // Read last: opened without the own facts, the database takes what they add out.
    let channels = |root: &Path| {
        let warehouse = daybook::warehouse::Warehouse::open(&root.join("daybook.duckdb"), &Default::default());
        crate::support::texts(&warehouse.expect("opens"), "SELECT DISTINCT channel FROM mart.metric_daily ORDER BY 1")
    };
    assert_eq!(channels(root), ["referral"], "no day keeps the channel of before");
    let wrong = daybook(root, &["rollup", "--from", "2026-11-02", "--to", "2026-11-01"]);
    assert_eq!(wrong.status.code(), Some(2), "{}", said(&wrong));
}

/// A bad value costs its row alone, whatever the query of the connector lets through.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_not_as_the_contract_says_are_quarantined_and_the_others_load() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    install(root, &vendor().await);
    // The query of the connector says nothing of it: the contract does.
    let query = QUERY
        .replace(
            "r ->> '$.campaign' AS campaign",
            "CASE WHEN r ->> '$.list' = 'news' THEN r ->> '$.campaign' END AS campaign",
        )
        .replace("CAST(r ->> '$.opens' AS BIGINT) AS opens", "CAST(r ->> '$.opens' AS BIGINT) - 399 AS opens");
    write(root, "config/connectors/mailer/mailing_daily.sql", &query);
    let told = said(&daybook(root, &["sync"]));
    assert!(told.contains("quarantined"), "{told}");
    let rows = well(root, &["runs", "--quarantine"]);
    assert!(rows.contains("campaign is missing"), "{rows}");
    let warehouse = daybook::warehouse::Warehouse::open(&root.join("daybook.duckdb"), &Default::default());
    let counts = crate::support::texts(
        &warehouse.expect("opens"),
        "SELECT concat_ws(' ', list_id, count(*) > 10, min(opens)) FROM core.mailing_daily GROUP BY list_id ORDER BY 1",
    );
    assert_eq!(counts, ["news true 1"], "the list without a campaign is kept apart");
}

/// What a removed contract added is taken out of every day, its rows stay and are reported; once it is back they count.
#[tokio::test(flavor = "multi_thread")]
async fn a_contract_that_is_taken_away_and_comes_back_leaves_no_half_counted_day() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    install(root, &vendor().await);
    well(root, &["sync"]);
    well(root, &["rollup"]);
    let sum = |root: &Path| {
        let warehouse = daybook::warehouse::Warehouse::open(&root.join("daybook.duckdb"), &Default::default());
        crate::support::texts(
            &warehouse.expect("opens"),
            "SELECT coalesce(sum(mails_sent), 0)::VARCHAR FROM mart.metric_daily",
        )
    };
    let all = sum(root);
    assert_ne!(all, ["0"]);
    // Opened with the built-in facts alone, as by an installation without the file.
    let own = root.join("config/connectors/mailer");
    let aside = root.join("mailer");
    fs::rename(&own, &aside).expect("moved");
    let workspace = fs::read_to_string(root.join("config/workspaces/acme.toml")).expect("the workspace");
    let without = workspace.split("[[connections]]").next().expect("the head").to_owned();
    write(root, "config/workspaces/acme.toml", &without);
    write(root, "jobs/report_daily.toml", JOB.split("[[sections]]").next().expect("the job"));
    well(root, &["rollup"]);
    assert_eq!(sum(root), ["0"], "no day keeps what nobody adds any more");
    let told = said(&daybook(root, &["doctor"]));
    assert!(told.contains("core.mailing_daily has no contract any more"), "{told}");
    fs::rename(&aside, &own).expect("back");
    write(root, "config/workspaces/acme.toml", &workspace);
    well(root, &["rollup"]);
    assert_eq!(sum(root), all, "every day counts again");
}
