//! Mails and lists from the vendors' answers to the unified metrics: cases that somebody met, each with the right
//! result. Bodies of our own making in the vendors' shapes.

use crate::support::{land_and_load_pages, noon, source, texts};
use chrono::{DateTime, Utc};
use daybook::connectors::landing::PageLabel;
use daybook::domain::channel::ChannelRules;
use daybook::domain::money::Currency;
use daybook::domain::workspace::Workspace;
use daybook::warehouse::Warehouse;
use daybook::warehouse::rollup::{RollupSql, rollup};
use serde_json::{Value, json};

struct Post {
    warehouse: Warehouse,
    folder: tempfile::TempDir,
}

impl Post {
    fn new() -> Self {
        let warehouse = Warehouse::in_memory().expect("a warehouse");
        Self { warehouse, folder: tempfile::tempdir().expect("a folder") }
    }

    fn load(&self, connector: &str, stream: &str, at: DateTime<Utc>, pages: &[(&str, Value)]) {
        let settings: &[(&str, toml::Value)] = match connector {
            "mailchimp" => &[("list_ids", toml::Value::Array(vec!["16ed227135".into()]))],
            "hubspot" => &[("marketing_mails", true.into())],
            _ => &[],
        };
        let pages: Vec<(PageLabel, String)> =
            pages.iter().map(|(part, body)| (PageLabel::of_part(part), body.to_string())).collect();
        let source = source(connector, settings);
        let loaded = land_and_load_pages(&self.warehouse, (self.folder.path(), &source), stream, &pages, (at, None))
            .expect("a load");
        assert_eq!(loaded.rows_quarantined, 0, "{connector} {stream}");
    }

    fn roll_up(&self) {
        let workspace = Workspace {
            id: "acme".to_owned(),
            name: "Acme".to_owned(),
            time_zone: chrono_tz::UTC,
            currency: Currency::new("EUR").expect("a currency"),
            week_starts_on: chrono::Weekday::Mon,
            fiscal_year: Default::default(),
        };
        let rules = ChannelRules::new(&[]).expect("rules");
        let today = noon().date_naive();
        self.warehouse
            .write_blocking(move |c| rollup(c, &workspace, &rules, &RollupSql::shipped(), today))
            .expect("rolled up");
    }

    fn texts(&self, sql: &str) -> Vec<String> {
        texts(&self.warehouse, sql)
    }

    /// What a check of `jobs/checks` says.
    fn says(&self, check: &str) -> Vec<String> {
        self.texts(&format!("SELECT says FROM ({check})"))
    }
}

/// A mail without bounces, as Mailchimp reports it.
fn report(id: &str, sent_at: &str, [sent, opens, human, clicks, left]: [u64; 5]) -> Value {
    json!({"id": id, "campaign_title": id, "type": "regular", "list_id": "16ed227135", "list_name": "Customers",
        "subject_line": "What is new", "emails_sent": sent, "abuse_reports": 0, "unsubscribed": left, "send_time": sent_at,
        "bounces": {"hard_bounces": 0, "soft_bounces": 0, "syntax_errors": 0},
        "opens": {"opens_total": opens, "unique_opens": opens, "proxy_excluded_unique_opens": human},
        "clicks": {"clicks_total": clicks, "unique_subscriber_clicks": clicks}})
}

fn reports(reports: &[Value]) -> Value {
    json!({"reports": reports, "total_items": reports.len()})
}

const RATES: &str = "SELECT concat_ws(' ', round(100 * sum(email_opens) / sum(emails_with_opens), 1),
    round(100 * sum(email_human_opens) / sum(emails_with_human_opens), 1),
    round(100 * sum(email_human_opens) / (sum(emails_with_human_opens) - sum(email_machine_opens)), 1)) FROM mart.metric_daily";

#[test]
fn three_open_rates_are_of_counts_and_each_of_the_mails_that_it_is_known_of() {
    // HubSpot's help on the adjusted open rate: 58 % with everything, 18 % of people, 30 % adjusted.
    let post = Post::new();
    let mail = report("m1", "2026-11-03T09:00:00+00:00", [1000, 580, 180, 50, 2]);
    post.load("mailchimp", "mails", noon(), &[("", reports(&[mail]))]);
    post.roll_up();
    assert_eq!(post.texts(RATES), ["58.0 18.0 30.0"]);

    // A vendor that tells no opens by machines apart adds to the first rate alone, and one that tells no bounces is in no
    // bounce rate.
    let broadcast = json!({"id": 1, "subject": "Hi", "send_at": "2026-11-03T09:00:00Z", "stats": {"recipients": 1000,
        "emails_opened": 420, "click_rate": 5.0, "unsubscribes": 3, "total_clicks": 60, "status": "completed"}});
    post.load("kit", "mails", noon(), &[("", json!({"broadcasts": [broadcast]}))]);
    post.roll_up();
    assert_eq!(post.texts(RATES), ["50.0 18.0 30.0"]);
    let bounces =
        "SELECT sum(emails_sent) || ' ' || sum(emails_with_bounces) || ' ' || sum(email_clicks) FROM mart.metric_daily";
    assert_eq!(post.texts(bounces), ["2000 1000 100"]);
    let origins = "SELECT DISTINCT source || ' ' || medium FROM core.mail ORDER BY 1";
    assert_eq!(post.texts(origins), ["kit email", "mailchimp email"]);
}

#[test]
fn the_daily_truth_of_who_left_is_the_list_and_mails_tell_their_share_of_it() {
    // DoSomething/quasar#122 and #141.
    let post = Post::new();
    let mail = report("c9", "2026-11-05T08:00:00+00:00", [500, 0, 0, 0, 2]);
    post.load("mailchimp", "mails", noon(), &[("", reports(&[mail]))]);
    let day = |day: &str, subs: u64, unsubs: u64| json!({"day": day, "subs": subs, "unsubs": unsubs, "other_adds": 0, "other_removes": 0});
    let activity = json!({"activity": [day("2026-11-07", 1, 0), day("2026-11-05", 1, 3)], "total_items": 2});
    post.load("mailchimp", "audience_days", noon(), &[("", activity)]);
    let person = |id: &str, status: &str| {
        json!({"contact_id": id, "email_address": format!("{id}@example.com"), "status": status,
        "timestamp_opt": "2026-11-07T10:00:00+00:00", "last_changed": "2026-11-07T10:00:00+00:00"})
    };
    let members = json!({"members": [person("a", "subscribed"), person("b", "unsubscribed"), person("c", "unsubscribed")], "total_items": 3});
    post.load("mailchimp", "members", noon(), &[("", members), ("archived", json!({"members": [], "total_items": 0}))]);
    post.roll_up();
    let by_day = "SELECT concat_ws(' ', date, sum(list_unsubscribes), sum(email_unsubscribes), sum(list_joined) - sum(list_left))
        FROM mart.metric_daily GROUP BY date ORDER BY date";
    assert_eq!(post.texts(by_day), ["2026-11-05 3 2 -2", "2026-11-07 0 0 1"]);
    let now = "SELECT count(*)::VARCHAR FROM core.list_member WHERE status = 'unsubscribed'";
    assert_eq!(post.texts(now), ["2"], "those who are away today are no flow of a day");
}

#[test]
fn a_filter_that_is_switched_on_restates_a_mail_and_is_told_and_no_day_falls_below_nothing() {
    let post = Post::new();
    let (before, after) = (noon(), noon() + chrono::TimeDelta::days(1));
    let at = "2026-10-01T08:00:00+00:00";
    post.load("mailchimp", "mails", before, &[("", reports(&[report("c4", at, [1000, 400, 260, 60, 0])]))]);
    post.roll_up();
    post.load("mailchimp", "mails", after, &[("", reports(&[report("c4", at, [1000, 250, 250, 41, 0])]))]);
    post.roll_up();
    let days = "SELECT concat_ws(' ', date, email_opens, email_human_opens, email_clicks) FROM mart.metric_daily WHERE emails_sent > 0";
    assert_eq!(post.texts(days), ["2026-10-01 250 250 41"]);
    let below = "SELECT count(*)::VARCHAR FROM mart.metric_daily WHERE email_opens < 0 OR email_clicks < 0";
    assert_eq!(post.texts(below), ["0"]);
    let said = post.says(include_str!("../../jobs/checks/mail_counts_do_not_fall.sql"));
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].starts_with("Opens and clicks of 1 mail of mailchimp that went out on 2026-10-01 fell on 2026-11-21"),
        "{said:?}"
    );
    // The next day they grow again: what was restated is told all the same.
    let later = after + chrono::TimeDelta::days(1);
    post.load("mailchimp", "mails", later, &[("", reports(&[report("c4", at, [1000, 252, 252, 41, 0])]))]);
    assert_eq!(post.says(include_str!("../../jobs/checks/mail_counts_do_not_fall.sql")).len(), 1);
}

#[test]
fn counts_that_grow_are_nothing_to_tell() {
    let post = Post::new();
    for opens in [100, 130, 129, 131] {
        let mail = report("m1", "2026-11-03T09:00:00+00:00", [1000, opens, opens, 10, 0]);
        post.load("mailchimp", "mails", noon(), &[("", reports(&[mail]))]);
    }
    let said = post.says(include_str!("../../jobs/checks/mail_counts_do_not_fall.sql"));
    assert_eq!(said, Vec::<String>::new(), "one open that is taken back is no new way of counting");
}

#[test]
fn people_who_are_deleted_shrink_a_past_day_and_that_is_told() {
    // help.kit.com, articles on the subscriber graph.
    let post = Post::new();
    let growth = |new: u64, total: u64| {
        json!({"stats": {"new_subscribers": new, "cancellations": 0, "net_new_subscribers": new,
        "subscribers": total, "starting": "2026-10-01T00:00:00-05:00", "ending": "2026-10-01T23:59:59-05:00"}})
    };
    for (new, total) in [(40, 1040), (30, 1010)] {
        post.load(
            "kit",
            "audience_days",
            noon(),
            &[("", growth(new, total)), ("account", json!({"account": {"timezone": {"name": "UTC"}}}))],
        );
    }
    post.roll_up();
    let flows = "SELECT concat_ws(' ', date, list_joined, list_left) FROM mart.metric_daily";
    assert_eq!(post.texts(flows), ["2026-10-01 30 0"], "nobody left");
    assert_eq!(post.texts("SELECT joined::VARCHAR FROM history.audience_daily"), ["40"]);
    let said = post.says(include_str!("../../jobs/checks/list_joins_are_not_taken_back.sql"));
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("40 people joined") && said[0].contains("now shows 30"), "{said:?}");
    assert_eq!(post.texts("SELECT members::VARCHAR FROM core.audience_level"), ["1010"]);
}
