//! What the digits, marks and groups of a number show of the file's decimal mark.

use super::Mark;

/// What a number's own text shows of the decimal mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// No mark at all; blanks and apostrophes only ever group.
    Whole,
    /// This mark stands before decimals.
    Decimal(Mark),
    /// This mark groups digits.
    Grouped(Mark),
    /// Three digits behind a single mark, as in `12.000`: it may be either.
    Uncertain(Mark),
}

impl Shape {
    /// The decimal mark that the text proves.
    pub fn proves(self) -> Option<Mark> {
        match self {
            Self::Decimal(mark) => Some(mark),
            Self::Grouped(mark) => Some(mark.other()),
            Self::Whole | Self::Uncertain(_) => None,
        }
    }

    /// Of digits with marks and grouping; `None` if they are no number in any dialect.
    pub fn of(body: &str, has_exponent: bool) -> Option<Self> {
        let count = |mark: Mark| body.matches(mark.sign()).count();
        let spacer = body.chars().find(|c| is_spacer(*c));
        let (points, commas) = (count(Mark::Point), count(Mark::Comma));
        if points > 0 && commas > 0 {
            let mark = if body.rfind('.') > body.rfind(',') { Mark::Point } else { Mark::Comma };
            let (whole, fraction) = body.split_once(mark.sign())?;
            let is_good = spacer.is_none() && is_digits(fraction) && is_grouped(whole, mark.other().sign());
            return is_good.then_some(Shape::Decimal(mark));
        }
        let mark = if points > 0 { Mark::Point } else { Mark::Comma };
        match points.max(commas) {
            0 => spacer.map_or_else(|| is_digits(body), |sign| is_grouped(body, sign)).then_some(Shape::Whole),
            1 => {
                let (whole, fraction) = body.split_once(mark.sign())?;
                if !is_digits(fraction) {
                    return None;
                }
                if let Some(sign) = spacer {
                    return is_grouped(whole, sign).then_some(Shape::Decimal(mark));
                }
                if !whole.is_empty() && !is_digits(whole) {
                    return None;
                }
                // A group has one to three digits and does not begin with zero; nobody groups a mantissa.
                let is_group = (1..=3).contains(&whole.len()) && !whole.starts_with('0') && !has_exponent;
                let is_uncertain = is_group && fraction.len() == 3;
                Some(if is_uncertain { Shape::Uncertain(mark) } else { Shape::Decimal(mark) })
            }
            _ => (spacer.is_none() && is_grouped(body, mark.sign())).then_some(Shape::Grouped(mark)),
        }
    }
}

/// Groups of three from the right, or India's groups of two before the last three.
fn is_grouped(text: &str, sign: char) -> bool {
    let groups: Vec<&str> = text.split(sign).collect();
    let [first, between @ .., last] = groups.as_slice() else { return false };
    let is_good = is_digits(first) && !first.starts_with('0') && is_digits(last) && last.len() == 3;
    let by = |size: usize| first.len() <= size && between.iter().all(|group| group.len() == size && is_digits(group));
    is_good && (by(3) || (sign == ',' && by(2)))
}

fn is_spacer(c: char) -> bool {
    matches!(c, ' ' | '\'' | '’' | '\u{a0}' | '\u{2007}' | '\u{2009}' | '\u{202f}')
}

pub fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
#[cfg(test)]
mod tests {
    use super::super::numbers::scan;
    use super::*;

    #[test]
    fn a_text_shows_its_decimal_mark_unless_three_digits_stand_behind_one_mark() {
        use Mark::{Comma, Point};
        use Shape::{Decimal, Grouped, Uncertain, Whole};
        let shapes = [
            ("12.5", Decimal(Point)),
            ("4,2561", Decimal(Comma)),
            ("1,234.56", Decimal(Point)),
            ("1.234,567", Decimal(Comma)),
            ("1.234.567", Grouped(Point)),
            ("1,23,456", Grouped(Comma)),
            ("12.000", Uncertain(Point)),
            ("1,234", Uncertain(Comma)),
            ("0.125", Decimal(Point)),
            (".125", Decimal(Point)),
            ("1234.567", Decimal(Point)),
            ("1 234,567", Decimal(Comma)),
            ("1'234.567", Decimal(Point)),
            ("1\u{202f}234", Whole),
            ("950", Whole),
            ("1.234E+3", Decimal(Point)),
            ("1,23,456.78", Decimal(Point)),
            ("1.2M", Decimal(Point)),
        ];
        for (text, shape) in shapes {
            assert_eq!(scan(text).map(|written| written.shape), Some(shape), "{text}");
        }
    }
}
