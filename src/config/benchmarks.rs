//! `config/benchmarks.toml`: what is poor, average, good or excellent in an industry.

use super::Known;
use crate::domain::benchmark::Benchmark;
use crate::settings::check_known;
use crate::settings::files::read_text;
use crate::settings::kinds::{decimal, id};
use crate::settings::reader::{Problems, Section, Source, read_toml};
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
    read_toml(source, |top| read_top(top, known)).unwrap_or_default()
}

pub(super) fn read_top(mut top: Section<'_>, known: &Known) -> Vec<Benchmark> {
    let found = top.list("benchmarks").into_iter().filter_map(|section| benchmark(section, known)).collect();
    top.finish();
    found
}

fn benchmark(mut section: Section<'_>, known: &Known) -> Option<Benchmark> {
    section.about("What is average, good and excellent for a metric in an industry.");
    let industry = section.required("industry", "\"software\"", id().about("Workspaces name it as their industry."));
    let channel =
        section.optional("channel", id().about("A channel of config/channels.toml; all of them together if left out."));
    let metric =
        section.required("metric", "\"ctr\"", id().about("A metric of jobs/metrics.toml; percentages are fractions."));
    let average = section.required(
        "average",
        "\"0.02\"",
        decimal().about("From here on a value is average; short of it, it is poor."),
    );
    let good = section.required("good", "\"0.04\"", decimal().about("From here on a value is good."));
    let excellent = section.required(
        "excellent",
        "\"0.08\"",
        decimal().about("From here on a value is excellent. Where less is better, the three fall."),
    );
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
