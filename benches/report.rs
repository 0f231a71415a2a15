//! A month's report of the demo, over 400 days of unified metrics, as HTML, PDF and CSV from what the
//! queries gave, against headless Chromium and WeasyPrint printing the same HTML, in one run.
//! `cargo bench --bench report`; a printer that is not here is left out aloud.
#![allow(clippy::print_stdout, clippy::expect_used, reason = "a bench speaks, and stops where it fails")]

use daybook::app::App;
use daybook::jobs::readings::{Request, findings, reach, read};
use daybook::jobs::report::render_all;
use daybook::report::definition::Cadence;
use daybook::report::sections::build;
use daybook::support::clock::Clock;
use daybook::warehouse::Context;
use daybook::warehouse::facts::builtin;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const ROUNDS: usize = 9;

/// The median of some rounds in seconds, after one that warms up.
fn median(mut work: impl FnMut()) -> f64 {
    work();
    let mut seconds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    seconds[ROUNDS / 2]
}

/// How long another program needs for the same page as PDF; absent where it is not here.
fn printed(program: &str, arguments: &[String], pdf: &Path) -> Option<f64> {
    let print = || {
        Command::new(program)
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|s| s.success())
    };
    if !print() || !pdf.exists() {
        return None;
    }
    let mut seconds: Vec<f64> = (0..3)
        .map(|_| {
            let begun = Instant::now();
            assert!(print(), "{program} printed a moment ago");
            begun.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    Some(seconds[1])
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = Command::new(env!("CARGO_BIN_EXE_daybook")).args(["demo", "--dir"]).arg(folder.path()).output();
    assert!(made.expect("the binary").status.success(), "the demo ends well");
    let app = App::open(folder.path(), Clock::System).expect("the demo opens");
    let workspace = app.settings.workspace("customerhappy").expect("the workspace").clone();
    let (_, job) = app
        .settings
        .report_jobs("customerhappy")
        .into_iter()
        .find(|(_, report)| report.base.cadence == Cadence::Monthly)
        .expect("a monthly report");
    let (now, context) = (app.clock.now(), app.report_context(&workspace));
    let period = Cadence::Monthly.last_whole(now.date_naive(), workspace.workspace.calendar());
    let begun = Instant::now();
    let readings = app.warehouse.snapshot_blocking(|reader| {
        let request = Request {
            corrects: None,
            definition: job.copies().remove(0).definition,
            period,
            issued_at: now,
            dropped: BTreeSet::new(),
            known_gaps: Vec::new(),
            told: findings(reader, &context, period)?.told,
            reach: reach(reader, &context)?,
        };
        read(reader, &context, request)
    });
    let readings = readings.expect("readings");
    let queries = begun.elapsed().as_secs_f64();
    let rows: u64 = app
        .warehouse
        .read_blocking(|reader| {
            reader
                .query_row(
                    "SELECT count(*)::UBIGINT FROM mart.metric_daily WHERE workspace = 'customerhappy'",
                    [],
                    |row| row.get(0),
                )
                .context(|| "counting".to_owned())
        })
        .expect("a count");

    let ours = median(|| {
        let (document, _) = build(&readings, &context.metrics);
        render_all(&document, &document, &app.templates()).expect("rendered");
    });
    let (document, receipts) = build(&readings, &context.metrics);
    let rendered = render_all(&document, &document, &app.templates()).expect("rendered");
    let (page, pdf) = (folder.path().join("page.html"), folder.path().join("page.pdf"));
    std::fs::write(&page, &rendered.html).expect("written");
    println!(
        "{rows} rows of unified metrics, {} sums; {} figures with receipts; the queries took {queries:.3} s",
        rows * builtin().measures().len() as u64,
        receipts.len()
    );
    println!(
        "document, HTML ({} kB), PDF ({} kB), CSV, Slack and the mail's charts: {ours:.3} s",
        rendered.html.len() / 1000,
        rendered.pdf.len() / 1000
    );
    let shown = |path: &Path| path.display().to_string();
    let by_chromium = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--no-pdf-header-footer",
        &format!("--user-data-dir={}", shown(&folder.path().join("profile"))),
        &format!("--print-to-pdf={}", shown(&pdf)),
        &format!("file://{}", shown(&page)),
    ]
    .map(str::to_owned);
    let by_weasyprint = [shown(&page), shown(&folder.path().join("weasy.pdf"))];
    for (program, arguments, pdf) in [
        ("chromium", by_chromium.as_slice(), pdf),
        ("weasyprint", by_weasyprint.as_slice(), folder.path().join("weasy.pdf")),
    ] {
        match printed(program, arguments, &pdf) {
            Some(seconds) => {
                println!("{program}, only the PDF of that HTML: {seconds:.3} s, {:.1} times as long", seconds / ours)
            }
            None => println!("SKIPPED: {program} is not here"),
        }
    }
}
