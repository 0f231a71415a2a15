//! What can be dropped, and how a mapping names it.

use super::{BUDGETS, DaemonHandle, parquet};
use daybook::connectors::file::{Answers, Mark, Preset, Target};

#[tokio::test(flavor = "multi_thread")]
async fn budgets_targets_creators_rates_and_offline_conversions_all_can_be_dropped() {
    let cases = [
        ("budgets", BUDGETS, "core.budget", "2"),
        ("targets", "month,metric,target\n2026-11,leads,900\n2026-11,lead_rate,2.5%\n", "core.target", "2"),
        ("fx", "date,currency,rate\n2026-11-02,USD,1.151234567\n", "core.fx_rate", "1"),
        (
            "influencer",
            "network,creator,program,live date,cost,currency\ntiktok,@a,c,2026-11-02,1.2K,EUR\n",
            "core.influencer_post",
            "1",
        ),
        (
            "offline_conversions",
            "order_id,converted_at,value,currency\nK-1,2026-11-02T18:00:00,80.5,EUR\n",
            "core.offline_conversion",
            "1",
        ),
    ];
    for (preset, text, table, rows) in cases {
        let desk = DaemonHandle::new(preset);
        desk.put("a.csv", text);
        let outcome = desk.sync().await;
        assert_eq!((outcome.error.as_ref(), outcome.loaded.notes.as_slice()), (None, [].as_slice()), "{preset:?}");
        assert_eq!(desk.texts(&format!("SELECT count(*)::VARCHAR FROM {table}")), [rows], "{preset:?}");
        match preset {
            "targets" => assert_eq!(
                desk.texts("SELECT amount::VARCHAR FROM core.target WHERE metric = 'lead_rate'"),
                ["0.025000"]
            ),
            "fx" => assert_eq!(desk.texts("SELECT rate::VARCHAR FROM core.fx_rate"), ["1.151234567"]),
            "influencer" => {
                assert_eq!(desk.texts("SELECT handle || ' ' || fee FROM core.influencer_post"), ["a 1200.000000"])
            }
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creators_post_is_known_by_its_address_with_or_without_a_tracking_parameter() {
    let desk = DaemonHandle::new("influencer");
    let posts = [
        "https://www.YouTube.com/watch?v=AbC&si=x1",
        "https://youtube.com/watch?v=aBc",
        "https://www.instagram.com/p/DxY/?igsh=MW==#c",
        "https://example.com/x?single=1&utm_source=ig&page=2",
    ];
    let table = |posts: &[&str]| {
        let rows = posts.iter().map(|post| format!("youtube,@a,c,2026-11-02,{post}\n")).collect::<String>();
        format!("platform,handle,campaign,posted_at,post\n{rows}")
    };
    desk.put("a.csv", table(&posts));
    let keys = || desk.texts("SELECT post_key FROM core.influencer_post ORDER BY 1");
    let known =
        ["example.com/x?single=1&page=2", "instagram.com/p/DxY", "youtube.com/watch?v=AbC", "youtube.com/watch?v=aBc"];
    assert_eq!(desk.sync().await.error, None);
    assert_eq!(keys(), known);
    desk.put("b.csv", table(&["http://youtube.com/watch?feature=share&v=AbC", "www.instagram.com/p/DxY?utm_medium=x"]));
    assert_eq!(desk.sync().await.error, None);
    assert_eq!(keys(), known, "the same posts under other addresses");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_says_which_column_is_which_field_and_how_it_is_written() {
    let mut desk = DaemonHandle::forgiving("offline_conversions");
    let pairs = |all: &[(&str, &str)]| all.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let answers = Answers {
        columns: pairs(&[
            ("Beleg-Nr.", "conversion_id"),
            ("Datum", "date"),
            ("Betrag", "amount"),
            ("Aktion", "utm_campaign"),
        ]),
        constants: pairs(&[("currency", "CHF"), ("utm_source", "Store")]),
        ..Answers::default()
    };
    desk.drop.preset = std::sync::Arc::new(Preset::mapped(Target::OfflineConversions, &answers));
    desk.drop.written.decimal_mark = Some(Mark::Comma);
    desk.drop.written.date_format = Some("%d.%m.%Y".to_owned());
    desk.put("kasse.csv", "Datum;Beleg-Nr.;Betrag;Aktion;currency\n02.11.2026;K-1;1.204,50;Herbst;XXX\n2026-11-03;K-2;-5,5;;\n04.11.2026;K-3;viel;;\n");
    let typed = desk.put("kasse.parquet", "");
    parquet(
        &typed,
        "SELECT DATE '2026-11-05' AS \"Datum\", 4 AS \"Beleg-Nr.\", 7.25::DOUBLE AS \"Betrag\", '' AS \"Aktion\"",
    );
    desk.rested(&typed);
    desk.put("kasse.ndjson", "{\"Datum\": \"06.11.2026\", \"Beleg-Nr.\": 5, \"Betrag\": 8.75, \"Aktion\": null}");
    let outcome = desk.sync().await;
    let told = outcome.error.expect("an error").message;
    assert_eq!(told, "kasse.csv, line 4: amount: \"viel\" is not a number (quarantined)");
    assert_eq!(
        desk.texts("SELECT conversion_id || ' ' || date || ' ' || amount || ' ' || currency || ' ' || source || ' ' || campaign FROM core.offline_conversion ORDER BY date"),
        ["K-1 2026-11-02 1204.500000 CHF store Herbst", "K-2 2026-11-03 -5.500000 CHF store ", "4 2026-11-05 7.250000 CHF store ", "5 2026-11-06 8.750000 CHF store "]
    );
    assert_eq!(desk.quarantine(), ["kasse.csv, line 4: amount: \"viel\" is not a number"]);

    desk.drop.written.date_format = Some("%m.%d.%Y".to_owned());
    assert_eq!(desk.sync().await.slices, 3, "another way of reading is another load");
    assert_eq!(
        desk.texts("SELECT date::VARCHAR FROM core.offline_conversion WHERE conversion_id = 'K-1'"),
        ["2026-02-11"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn days_out_of_any_calendar_and_before_the_first_day_stay_out() {
    let mut desk = DaemonHandle::forgiving("offline_conversions");
    desk.drop.since = Some("2026-01-01".parse().expect("a date"));
    desk.put(
        "c.csv",
        "conversion_id,date\na,0001-01-01\nb,9999-12-31\nc,infinity\nd,2026-02-30\ne,-\nf,2025-12-31\ng,2026-01-01\n",
    );
    let outcome = desk.sync().await;
    assert_eq!(outcome.loaded.rows_quarantined, 5);
    assert_eq!(desk.texts("SELECT conversion_id FROM core.offline_conversion"), ["g"]);
    desk.drop.since = None;
    desk.sync().await;
    assert_eq!(
        desk.texts("SELECT conversion_id FROM core.offline_conversion ORDER BY 1"),
        ["f", "g"],
        "an earlier first day fetches the rest"
    );
}
