//! Formulas over sums: `(revenue - cost) / cost`. Read once, evaluated in decimals, and written
//! out as SQL for whoever wants to check.

use rust_decimal::Decimal;
use std::collections::BTreeSet;
use std::fmt;

/// An arithmetic expression over the names of other metrics.
#[derive(Clone, Debug, PartialEq)]
pub enum Formula {
    Number(Decimal),
    Metric(String),
    Binary { op: Op, left: Box<Formula>, right: Box<Formula> },
}

/// The four operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// A formula that cannot be read; `at` counts characters from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at character {at} of the formula {text:?}", at = .at + 1)]
pub struct FormulaError {
    pub message: String,
    pub at: usize,
    pub text: String,
}

/// Parentheses deeper than this are refused, so that no formula can exhaust the stack.
const DEEPEST: usize = 40;

impl Formula {
    /// Reads names, decimal numbers, `+ - * /` and parentheses.
    pub fn parse(text: &str) -> Result<Self, FormulaError> {
        let mut parser = Parser { text, chars: text.chars().collect(), at: 0, depth: 0 };
        let formula = parser.sum()?;
        parser.skip_space();
        match parser.chars.get(parser.at) {
            None => Ok(formula),
            Some(other) => Err(parser.error(format!("unexpected {other:?}"))),
        }
    }

    /// The value, given each metric's; `None` where a part is absent, a denominator is zero, or the
    /// result does not fit a decimal.
    pub fn evaluate(&self, value_of: &dyn Fn(&str) -> Option<Decimal>) -> Option<Decimal> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Metric(name) => value_of(name),
            Self::Binary { op, left, right } => {
                let (left, right) = (left.evaluate(value_of)?, right.evaluate(value_of)?);
                match op {
                    Op::Add => left.checked_add(right),
                    Op::Subtract => left.checked_sub(right),
                    Op::Multiply => left.checked_mul(right),
                    Op::Divide => left.checked_div(right),
                }
            }
        }
    }

    /// What it divides by, where it is a ratio: `clicks` of `cost / clicks` and of `1000 * (cost / clicks)`.
    pub fn divisor(&self) -> Option<&Self> {
        match self {
            Self::Binary { op: Op::Divide, left, right } => match (left.as_ref(), right.as_ref()) {
                (ratio, Self::Number(_)) => ratio.divisor(),
                (_, divisor) => Some(divisor),
            },
            Self::Binary { op: Op::Multiply, left, right } => match (left.as_ref(), right.as_ref()) {
                (Self::Number(_), ratio) | (ratio, Self::Number(_)) => ratio.divisor(),
                _ => None,
            },
            _ => None,
        }
    }

    /// The names it uses.
    pub fn metrics(&self) -> BTreeSet<&str> {
        match self {
            Self::Number(_) => BTreeSet::new(),
            Self::Metric(name) => BTreeSet::from([name.as_str()]),
            Self::Binary { left, right, .. } => left.metrics().union(&right.metrics()).copied().collect(),
        }
    }

    /// Whether it only adds and scales what `is_part` accepts: `revenue - refunds`, `0.4 * revenue`.
    pub fn is_sum_of(&self, is_part: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Self::Number(_) => false,
            Self::Metric(name) => is_part(name),
            Self::Binary { op: Op::Add | Op::Subtract, left, right } => {
                left.is_sum_of(is_part) && right.is_sum_of(is_part)
            }
            Self::Binary { op: Op::Multiply, left, right } => match (left.as_ref(), right.as_ref()) {
                (Self::Number(_), other) | (other, Self::Number(_)) => other.is_sum_of(is_part),
                _ => false,
            },
            Self::Binary { op: Op::Divide, left, right } => {
                matches!(right.as_ref(), Self::Number(_)) && left.is_sum_of(is_part)
            }
        }
    }

    /// The formula as SQL, each name replaced by `sql_of(name)`; division by zero gives NULL.
    pub fn to_sql(&self, sql_of: &dyn Fn(&str) -> String) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Metric(name) => sql_of(name),
            Self::Binary { op: Op::Divide, left, right } => {
                format!("({} / NULLIF({}, 0))", left.to_sql(sql_of), right.to_sql(sql_of))
            }
            Self::Binary { op, left, right } => {
                format!("({} {op} {})", left.to_sql(sql_of), right.to_sql(sql_of))
            }
        }
    }
}

/// As [`Formula::parse`] reads it, every operation in parentheses.
impl fmt::Display for Formula {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(out, "{number}"),
            Self::Metric(name) => out.write_str(name),
            Self::Binary { op, left, right } => write!(out, "({left} {op} {right})"),
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
        })
    }
}

struct Parser<'a> {
    text: &'a str,
    chars: Vec<char>,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn sum(&mut self) -> Result<Formula, FormulaError> {
        let mut left = self.product()?;
        while let Some(op) = self.one_of(&[('+', Op::Add), ('-', Op::Subtract)]) {
            left = binary(op, left, self.product()?);
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Formula, FormulaError> {
        let mut left = self.operand()?;
        while let Some(op) = self.one_of(&[('*', Op::Multiply), ('/', Op::Divide)]) {
            left = binary(op, left, self.operand()?);
        }
        Ok(left)
    }

    fn operand(&mut self) -> Result<Formula, FormulaError> {
        self.skip_space();
        match self.chars.get(self.at).copied() {
            None => Err(self.error("a metric or number is missing".to_owned())),
            Some('(') if self.depth == DEEPEST => Err(self.error("too many parentheses".to_owned())),
            Some('(') => {
                self.at += 1;
                self.depth += 1;
                let inner = self.sum()?;
                self.depth -= 1;
                self.skip_space();
                if self.chars.get(self.at) != Some(&')') {
                    return Err(self.error("a closing parenthesis is missing".to_owned()));
                }
                self.at += 1;
                Ok(inner)
            }
            Some(first) if first.is_ascii_digit() => {
                let start = self.at;
                let number = self.take_while(|c| c.is_ascii_digit() || c == '.');
                number.parse().map(Formula::Number).map_err(|_| {
                    self.at = start;
                    self.error(format!("{number:?} is not a number"))
                })
            }
            Some(first) if first.is_ascii_lowercase() => {
                Ok(Formula::Metric(self.take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')))
            }
            Some(other) => Err(self.error(format!("unexpected {other:?}"))),
        }
    }

    fn one_of(&mut self, choices: &[(char, Op)]) -> Option<Op> {
        self.skip_space();
        let next = *self.chars.get(self.at)?;
        let (_, op) = choices.iter().find(|(sign, _)| *sign == next)?;
        self.at += 1;
        Some(*op)
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> String {
        let taken: String = self.chars[self.at..].iter().copied().take_while(|c| accept(*c)).collect();
        self.at += taken.len();
        taken
    }

    fn skip_space(&mut self) {
        while self.chars.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
    }

    fn error(&self, message: String) -> FormulaError {
        FormulaError { message, at: self.at, text: self.text.to_owned() }
    }
}

fn binary(op: Op, left: Formula, right: Formula) -> Formula {
    Formula::Binary { op, left: Box::new(left), right: Box::new(right) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    fn value(text: &str) -> Option<Decimal> {
        Formula::parse(text).expect("a formula").evaluate(&|name| match name {
            "cost" => Some(dec!(660)),
            "revenue" => Some(dec!(1300)),
            "nothing" => Some(dec!(0)),
            _ => None,
        })
    }

    #[test]
    fn products_bind_tighter_and_sides_are_read_from_the_left() {
        assert_eq!(value("10 - 2 - 3 * 2"), Some(dec!(2)));
        assert_eq!(value("(10 - 2 - 3) * 2"), Some(dec!(10)));
        assert_eq!(value("100 / 10 / 5"), Some(dec!(2)));
    }

    #[test]
    fn a_zero_or_absent_denominator_gives_no_value() {
        assert_eq!(value("revenue / nothing"), None);
        assert_eq!(value("revenue / absent"), None);
        assert_eq!(value("(revenue - cost) / cost").map(|roi| roi.round_dp(4)), Some(dec!(0.9697)));
    }

    #[test]
    fn a_mistake_is_reported_with_its_place() {
        let error = Formula::parse("cost / (clicks").expect_err("open");
        assert_eq!(
            error.to_string(),
            "a closing parenthesis is missing at character 15 of the formula \"cost / (clicks\""
        );
        assert!(Formula::parse("cost / ").is_err());
        assert!(Formula::parse("cost; drop").is_err());
        assert!(Formula::parse(&"(".repeat(100_000)).is_err());
    }

    #[test]
    fn sql_guards_each_division() {
        let formula = Formula::parse("(revenue - cost) / cost").expect("a formula");
        assert_eq!(
            formula.to_sql(&|name| format!("sum({name})")),
            "((sum(revenue) - sum(cost)) / NULLIF(sum(cost), 0))"
        );
        assert_eq!(formula.metrics().into_iter().collect::<Vec<_>>(), ["cost", "revenue"]);
    }
}
