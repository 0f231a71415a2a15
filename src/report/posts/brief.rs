//! What a message in a channel says of a report: a few lines that stand alone. Plain text; each kind of channel escapes
//! it for itself.

use crate::report::document::{Block, Card, Document, Tone};
use crate::report::render::words::{period_text, shortened};

/// Sentences on what moved; the report has all of them.
const MOVED: usize = 2;
/// Sentences about known events.
const KNOWN: usize = 2;
const GAPS: usize = 3;

/// What a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    None,
    Verdict(Tone),
    Detail,
    /// On the data: nothing lacks, only limits are known, or something lacks.
    Complete,
    Limited,
    Lacking,
}

/// A line of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub mark: Mark,
    pub text: String,
}

fn line(mark: Mark, text: &str, limit: usize) -> Line {
    Line { mark, text: shortened(text, limit) }
}

/// Workspace, report and period.
pub fn title(document: &Document) -> String {
    let corrected = if document.correction.is_some() { "Corrected: " } else { "" };
    format!("{corrected}{}: {}, {}", document.workspace_name, document.title, period_text(document))
}

/// Verdict and plan, largest changes, how complete the data is.
pub fn brief(document: &Document) -> Vec<Line> {
    let Some(lead) = &document.lead else {
        let mut lines = vec![line(Mark::None, &document.summary, 1500)];
        lines.extend(gaps(document));
        return lines;
    };
    let mut lines = vec![line(Mark::Verdict(lead.tone), lead.sentence.trim_end_matches('.'), 600)];
    let sentences = lead.moved.iter().take(MOVED).chain(lead.known.iter().take(KNOWN));
    lines.extend(sentences.map(|sentence| line(Mark::Detail, sentence, 400)));
    if document.gaps.is_empty() {
        lines.push(line(Mark::Complete, &lead.complete, 400));
    } else if document.lacks_data {
        lines.push(line(Mark::Lacking, &lead.complete, 400));
        lines.extend(gaps(document));
    } else {
        lines.push(line(Mark::Limited, &lead.complete, 400));
        let remarks = match document.gaps.len() {
            1 => "1 remark on limits of the data is in the report".to_owned(),
            count => format!("{count} remarks on limits of the data are in the report"),
        };
        lines.push(line(Mark::Detail, &remarks, 100));
    }
    lines
}

fn gaps(document: &Document) -> Vec<Line> {
    let mut lines: Vec<Line> = document.gaps.iter().take(GAPS).map(|gap| line(Mark::Detail, gap, 300)).collect();
    let more = document.gaps.len().saturating_sub(GAPS);
    if more > 0 {
        lines.push(line(Mark::Detail, &format!("{more} more are named in the report"), 100));
    }
    lines
}

/// The headline figures.
pub fn cards(document: &Document) -> Vec<&Card> {
    let blocks = document.sections.iter().flat_map(|section| &section.blocks);
    blocks
        .filter_map(|block| match block {
            Block::Cards { cards } => Some(cards),
            _ => None,
        })
        .flatten()
        .collect()
}
