//! What a report is known by: its days, how much of them was over, and what it corrects.

use crate::field::installation::{ship, write};
use chrono::{DateTime, NaiveDate, Utc};
use daybook::app::issue::{Deadline, Issued, issue_job};
use daybook::app::{App, Selection};
use daybook::config::{Job, ReportJob};
use daybook::domain::period::Period;
use daybook::jobs::issue::Outcome;
use daybook::report::document::Document;
use daybook::support::clock::Clock;
use daybook::warehouse::issued::issued;
use daybook::warehouse::outbox::{cancel, held, release, tally};
use std::fmt::Write;
use std::fs::{File, FileTimes};

/// An installation that has dropped files alone.
struct Shop {
    app: App,
    clock: Clock,
    folder: tempfile::TempDir,
}

const WORKSPACE: &str = "name = 'Acme'\ntime_zone = 'UTC'\ncurrency = 'EUR'\n\
    [[connections]]\nid = 'till'\nconnector = 'file'\nfolder = 'drops/till'\npreset = 'offline_conversions'\n\
    constants = { currency = 'EUR' }\n";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn days(text: &str) -> Period {
    let (start, last) = text.split_once("..").unwrap_or((text, text));
    let date = |text: &str| text.parse::<NaiveDate>().expect("a date");
    Period::new(date(start), date(last).succ_opt().expect("a day")).expect("days")
}

/// A sale of 100 on each day.
fn sales(days: Period) -> String {
    let mut text = "conversion_id,date,amount\n".to_owned();
    for date in days.dates() {
        writeln!(text, "{date}-1,{date},100.00").expect("a line");
    }
    text
}

impl Shop {
    fn open(now: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        ship(folder.path());
        let mut text = WORKSPACE.to_owned();
        for group in ["marketing", "executives", "specialists", "analysts"] {
            text += &format!("[recipients.{group}]\nmail = []\nfiles = true\n");
        }
        write(folder.path(), "config/workspaces/acme.toml", &text);
        let clock = Clock::fixed(at(now));
        let app = App::open(folder.path(), clock.clone()).expect("an installation");
        Self { app, clock, folder }
    }

    /// A file that was written at the hour it is dropped.
    async fn drop(&self, name: &str, text: &str) {
        let path = self.app.settings.data_dir.join("drops/till").join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("written");
        let file = File::options().write(true).open(&path).expect("the file");
        let written = self.clock.now() - chrono::TimeDelta::hours(1);
        file.set_times(FileTimes::new().set_modified(written.into())).expect("its time");
        self.app.sync(&Selection::default(), &|_| {}).await.expect("a sync");
        self.app.rollup(&Selection::default()).await.expect("a rollup");
    }

    fn job(&self, id: &str) -> (&Job, &ReportJob) {
        let job = self.app.settings.jobs.iter().find(|job| job.id == id).expect("a job");
        let Some(report) = job.kind.report() else { panic!("no report") };
        (job, report)
    }

    async fn issue(&self, job: &str, period: Period, corrects: bool) -> Result<Issued, String> {
        let workspace = self.app.settings.workspace("acme").expect("the workspace");
        let (_, report) = self.job(job);
        let issued = issue_job(&self.app, workspace, report, period, Deadline::None, corrects).await;
        issued.map(|mut all| all.remove(0)).map_err(|error| error.to_string())
    }

    fn document(&self, id: &str) -> Document {
        let found = self.app.warehouse.read_blocking(|reader| issued(reader, id)).expect("the books");
        serde_json::from_str(&found.expect("an issue").document).expect("a document")
    }
}

// metabase#11978, easy-digital-downloads#9338; matomo#19939: what is asked for early must not use up the
// due report.
#[tokio::test(flavor = "multi_thread")]
async fn a_month_asked_for_early_is_one_of_its_own_and_the_due_report_still_goes_out() {
    let shop = Shop::open("2026-11-25T10:00:00Z");
    shop.drop("till.csv", &sales(days("2026-10-01..2026-11-24"))).await;
    let whole = days("2026-11-01..2026-11-30");
    let refused = shop.issue("report_monthly", whole, false).await.expect_err("a refusal");
    assert!(refused.contains("2026-11-01 to 2026-11-30 is not over: today is 2026-11-25"), "{refused}");

    let early = shop.issue("report_monthly", days("2026-11-01..2026-11-24"), false).await.expect("so far");
    let document = shop.document(&early.report_id);
    assert_eq!(early.stem, "monthly-to-date-2026-11-24");
    assert_eq!(document.period_name, "1 – 24 Nov 2026");
    assert!(document.title.contains("month to date"), "{}", document.title);
    // 2,400 against 1 to 24 October, not against all of October.
    assert!(document.summary.contains("1 – 24 Oct 2026"), "{}", document.summary);
    assert!(!document.summary.contains("22.6"), "{}", document.summary);

    shop.clock.set(at("2026-12-01T10:00:00Z"));
    shop.drop("till2.csv", &sales(days("2026-11-25..2026-11-30"))).await;
    let due = shop.issue("report_monthly", whole, false).await.expect("the due report");
    assert!(matches!(due.outcome, Outcome::Issued { .. }), "{due:?}");
    assert_ne!(due.report_id, early.report_id);
    assert_eq!(shop.document(&due.report_id).period_name, "November 2026");
    let again = shop.issue("report_monthly", whole, false).await.expect("known");
    assert_eq!(again.outcome, Outcome::Known);
}

// lightdash#12959, matomo#10291: a month of which six days exist was reported as final.
#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_of_dropped_files_says_how_far_they_reach() {
    let shop = Shop::open("2026-11-25T10:00:00Z");
    shop.drop("till.csv", &sales(days("2026-10-26..2026-11-20"))).await;
    let october = shop.issue("report_monthly", days("2026-10-01..2026-10-31"), false).await.expect("October");
    let document = shop.document(&october.report_id);
    let gap = "Dropped files: till: its rows begin on Mon 26 Oct 2026, 25 of 31 days are missing";
    assert!(document.gaps.iter().any(|said| said.starts_with(gap)), "{:?}", document.gaps);
    assert!(document.is_late());
    let source = document.freshness.first().expect("the files");
    assert_eq!(source.data_through, Some(days("2026-11-20").start));
    let revenue = document.figures().into_iter().find(|(path, _)| path == "headline/net_revenue").expect("revenue").1;
    assert!(revenue.provisional, "what lacks 25 days is not final");
    // The file was written on the 25th, so that the 24th without a sale is a day without a sale.
    let daily = shop.issue("report_daily", days("2026-11-24"), false).await.expect("a day");
    assert!(shop.document(&daily.report_id).gaps.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_is_sent_once_for_what_changed_and_says_so_on_top() {
    let shop = Shop::open("2026-11-25T10:00:00Z");
    let day = days("2026-11-24");
    let never = shop.issue("report_daily", day, true).await.expect("nothing");
    assert_eq!(never.outcome, Outcome::NeverIssued);
    shop.drop("till.csv", &sales(days("2026-10-01..2026-11-24"))).await;
    let first = shop.issue("report_daily", day, false).await.expect("a report");
    let unchanged = shop.issue("report_daily", day, true).await.expect("nothing");
    assert_eq!(unchanged.outcome, Outcome::Unchanged);

    shop.clock.set(at("2026-11-25T15:00:00Z"));
    shop.drop("more.csv", "conversion_id,date,amount\nlate-1,2026-11-24,50.00\n").await;
    let corrected = shop.issue("report_daily", day, true).await.expect("a correction");
    assert!(matches!(corrected.outcome, Outcome::Issued { .. }), "{corrected:?}");
    assert_ne!(corrected.report_id, first.report_id);
    let document = shop.document(&corrected.report_id);
    assert_eq!((document.correction, document.file_stem.as_str()), (Some(1), "daily-2026-11-24-corrected"));
    let top = document.sections.first().expect("a section");
    assert_eq!((top.id.as_str(), top.title.as_str()), ("restated", "What was corrected"));
    assert!(serde_json::to_string(top).expect("JSON").contains("€150.00"));
    let once = shop.issue("report_daily", day, true).await.expect("nothing");
    assert_eq!(once.outcome, Outcome::Unchanged, "the correction itself holds");
}

// PostHog#40633: a report on weekdays skips Friday's and Saturday's figures.
#[tokio::test(flavor = "multi_thread")]
async fn mondays_report_covers_the_weekend() {
    let shop = Shop::open("2026-11-23T10:00:00Z");
    let workspace = shop.app.settings.workspace("acme").expect("the workspace").workspace.clone();
    let (job, report) = shop.job("report_daily");
    let on = |today: &str| job.days_on(report, days(today).start, &workspace).to_string();
    assert_eq!(on("2026-11-23"), "2026-11-20 to 2026-11-22", "a Monday");
    assert_eq!(on("2026-11-24"), "2026-11-23");
    assert_eq!(on("2026-11-21"), "2026-11-20", "asked for on a Saturday");
    let with = |date: &str| job.days_with(report, days(date).start, &workspace).to_string();
    assert_eq!(with("2026-11-21"), "2026-11-20 to 2026-11-22");
    assert_eq!(with("2026-11-18"), "2026-11-18");
    shop.drop("till.csv", &sales(days("2026-10-01..2026-11-22"))).await;
    let issued = shop.issue("report_daily", days("2026-11-20..2026-11-22"), false).await.expect("a report");
    let document = shop.document(&issued.report_id);
    assert_eq!(document.period_name, "Fri 20 Nov – Sun 22 Nov 2026");
    assert!(document.summary.contains("€300.00"), "{}", document.summary);
    let _ = &shop.folder;
}

// gcm-playground#24, be-BOP#2728: what a new installation makes stays here until a person lets it go, and weeks
// of it do not leave at once.
#[tokio::test(flavor = "multi_thread")]
async fn first_reports_are_held_until_they_are_released_and_stale_ones_are_not_sent() {
    let folder = tempfile::tempdir().expect("a folder");
    ship(folder.path());
    let mut text = WORKSPACE.to_owned();
    for group in ["executives", "specialists", "analysts"] {
        text += &format!("[recipients.{group}]\nmail = []\nfiles = true\n");
    }
    text += "[recipients.marketing]\nmail = ['a@example.com', 'b@example.com']\n";
    write(folder.path(), "config/workspaces/acme.toml", &text);
    let config = "data_dir = 'data'\n[delivery.mail]\nkind = 'smtp'\nhost = 'localhost'\nport = 1\nsecurity = 'plain'\n\
                  from = 'Daybook <d@example.com>'\n";
    write(folder.path(), "config/daybook.toml", config);
    let clock = Clock::fixed(at("2026-11-25T10:00:00Z"));
    let app = App::open(folder.path(), clock.clone()).expect("an installation");
    let shop = Shop { app, clock, folder };
    shop.drop("till.csv", &sales(days("2026-10-01..2026-11-24"))).await;
    let count = |shop: &Shop| shop.app.warehouse.read_blocking(held).expect("a count");
    let old = shop.issue("report_daily", days("2026-11-19"), false).await.expect("a report");
    shop.issue("report_daily", days("2026-11-20"), false).await.expect("a report");
    assert_eq!(count(&shop), 4);
    // Three days later the first are no news any more; one report was taken back.
    shop.clock.set(at("2026-11-28T10:00:00Z"));
    shop.issue("report_daily", days("2026-11-24"), false).await.expect("a report");
    let now = shop.clock.now();
    let oldest = now - chrono::TimeDelta::hours(48);
    let taken = shop.app.warehouse.write_ledger_blocking(move |connection| cancel(connection, &old.report_id, now));
    assert_eq!(taken.expect("cancelled"), 2);
    let found =
        shop.app.warehouse.write_ledger_blocking(move |connection| release(connection, oldest, now)).expect("released");
    assert_eq!((found.going, found.stale), (2, 2));
    let week = shop.app.warehouse.read_blocking(|reader| tally(reader, oldest)).expect("a count");
    assert_eq!((week.waiting, week.held, week.sent), (2, 0, 0));
    shop.issue("report_daily", days("2026-11-23"), false).await.expect("a report");
    assert_eq!(count(&shop), 0, "released once is released");
}
