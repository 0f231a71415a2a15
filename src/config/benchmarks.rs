//! `config/benchmarks.toml`: what is poor, average, good or excellent in an industry.

use super::Known;
use super::files::read_text;
use super::reader::{Problems, Section, Source, read_toml};
use super::values::{check_known, decimal, id};
use crate::domain::benchmark::Benchmark;
use std::path::Path;

/// Where they are.
pub const FILE: &str = "config/benchmarks.toml";

/// Reads the file; none where there is no file.
pub(super) fn read(root: &Path, known: &Known, problems: &Problems) -> Vec<Benchmark> {
    if !root.join(FILE).exists() {
        return Vec::new();
    }
    let file = Path::new(FILE);
    let Some(text) = read_text(root, file, false, problems) else { return Vec::new() };
    let source = Source { file, text: &text, problems };
    read_toml(source, |mut top| {
        let found = top.list("benchmarks").into_iter().filter_map(|section| benchmark(section, known)).collect();
        top.finish();
        found
    })
    .unwrap_or_default()
}

fn benchmark(mut section: Section<'_>, known: &Known) -> Option<Benchmark> {
    let industry = section.required("industry", "\"software\"", id);
    let channel = section.optional("channel", id);
    let metric = section.required("metric", "\"ctr\"", id);
    let average = section.required("average", "\"0.02\"", decimal);
    let good = section.required("good", "\"0.04\"", decimal);
    let excellent = section.required("excellent", "\"0.08\"", decimal);
    if let Some(channel) = &channel {
        check_known(&section, channel, known.channels.as_ref(), "channel", "config/channels.toml");
    }
    if let Some(metric) = &metric {
        check_known(&section, metric, known.metrics.as_ref(), "metric", "jobs/metrics.toml");
    }
    if let (Some(average), Some(good), Some(excellent)) = (&average, &good, &excellent) {
        let (average, good, excellent) = (average.value, good.value, excellent.value);
        let is_ordered = (average <= good && good <= excellent) || (average >= good && good >= excellent);
        if !is_ordered || average == excellent {
            let remedy = "let them rise from average to excellent, or fall where less is better";
            section.problem(section.line, "[[benchmarks]]: average, good and excellent are not in order", remedy);
        }
    }
    section.finish();
    let (average, good, excellent) = (average?.value, good?.value, excellent?.value);
    let channel = channel.map(|at| at.value);
    Some(Benchmark { industry: industry?.value, channel, metric: metric?.value, average, good, excellent })
}
