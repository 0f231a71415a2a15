//! The decimal mark of a file: what its numbers prove, and what follows for all of them.

use super::numbers;
use super::shapes::Shape;
use super::{Doubt, Hints, Mark, Meaning, Seen};

/// What the values of a column of numbers have shown so far.
#[derive(Clone, Debug, Default)]
pub struct NumberProof {
    point: Option<Seen>,
    comma: Option<Seen>,
    uncertain: Option<(Seen, Mark)>,
    percent: Option<Seen>,
    plain: Option<Seen>,
}

impl NumberProof {
    /// Takes a tidied value that is not unknown. One that is no number proves nothing.
    pub fn see(&mut self, meaning: Meaning, line: u64, text: &str) {
        let Some(written) = numbers::scan(text).filter(|written| meaning.allows(written)) else { return };
        match written.shape {
            Shape::Uncertain(mark) => {
                self.uncertain.get_or_insert_with(|| (Seen::new(line, text), mark));
            }
            shape => {
                let place = match shape.proves() {
                    Some(Mark::Point) => Some(&mut self.point),
                    Some(Mark::Comma) => Some(&mut self.comma),
                    None => None,
                };
                place.map(|place| place.get_or_insert_with(|| Seen::new(line, text)));
            }
        }
        // Zero is zero with and without a percent sign.
        if meaning == Meaning::Ratio && !written.is_zero() {
            let place = if written.is_percent { &mut self.percent } else { &mut self.plain };
            place.get_or_insert_with(|| Seen::new(line, text));
        }
    }

    fn proof_of(&self, mark: Mark) -> Option<&Seen> {
        match mark {
            Mark::Point => self.point.as_ref(),
            Mark::Comma => self.comma.as_ref(),
        }
    }

    /// Why a column of ratios cannot be read: half a column of percents is a hundred times the other.
    pub fn mixes_percents(&self, column: usize) -> Option<Doubt> {
        let (percent, plain) = (self.percent.as_ref()?, self.plain.as_ref()?);
        let (early, late) = if percent.line <= plain.line { (percent, plain) } else { (plain, percent) };
        let message = format!("{early} and {late}: some values have a percent sign, others have none");
        let remedy = "write all values of the column with %, or none".to_owned();
        Some(Doubt { column, line: Some(late.line), message, remedy })
    }
}

/// The decimal mark of the file, from the proofs of its columns of numbers with their places, and how
/// it was found; `None` if no number needs one.
pub fn decide(proofs: &[(usize, &NumberProof)], hints: &Hints) -> Result<Option<(Mark, String)>, Doubt> {
    let proof_of = |mark: Mark| {
        proofs
            .iter()
            .filter_map(|(column, proof)| proof.proof_of(mark).map(|seen| (*column, seen)))
            .min_by_key(|(_, seen)| seen.line)
    };
    let doubt = |column, seen: &Seen, message, remedy| Doubt { column, line: Some(seen.line), message, remedy };
    if let (Some(point), Some(comma)) = (proof_of(Mark::Point), proof_of(Mark::Comma)) {
        let is_ordered = point.1.line <= comma.1.line;
        let (early, late) = if is_ordered { (point, comma) } else { (comma, point) };
        let (one, other) = if is_ordered { ("point", "comma") } else { ("comma", "point") };
        let message = format!("{} with a decimal {one}, and {} with a decimal {other}", early.1, late.1);
        return Err(doubt(late.0, late.1, message, "write all numbers of the file with one decimal mark".to_owned()));
    }
    if let Some(stated) = hints.decimal_mark {
        let other = stated.other();
        return match proof_of(other) {
            Some((column, seen)) => {
                let message = format!(
                    "{seen}, which has a decimal {}, though decimal_mark = \"{}\" is set",
                    other.word(),
                    stated.sign()
                );
                let remedy = format!("write decimal_mark = \"{}\" in the connection", other.sign());
                Err(doubt(column, seen, message, remedy))
            }
            None => Ok(Some((stated, format!("decimal_mark = \"{}\" is set", stated.sign())))),
        };
    }
    let proven = [Mark::Point, Mark::Comma].into_iter().find_map(|mark| proof_of(mark).map(|(_, seen)| (mark, seen)));
    if let Some((mark, seen)) = proven {
        return Ok(Some((mark, format!("the decimal mark is a {}: {seen}", mark.word()))));
    }
    let uncertain = proofs.iter().filter_map(|(column, proof)| proof.uncertain.as_ref().map(|open| (*column, open)));
    let Some((column, (seen, mark))) = uncertain.min_by_key(|(_, (seen, _))| seen.line) else { return Ok(None) };
    let message =
        format!("{seen}, where the {} may group digits or stand before decimals; no row tells which", mark.word());
    let usual = match (hints.is_semicolon_file, mark) {
        (true, Mark::Point) => " (usual in files with semicolons)",
        _ => "",
    };
    let remedy = format!(
        "write decimal_mark = \"{}\" in the connection if it groups digits{usual}, decimal_mark = \"{}\" if decimals follow",
        mark.other().sign(),
        mark.sign()
    );
    Err(doubt(column, seen, message, remedy))
}
