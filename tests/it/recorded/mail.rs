//! Recorded bodies of vendors of mail.

use super::{body, recordings};
use crate::support::{land_and_load_pages, noon, source, texts};
use daybook::connectors::landing::PageLabel;
use daybook::connectors::paging::{Pager, scan};
use daybook::connectors::rules::ErrorResponse;
use daybook::connectors::spec::ErrorAction;
use daybook::connectors::{Catalog, Connector};
use daybook::warehouse::Warehouse;
use reqwest::header::HeaderMap;
use serde_json::Value;
use std::sync::Arc;

fn connector(name: &str) -> Arc<Connector> {
    Catalog::built_in().expect("a sound catalog").get(name).expect("a connector")
}

/// Loads pages, each of a part or of none.
fn load(connector: &str, stream: &str, settings: &[(&str, toml::Value)], pages: &[(&str, String)]) -> Warehouse {
    let (warehouse, folder) = (Warehouse::in_memory().expect("a warehouse"), tempfile::tempdir().expect("a folder"));
    let source = source(connector, settings);
    let pages: Vec<(PageLabel, String)> =
        pages.iter().map(|(part, body)| (PageLabel::of_part(part), body.clone())).collect();
    let loaded = land_and_load_pages(&warehouse, (folder.path(), &source), stream, &pages, (noon(), None));
    assert_eq!(loaded.expect("a load").rows_quarantined, 0, "{connector} {stream}");
    warehouse
}

/// The cursor of the page after a body.
fn next(connector: &Connector, stream: &str, body: &str) -> Option<String> {
    let mut pager = Pager::new(&connector.spec.streams[stream].paging);
    let found = scan(body.as_bytes(), &pager.lookups()).expect("a body");
    pager.advance(&found).expect("no loop").then(|| pager.cursor().token.clone())
}

fn verdict(connector: &Connector, status: u16, body: &str) -> (ErrorAction, String) {
    let headers = HeaderMap::new();
    let found = ErrorResponse::new(status, &headers, body).verdict(&connector.spec.errors, noon()).expect("an error");
    (found.action, found.note)
}

#[test]
fn mailchimp_recordings_give_what_their_readme_says() {
    let Some(folder) = recordings() else { return };
    let read = |file: &str| body(&folder, &format!("mailchimp/{file}"));
    let report = load("mailchimp", "mails", &[], &[("", read("reports_with_timeseries.json"))]);
    let row = "SELECT concat_ws(' ', mail_id, sent_at, sent, delivered, opens, unique_opens, clicks, unique_clicks,
        human_unique_opens IS NULL) FROM core.mail";
    assert_eq!(texts(&report, row), ["a79651273b 2022-12-27 08:36:55 50 50 412 50 48 33 true"]);
    // A draft, and a list of campaigns, say how links are tagged; they are no mails.
    for file in ["campaign_draft.json", "campaigns_page_offset0.json"] {
        let empty = r#"{"reports":[],"total_items":0}"#.to_owned();
        let found = load("mailchimp", "mails", &[], &[("", empty), ("campaigns", read(file))]);
        assert_eq!(texts(&found, "SELECT count(*)::VARCHAR FROM core.mail"), ["0"], "{file}");
    }
    let lists: Value = serde_json::from_str(&read("lists.json")).expect("JSON");
    let list = lists.pointer("/lists/0").expect("a list").to_string();
    let level = load("mailchimp", "audience", &[("list_ids", vec!["16ed227135"].into())], &[("", list)]);
    let row = "SELECT concat_ws(' ', list_id, list_name, members, unsubscribed, bounced) FROM core.audience_level";
    assert_eq!(texts(&level, row), ["16ed227135 NangoDev 1 0 0"]);
    let found = scan(
        read("lists.json").as_bytes(),
        &Pager::new(&connector("mailchimp").spec.partitions["lists"].paging).lookups(),
    );
    assert!(found.is_ok(), "a list of audiences");
    // An automation that never began has no mails.
    let begun = load("mailchimp", "automations", &[], &[("", read("automations_classic.json"))]);
    assert_eq!(texts(&begun, "SELECT count(*)::VARCHAR FROM core.mail_automation_daily"), ["0"]);
    let told = "SELECT count(*)::VARCHAR FROM ops.load WHERE array_to_string(notes, ' ') LIKE '1 classic automation:%'";
    assert_eq!(texts(&begun, told), ["1"]);
    let single: Value = serde_json::from_str(&read("automation_single.json")).expect("JSON");
    assert_eq!((single["start_time"].as_str(), single["emails_sent"].as_u64()), (Some(""), Some(0)));
    let mailchimp = connector("mailchimp");
    assert_eq!(verdict(&mailchimp, 404, &read("error_404.json")).0, ErrorAction::Stop);
    let (action, note) = verdict(&mailchimp, 401, &read("error_401_wrong_dc.json"));
    assert!(action == ErrorAction::Stop && note.contains("another data centre"), "{note}");
}

/// Recordings of Mailchimp of what no stream reads.
const UNREAD: [(&str, &str); 2] = [
    ("report_unsubscribed.json", "who left is read from the audience; a report has the number"),
    ("segments.json", "segments are not read"),
];

#[test]
fn kit_recordings_give_what_their_readme_says() {
    let Some(folder) = recordings() else { return };
    let read = |file: &str| body(&folder, &format!("kit/{file}"));
    let kit = connector("kit");
    let nobody = r#"{"subscribers":[]}"#.to_owned();
    let people = |file: &str| load("kit", "subscribers", &[], &[("", read(file)), ("cancelled", nobody.clone())]);
    let three = people("subscribers_attribution_nulls.json");
    let origin =
        "SELECT concat_ws('|', member_id, status, source, medium, campaign, way) FROM core.list_member ORDER BY ALL";
    assert_eq!(
        texts(&three, origin),
        [
            "201|subscribed|kit|referral||Jane Smith's Recommendations",
            "202|subscribed||||Partner Integration",
            "203|subscribed||||",
        ]
    );
    assert_eq!(texts(&people("subscribers_one.json"), "SELECT member_id || source FROM core.list_member"), ["143"]);

    let sources = [("purchase_sources", vec!["kit"].into()), ("auth", "refresh_token".into())];
    let sold = load("kit", "purchases", &sources, &[("", read("purchases.json"))]);
    let paid = "SELECT concat_ws(' ', amount::DECIMAL(18, 2), currency, is_captured) FROM core.payment";
    assert_eq!(texts(&sold, paid), ["5.00 USD true"], "the total, not a unit's price of 0.05");

    // The list of broadcasts itself says of none that it was sent, and of no pages.
    let totals = read("account_email_stats.json");
    let drafts = load("kit", "mails", &[], &[("", r#"{"broadcasts":[]}"#.to_owned()), ("totals", totals)]);
    assert_eq!(texts(&drafts, "SELECT count(*)::VARCHAR FROM core.mail"), ["0"]);
    let mut pager = Pager::new(&kit.spec.streams["mails"].paging);
    let found = scan(read("broadcasts_no_pagination_block.json").as_bytes(), &pager.lookups()).expect("a body");
    assert!(pager.advance(&found).is_err(), "a page that says nothing of pages is not taken for the last one");
    assert_eq!(next(&kit, "subscribers", &read("page_with_next.json")).as_deref(), Some("WzFd"));
    assert_eq!(next(&kit, "subscribers", &read("empty_last_page.json")), None);

    let growth = r#"{"stats":{"cancellations":0,"net_new_subscribers":3,"new_subscribers":3,"subscribers":3,"starting":"2023-02-10T00:00:00-05:00","ending":"2023-02-10T23:59:59-05:00"}}"#;
    let days = load(
        "kit",
        "audience_days",
        &[("time_zone", "America/New_York".into())],
        &[("", growth.to_owned()), ("account", read("account.json"))],
    );
    assert_eq!(texts(&days, "SELECT date || ' ' || joined FROM core.audience_daily"), ["2023-02-10 3"]);

    let (action, note) = verdict(&kit, 422, &read("error_422.json"));
    assert!(action == ErrorAction::Stop && note.contains("Name has already been taken"), "{note}");
    assert_eq!(verdict(&kit, 401, &read("v3_error_401.json")).0, ErrorAction::Refresh);

    // v3 is not read, but counts as v4 does: 50 who opened, 19 who clicked, and fewer clicks in all.
    let old: Value = serde_json::from_str(&read("v3_broadcast_stats_array.json")).expect("JSON");
    let mut broadcast = old.pointer("/broadcast/0").expect("a broadcast").clone();
    broadcast["send_at"] = "2026-11-03T09:00:00Z".into();
    broadcast["stats"]["emails_opened"] = 50.into();
    let page = serde_json::json!({ "broadcasts": [broadcast] }).to_string();
    let mail = load("kit", "mails", &[], &[("", page)]);
    let row = "SELECT concat_ws(' ', sent, unique_opens, unique_clicks, clicks, unsubscribes) FROM core.mail";
    assert_eq!(texts(&mail, row), ["82 50 19 15 9"]);
}

/// Recordings of Kit of what no stream reads.
const UNREAD_OF_KIT: [(&str, &str); 2] = [
    ("broadcast_clicks.json", "clicks by link are not read"),
    ("v3_broadcasts.json", "v3 is not read; its list has no figures"),
];

#[test]
fn hubspots_recorded_mails_are_drafts_and_no_mails() {
    let Some(folder) = recordings() else { return };
    let settings = [("marketing_mails", true.into())];
    for file in
        ["marketing_emails_list_28.json", "marketing_emails_2026_03_page1.json", "marketing_emails_2026_03_page2.json"]
    {
        let found = load("hubspot", "mails", &settings, &[("", body(&folder, &format!("hubspot/{file}")))]);
        assert_eq!(texts(&found, "SELECT count(*)::VARCHAR FROM core.mail"), ["0"], "{file}");
    }
    let hubspot = connector("hubspot");
    let first = body(&folder, "hubspot/marketing_emails_2026_03_page1.json");
    assert_eq!(next(&hubspot, "mails", &first).as_deref(), Some("Mw=="), "its cursor comes encoded");
}

#[test]
fn every_recording_of_mail_is_tested_or_excused() {
    let Some(folder) = recordings() else { return };
    for (vendor, excused) in [("mailchimp", &UNREAD), ("kit", &UNREAD_OF_KIT)] {
        for entry in std::fs::read_dir(folder.join(vendor)).expect("a folder").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let mentions = include_str!("mail.rs").matches(&format!("{name}\"")).count();
            let is_excused = excused.iter().any(|(file, why)| *file == name && !why.is_empty());
            assert!(name == "README.md" || is_excused || mentions > 0, "{vendor}/{name}");
        }
    }
}
