//! Replaced templates tried in a process of its own, with little memory and time: work is counted where a
//! template is rendered, but a text can double with each step, and only the system bounds that.

use crate::report::templates::{TemplateProblem, Templates};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::path::Path;
use std::process::{Command, Stdio};

/// The command that tries templates, as the CLI knows it.
pub const TRY_TEMPLATES: &str = "try-templates";
/// Memory that rendering the sample may take beyond that of the process at rest. It takes some 10 MB.
const MEMORY_BYTES: u64 = 512 << 20;
/// Processor time of the trial.
const SECONDS: u64 = 20;

/// What the allocator of the trial reserves at a time, in KiB.
const ARENA_KIB: &str = "65536";

/// The templates with the files of `folder` in place of the built-in ones, as [`Templates::new`] makes them,
/// less those that take too much; blocking.
pub fn bounded(folder: &Path) -> (Templates, Vec<TemplateProblem>) {
    let mut refused: Vec<TemplateProblem> = Vec::new();
    if Templates::replaces_any(folder) {
        while let Some(file) = dies_at(folder, &refused) {
            if refused.iter().any(|problem| problem.file == file) {
                break;
            }
            let message = format!("it takes more than {} MB or {SECONDS} s for a sample report", MEMORY_BYTES >> 20);
            refused.push(TemplateProblem::new(&file, 0, message));
        }
    }
    Templates::without(Some(folder), refused)
}

/// The file at which a trial died; `None` where it came to its end, or could not be made.
fn dies_at(folder: &Path, refused: &[TemplateProblem]) -> Option<String> {
    let mut command = Command::new(std::env::current_exe().ok()?);
    command.arg(TRY_TEMPLATES).arg(folder).args(refused.iter().map(|problem| problem.file.as_str()));
    // Its allocator reserves a gigabyte at once, before or after the limit is set as it happens.
    command.env("MIMALLOC_ARENA_RESERVE", ARENA_KIB);
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    if output.status.code().is_some() {
        return None;
    }
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    told.lines().last().map(str::to_owned)
}

/// The trial itself: bounds the process for good, renders the sample with every replaced file in turn, and
/// names each before it.
pub fn try_out(folder: &Path, refused: &[String], announce: impl Fn(&str)) {
    bound(Resource::As, virtual_bytes().saturating_add(MEMORY_BYTES));
    bound(Resource::Cpu, SECONDS);
    Templates::try_each(folder, refused, announce);
}

/// Where the limit cannot be set the trial runs without it.
fn bound(resource: Resource, most: u64) {
    let maximum = getrlimit(resource).maximum;
    let _ = setrlimit(resource, Rlimit { current: Some(most), maximum });
}

/// What the process has reserved, by the kernel's word.
fn virtual_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:"));
    let kilobytes: Option<u64> = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    kilobytes.map_or(4 << 30, |kilobytes| kilobytes << 10)
}
