//! Measures where every text of generated reports stands. `DAYBOOK_PAGES=2000` asks for the long form.

pub mod generated;

use super::page::Pages;
use super::paper::Area;
use super::run::{Part, Run};
use super::{Options, Paper, lay_out, render};
use crate::report::document::Document;
use std::collections::{BTreeMap, BTreeSet};

/// What rounding may add, in points.
const SLACK: f32 = 0.6;

fn wanted() -> u64 {
    crate::support::environment::text("DAYBOOK_PAGES").and_then(|text| text.parse().ok()).unwrap_or(200)
}

/// A rule of the page, by its name, with the breaches of it.
type Rule = (&'static str, fn(&Document, &Pages) -> Vec<String>);

const RULES: [Rule; 5] = [
    ("no text leaves its margins or its cell", leaves),
    ("no two texts overlap", overlaps),
    ("no row is split, and every page of a table repeats its heading", splits),
    ("no heading is the last on its page", orphans),
    ("no figure is cut", cuts),
];

fn faults(seed: u64) -> Vec<String> {
    let document = generated::document(seed);
    let mut faults = Vec::new();
    for paper in [Paper::A4, Paper::Letter] {
        let pages = lay_out(&document, &Options::whole(paper), None);
        for (rule, check) in RULES {
            let found = check(&document, &pages).into_iter();
            faults.extend(found.map(|fault| format!("{rule}: document {seed} on {paper:?}: {fault}")));
        }
    }
    faults
}

#[test]
fn every_text_of_generated_documents_stands_where_it_belongs() {
    let faults: Vec<String> = std::thread::scope(|scope| {
        let share =
            |of: u64| scope.spawn(move || (0..wanted()).skip(of as usize).step_by(4).flat_map(faults).collect());
        let threads: Vec<std::thread::ScopedJoinHandle<'_, Vec<String>>> = (0..4).map(share).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    let shown: Vec<String> = faults.iter().take(12).map(|fault| fault.chars().take(500).collect()).collect();
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), shown.join("\n"));
}

/// By page, counted from 1.
fn by_page(pages: &Pages) -> impl Iterator<Item = (usize, &Vec<Run>)> {
    pages.sheets.iter().enumerate().map(|(index, sheet)| (index + 1, &sheet.runs))
}

fn holds(outer: Area, inner: Area) -> bool {
    inner.x >= outer.x - SLACK
        && inner.y >= outer.y - SLACK
        && inner.right() <= outer.right() + SLACK
        && inner.bottom() <= outer.bottom() + SLACK
}

/// Capitals and figures down to the descenders, without the air between lines.
fn ink(run: &Run) -> Area {
    Area { x: run.x, y: run.y - run.size * 0.72, width: run.width, height: run.size * 0.9 }
}

fn overlap(a: Area, b: Area) -> bool {
    let across = a.right().min(b.right()) - a.x.max(b.x);
    let down = a.bottom().min(b.bottom()) - a.y.max(b.y);
    across > SLACK && down > SLACK
}

fn leaves(_: &Document, pages: &Pages) -> Vec<String> {
    let (wide, high) = pages.paper.size();
    let sheet = Area { x: 0.0, y: 0.0, width: wide, height: high };
    let mut faults = Vec::new();
    for (page, run) in by_page(pages).flat_map(|(page, runs)| runs.iter().map(move |run| (page, run))) {
        let margins = if run.part == Part::Running { sheet } else { pages.paper.room() };
        if !holds(margins, run.area()) || !holds(run.room, run.area()) {
            faults.push(format!("page {page}: {:?} leaves {:?}", run, margins));
        }
    }
    faults
}

fn overlaps(_: &Document, pages: &Pages) -> Vec<String> {
    let mut faults = Vec::new();
    for (page, runs) in by_page(pages) {
        let mut runs: Vec<&Run> = runs.iter().collect();
        runs.sort_by(|a, b| ink(a).y.total_cmp(&ink(b).y));
        for (index, run) in runs.iter().enumerate() {
            let near = runs[index + 1..].iter().take_while(|other| ink(other).y < ink(run).bottom());
            for other in near.filter(|other| overlap(ink(run), ink(other))) {
                faults.push(format!("page {page}: {:?} and {:?}", run, other));
            }
        }
    }
    faults
}

fn splits(_: &Document, pages: &Pages) -> Vec<String> {
    let mut faults = Vec::new();
    let mut rows: BTreeMap<(usize, usize), BTreeSet<usize>> = BTreeMap::new();
    for (page, runs) in by_page(pages) {
        let mut headed = BTreeSet::new();
        for run in runs {
            match run.part {
                Part::Head(table) => {
                    headed.insert(table);
                }
                Part::Row(table, row) => {
                    rows.entry((table, row)).or_default().insert(page);
                    if !headed.contains(&table) {
                        faults.push(format!("page {page}: row {row} of table {table} without a heading"));
                    }
                }
                _ => {}
            }
        }
    }
    let split = rows.iter().filter(|(_, pages)| pages.len() > 1);
    faults.extend(split.map(|(row, pages)| format!("row {row:?} is on pages {pages:?}")));
    faults
}

fn orphans(_: &Document, pages: &Pages) -> Vec<String> {
    let last = |(page, runs): (usize, &Vec<Run>)| {
        let last = runs.iter().rfind(|run| run.part != Part::Running)?;
        let alone = matches!(last.part, Part::Heading | Part::Head(_));
        alone.then(|| format!("page {page} ends with {:?}", last.text))
    };
    by_page(pages).filter_map(last).collect()
}

fn cuts(document: &Document, pages: &Pages) -> Vec<String> {
    let shown: Vec<&str> = pages.sheets.iter().flat_map(|sheet| &sheet.runs).map(|run| run.text.as_str()).collect();
    let whole: BTreeSet<&str> = shown.iter().copied().collect();
    let is_shown = |text: &str| whole.contains(text) || shown.iter().any(|shown| shown.ends_with(&format!(" {text}")));
    let figures = document.figures();
    // A chart's figures are those of its table or cards; beside its bars, trillions may be cut.
    let charts: BTreeSet<String> = document.charts().map(|chart| chart.id.clone()).collect();
    let in_chart = |path: &str| path.split('/').nth(1).is_some_and(|block| charts.contains(block));
    let cut = figures.iter().filter(|(path, figure)| !in_chart(path) && !is_shown(&figure.text));
    cut.map(|(path, figure)| format!("{path} {:?} is cut", figure.text)).collect()
}

/// Only some: writing a file takes longer than laying it out.
#[test]
fn generated_documents_become_sound_files_that_can_be_read() {
    for seed in (0..wanted()).step_by(20) {
        let document = generated::document(seed);
        let pages = lay_out(&document, &Options::whole(Paper::Letter), None).sheets.len();
        let bytes = render(&document, Paper::Letter).expect("a PDF");
        let pdf = lopdf::Document::load_mem(&bytes).expect("a sound PDF");
        assert_eq!(pdf.get_pages().len(), pages, "document {seed}");
        if let Some(folder) = crate::support::environment::variable("DAYBOOK_LOOK") {
            std::fs::write(std::path::Path::new(&folder).join(format!("generated-{seed}.pdf")), bytes)
                .expect("written");
        }
    }
}
