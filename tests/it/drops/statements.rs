//! A file is a statement: what it says, says no longer, or says twice.

use super::DaemonHandle;
use crate::support::noon;
use chrono::TimeDelta;
use daybook::connectors::file::{OnRemoval, Pattern, Versions};
use daybook::domain::dropped::FileState;
use daybook::jobs::files::tell_orphans;
use daybook::warehouse::coverage::Place;
use daybook::warehouse::dropped::{self, Held};

const ORDERS: &str =
    "SELECT conversion_id || ' ' || coalesce(amount, 0)::DECIMAL(18, 2) FROM core.offline_conversion ORDER BY 1";

fn orders(rows: &[(&str, &str)]) -> String {
    let rows: String = rows.iter().map(|(id, amount)| format!("{id},2026-11-02,{amount},EUR\n")).collect();
    format!("conversion_id,date,amount,currency\n{rows}")
}

impl DaemonHandle {
    /// Drops a file that was changed so many minutes ago.
    fn put_at(&self, name: &str, text: &str, minutes: i64) {
        let path = self.put(name, text);
        let file = std::fs::File::options().write(true).open(path).expect("the file");
        file.set_modified((noon() - TimeDelta::minutes(minutes)).into()).expect("an age");
    }

    fn states(&self) -> Vec<String> {
        let books = self.context.warehouse.read_blocking(|reader| dropped::list(reader, "acme", None)).expect("books");
        books.iter().map(|noted| format!("{} {}", noted.file.name, noted.file.state.name())).collect()
    }
}

// 18F/data-federation-project#49
#[tokio::test(flavor = "multi_thread")]
async fn what_a_newer_version_no_longer_says_goes_and_a_removed_file_stays_and_is_reported() {
    let desk = DaemonHandle::new("offline_conversions");
    desk.put_at("orders.csv", &orders(&[("A-1", "100"), ("A-2", "250"), ("A-3", "75")]), 90);
    assert_eq!(desk.sync().await.error, None);
    desk.put_at("orders.csv", &orders(&[("A-1", "100"), ("A-3", "75")]), 60);
    assert_eq!(desk.sync().await.error, None);
    assert_eq!(desk.texts(ORDERS), ["A-1 100.00", "A-3 75.00"]);
    assert_eq!(desk.texts("SELECT conversion_id FROM history.offline_conversion"), ["A-2"]);

    std::fs::remove_file(desk.drop.folder.join("orders.csv")).expect("removed");
    let outcome = desk.sync().await;
    assert_eq!((outcome.error, desk.texts(ORDERS).len()), (None, 2));
    assert!(outcome.loaded.notes[0].contains("no longer in the folder; its rows stay"), "{:?}", outcome.loaded.notes);
    assert_eq!(desk.states(), ["orders.csv removed"]);
    assert_eq!(desk.sync().await.loaded.notes, [""; 0], "told once, and in the status");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_files_that_name_a_key_the_newer_one_counts_whatever_their_names() {
    let desk = DaemonHandle::new("offline_conversions");
    desk.put_at("b.csv", &orders(&[("A-1", "10"), ("A-2", "20")]), 90);
    desk.put_at("a.csv", &orders(&[("A-1", "11")]), 60);
    desk.sync().await;
    assert_eq!(desk.texts(ORDERS), ["A-1 11.00", "A-2 20.00"]);
    // An older file that comes late.
    desk.put_at("c.csv", &orders(&[("A-1", "9"), ("A-3", "30")]), 120);
    let outcome = desk.sync().await;
    assert_eq!(desk.texts(ORDERS), ["A-1 11.00", "A-2 20.00", "A-3 30.00"]);
    assert!(outcome.loaded.notes.iter().any(|note| note.contains("a newer file says what counts")), "{outcome:?}");
    // What the newer one no longer says, the older ones still do.
    desk.put_at("a.csv", &orders(&[("A-4", "40")]), 30);
    desk.sync().await;
    assert_eq!(desk.texts(ORDERS), ["A-1 10.00", "A-2 20.00", "A-3 30.00", "A-4 40.00"]);
}

// julionc/awesome-shopify#81
#[tokio::test(flavor = "multi_thread")]
async fn equal_rows_count_once_and_different_ones_of_a_key_are_quarantined_all() {
    let desk = DaemonHandle::forgiving("offline_conversions");
    let rows = [("A-1", "10"), ("A-1", "10"), ("A-2", "20"), ("A-2", "21"), ("A-3", "30"), ("A-4", "40")];
    desk.put("orders.csv", orders(&rows));
    let outcome = desk.sync().await;
    assert_eq!(desk.texts(ORDERS), ["A-1 10.00", "A-3 30.00", "A-4 40.00"]);
    let problem = "orders.csv, line 4: the rows 4, 5 say different things of A-2: amount is 20 and 21";
    assert_eq!(desk.quarantine(), [problem]);
    assert!(outcome.error.expect("told").message.contains("say different things of A-2"));
    assert_eq!(desk.states(), ["orders.csv partly"]);
    // The same order, right, in another file.
    desk.put_at("mended.csv", &orders(&[("A-2", "20")]), 5);
    assert_eq!(desk.sync().await.error, None);
    assert_eq!(desk.quarantine(), [""; 0]);
    assert_eq!(desk.states(), ["mended.csv loaded", "orders.csv loaded"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_in_several_rows_is_their_sum_and_its_total_row_is_no_part_of_it() {
    // browserslist/browserslist-ga-export#26
    let desk = DaemonHandle::new("budgets");
    let days: String = (1..=30).map(|day| format!("2026-11-{day:02},tv,400\n")).collect();
    let text =
        format!("month,channel,amount\n2026-11,paid_search,12000\n2026-11,paid_search,8000\n{days}Total,,32000\n");
    desk.put("plan.csv", text);
    let outcome = desk.sync().await;
    assert_eq!(outcome.error, None);
    let sums = "SELECT channel || ' ' || amount::DECIMAL(18, 2) FROM core.budget ORDER BY 1";
    assert_eq!(desk.texts(sums), ["paid_search 20000.00", "tv 12000.00"]);
    let told = outcome.loaded.notes.join(" | ");
    assert!(
        told.contains("line 34 is a total and is left out") && told.contains("30 rows of one key are added up"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_missing_takes_none_away() {
    let desk = DaemonHandle::new("offline_conversions");
    desk.put_at("first.csv", &orders(&[("A-1", "100")]), 90);
    desk.sync().await;
    desk.put_at("later.csv", "conversion_id,date,amount,currency\nA-1,2026-11-02,,\n", 30);
    let outcome = desk.sync().await;
    assert_eq!(desk.texts(ORDERS), ["A-1 100.00"]);
    assert!(outcome.loaded.notes.iter().any(|note| note.contains("the known one stays")), "{outcome:?}");
}

// metabase/metabase#40589, CodeForPhilly/paws-data-pipeline#448
#[tokio::test(flavor = "multi_thread")]
async fn every_file_that_is_not_read_is_reported_until_it_is_gone() {
    let desk = DaemonHandle::new("budgets");
    let strange = ["plan.avro", "plan.tar.gz", "plan", "plan.7z", "plan.numbers"];
    strange.iter().for_each(|name| drop(desk.put(name, "x")));
    std::fs::create_dir(desk.drop.folder.join("2026-11")).expect("a folder");
    desk.put(".hidden.csv", "x");
    desk.put("~$plan.xlsx", "x");
    for _ in 0..2 {
        let told = desk.sync().await.error.expect("told by each sync").message;
        assert!(strange.iter().chain(&["2026-11"]).all(|name| told.contains(&format!("{name}: "))), "{told}");
        assert!(!told.contains("hidden") && !told.contains("~$"), "{told}");
    }
    strange.iter().for_each(|name| std::fs::remove_file(desk.drop.folder.join(name)).expect("removed"));
    std::fs::remove_dir(desk.drop.folder.join("2026-11")).expect("removed");
    assert_eq!(desk.sync().await.error, None);
}

// fauna/fauna-shell#177
#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_which_every_row_is_bad_is_a_failure_that_stays_reported() {
    let desk = DaemonHandle::new("offline_conversions");
    desk.put("plan.csv", "conversion_id,date,amount,currency\nA-1,yesterday,1,EUR\nA-2,never,2,EUR\n");
    for _ in 0..2 {
        let outcome = desk.sync().await;
        let told = outcome.error.expect("told by each sync").message;
        assert!(
            told.contains("plan.csv, line 2: date: \"yesterday\"") && told.contains("no row of it can be used"),
            "{told}"
        );
        assert_eq!(outcome.slices, 0);
    }
    assert_eq!(desk.states(), ["plan.csv refused"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_file_is_read_again_where_a_setting_mends_it() {
    let mut desk = DaemonHandle::new("budgets");
    desk.drop.known = [("channel", vec!["seo".to_owned()])].into();
    desk.put("plan.csv", "month,channel,amount\n2026-11,seo,1\n2026-11,TV Spots,2\n");
    let told = desk.sync().await.error.expect("refused").message;
    assert!(told.contains("line 3: channel: \"TV Spots\" is not known"), "{told}");
    desk.drop.known = [("channel", vec!["seo".to_owned(), "tv_spots".to_owned()])].into();
    assert_eq!(desk.sync().await.error, None);
    assert_eq!(desk.budgets(), ["2026-11-01 seo 1.000000 EUR", "2026-11-01 tv_spots 2.000000 EUR"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unloaded_file_stays_out_and_others_speak_again_in_its_place() {
    let desk = DaemonHandle::new("offline_conversions");
    desk.put_at("old.csv", &orders(&[("A-1", "10"), ("A-2", "20")]), 90);
    desk.put_at("wrong.csv", &orders(&[("A-1", "999"), ("B-1", "5")]), 60);
    desk.sync().await;
    assert_eq!(desk.texts(ORDERS), ["A-1 999.00", "A-2 20.00", "B-1 5.00"]);
    let place = Place::new("acme", "drop", "offline_conversions", "wrong.csv");
    let held =
        Held { table: "offline_conversion".to_owned(), touches: vec!["date".to_owned()], day: "date".to_owned() };
    let of = place.clone();
    let rows = desk
        .context
        .warehouse
        .write_blocking(move |writer| dropped::unload(writer, &of, &held, noon()))
        .expect("unloaded");
    assert_eq!(rows, 2);
    assert_eq!(desk.sync().await.error, None);
    assert_eq!(desk.texts(ORDERS), ["A-1 10.00", "A-2 20.00"]);
    assert_eq!(desk.states(), ["old.csv loaded", "wrong.csv unloaded"]);
    desk.context.warehouse.write_blocking(move |writer| dropped::read_again(writer, &place)).expect("reloaded");
    desk.sync().await;
    assert_eq!(desk.texts(ORDERS), ["A-1 999.00", "A-2 20.00", "B-1 5.00"]);
    assert!(FileState::Refused.is_trouble() && !FileState::Unloaded.is_trouble());
}

// The newest version by time says all, also where it says less; a version that cannot be read takes nothing away.
#[tokio::test(flavor = "multi_thread")]
async fn of_versions_of_a_series_only_the_newest_says_what_counts() {
    let mut desk = DaemonHandle::new("offline_conversions");
    desk.drop.pattern = Pattern::new("{series}_v*.csv").expect("a pattern");
    desk.drop.versions = Versions::Newest;
    // By time, not by alphabet: v10 is newer than v9.
    desk.put_at("berlin_v9.csv", &orders(&[("B-1", "10"), ("B-2", "20")]), 90);
    desk.put_at("bonn_v1.csv", &orders(&[("N-1", "7")]), 90);
    assert_eq!(desk.sync().await.error, None);
    desk.put_at("berlin_v10.csv", &orders(&[("B-1", "11")]), 60);
    assert_eq!(desk.sync().await.error, None);
    assert_eq!(desk.texts(ORDERS), ["B-1 11.00", "N-1 7.00"]);
    assert_eq!(desk.states(), ["berlin_v10.csv loaded", "berlin_v9.csv replaced", "bonn_v1.csv loaded"]);
    assert_eq!(desk.texts("SELECT conversion_id FROM history.offline_conversion ORDER BY 1"), ["B-1", "B-2"]);

    desk.put_at("berlin_v11.csv", "no,table\n", 30);
    assert!(desk.sync().await.error.is_some());
    assert_eq!(desk.texts(ORDERS), ["B-1 11.00", "N-1 7.00"], "what cannot be read takes nothing away");
    std::fs::remove_file(desk.drop.folder.join("berlin_v11.csv")).expect("removed");
    std::fs::remove_file(desk.drop.folder.join("berlin_v10.csv")).expect("removed");
    assert_eq!(desk.sync().await.error, None);
    assert_eq!(desk.texts(ORDERS), ["B-1 11.00", "N-1 7.00"], "a removed file changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_removed_file_go_where_the_connection_says_so_but_not_with_the_whole_folder() {
    let mut desk = DaemonHandle::new("offline_conversions");
    desk.drop.on_removal = OnRemoval::Unload;
    let remove = |name: &str| std::fs::remove_file(desk.drop.folder.join(name)).expect("removed");
    desk.put_at("old.csv", &orders(&[("A-1", "10"), ("A-2", "20")]), 90);
    desk.put_at("new.csv", &orders(&[("A-1", "11")]), 60);
    desk.put_at("other.csv", &orders(&[("C-1", "5")]), 60);
    desk.sync().await;
    assert_eq!(desk.texts(ORDERS), ["A-1 11.00", "A-2 20.00", "C-1 5.00"]);
    remove("new.csv");
    let told = desk.sync().await.loaded.notes.join(" | ");
    assert!(told.contains("new.csv: it is no longer in the folder; its 1 rows were taken out"), "{told}");
    desk.sync().await;
    assert_eq!(desk.texts(ORDERS), ["A-1 10.00", "A-2 20.00", "C-1 5.00"], "the older file speaks again");
    remove("old.csv");
    remove("other.csv");
    let told = desk.sync().await.loaded.notes.join(" | ");
    assert!(told.contains("all files are gone from the folder at once, so its rows stay"), "{told}");
    assert_eq!(desk.texts(ORDERS).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_of_an_archive_are_read_each_by_itself() {
    let desk = DaemonHandle::new("offline_conversions");
    let members = [
        ("2026/october.csv", orders(&[("A-1", "10")])),
        ("2026/november.csv", orders(&[("A-2", "20")])),
        ("2026/broken.csv", "no,table\n".to_owned()),
        ("__MACOSX/._november.csv", "x".to_owned()),
    ];
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in &members {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a member");
        std::io::Write::write_all(&mut archive, text.as_bytes()).expect("written");
    }
    desk.put("orders.zip", archive.finish().expect("an archive").into_inner());
    let told = desk.sync().await.error.expect("the broken one is told").message;
    assert!(told.contains("orders.zip/2026/broken.csv, line 1: there are no columns"), "{told}");
    assert_eq!(desk.texts(ORDERS), ["A-1 10.00", "A-2 20.00"]);
    let states = [
        "orders.zip/2026/broken.csv refused",
        "orders.zip/2026/november.csv loaded",
        "orders.zip/2026/october.csv loaded",
    ];
    assert_eq!(desk.states(), states);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_taken_out_leaves_the_original_its_rows() {
    let mut desk = DaemonHandle::new("offline_conversions");
    desk.drop.on_removal = OnRemoval::Unload;
    let text = orders(&[("A-1", "10"), ("A-2", "20")]);
    desk.put_at("Download.csv", &text, 90);
    desk.put_at("Download (1).csv", &text, 60);
    desk.sync().await;
    std::fs::remove_file(desk.drop.folder.join("Download (1).csv")).expect("removed");
    desk.sync().await;
    desk.sync().await;
    assert_eq!(desk.texts(ORDERS), ["A-1 10.00", "A-2 20.00"]);
    assert_eq!(desk.states(), ["Download (1).csv removed", "Download.csv loaded"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_connection_that_was_renamed_are_reported_until_they_are_taken_out() {
    let desk = DaemonHandle::new("offline_conversions");
    desk.put("orders of may.csv", orders(&[("A-1", "10")]));
    desk.sync().await;
    let context = desk.context.clone();
    let told = |configured: &'static str| {
        let context = context.clone();
        tokio::task::block_in_place(|| tell_orphans(&context, "acme", &[configured.to_owned()]).expect("told"))
    };
    assert!(told("drop").is_empty());
    let outcomes = told("renamed");
    let message = &outcomes[0].error.as_ref().expect("an error").message;
    assert!(
        message.contains("no connection is called drop any more, and its rows still count")
            && message.contains("daybook files unload -w acme 'drop/orders of may.csv'"),
        "{message}"
    );
    assert_eq!(desk.states(), ["orders of may.csv orphaned"]);
    assert_eq!(desk.sync().await.error, None, "the id is back");
    assert_eq!(desk.states(), ["orders of may.csv loaded"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_have_not_come_yet_and_rows_that_are_gone_are_reported() {
    let desk = DaemonHandle::new("offline_conversions");
    desk.put_at("a.csv", "conversion_id,date,amount,currency\nA-1,2026-11-02,1,EUR\nA-2,2027-05-11,1,EUR\n", 90);
    let told = desk.sync().await.loaded.notes.join(" | ");
    assert!(told.contains("1 rows are of days that have not come yet, up to 2027-05-11"), "{told}");
    desk.put_at("a.csv", &orders(&[("A-1", "1")]), 60);
    let told = desk.sync().await.loaded.notes.join(" | ");
    assert!(told.contains("1 rows that it said before are gone from it"), "{told}");
}
