//! The line of what settings hold: the file is looked into again, so that settings need not carry a
//! line for each value.

use crate::settings::earlier_key;
use crate::support::text_file;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// A step from a table or list to what is in it.
#[derive(Clone, Copy, Debug)]
pub enum Step<'s> {
    Key(&'s str),
    /// Counts from 0.
    Nth(usize),
}

/// The files of an installation, each read once.
pub struct Places<'a> {
    root: &'a Path,
    texts: RefCell<BTreeMap<PathBuf, String>>,
}

impl<'a> Places<'a> {
    pub fn new(root: &'a Path) -> Self {
        Self { root, texts: RefCell::default() }
    }

    /// The line of the deepest of `steps` that is there; `None` for the file as a whole.
    pub fn line(&self, file: &Path, steps: &[Step<'_>]) -> Option<usize> {
        if steps.is_empty() {
            return None;
        }
        let mut texts = self.texts.borrow_mut();
        let text = texts.entry(file.to_owned()).or_insert_with(|| text_file::text_or_nothing(&self.root.join(file)));
        line_of(text, steps)
    }
}

fn line_of(text: &str, steps: &[Step<'_>]) -> Option<usize> {
    let (table, _) = DeTable::parse_recoverable(text);
    let mut value = &DeValue::Table(table.into_inner());
    let mut span: Option<Range<usize>> = None;
    for step in steps {
        let inner = match (step, value) {
            (Step::Key(key), DeValue::Table(table)) => {
                let find = |wanted: &str| table.iter().find(|(name, _)| name.get_ref() == wanted);
                find(key)
                    .or_else(|| earlier_key(key).and_then(find))
                    .map(|(name, inner)| (name.span(), inner.get_ref()))
            }
            (Step::Nth(index), DeValue::Array(items)) => items.get(*index).map(|item| (item.span(), item.get_ref())),
            _ => None,
        };
        let Some((at, inner)) = inner else { break };
        (span, value) = (Some(at), inner);
    }
    let before = text.as_bytes().get(..span?.start)?;
    Some(before.iter().filter(|byte| **byte == b'\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Step::{Key, Nth};

    #[test]
    fn a_value_is_found_and_else_what_holds_it() {
        let text =
            "name = \"A\"\n[[targets]]\nmetric = \"a\"\n[[targets]]\n\nmetric = \"b\"\n[recipients.all]\nmail = []\n";
        assert_eq!(line_of(text, &[Key("targets"), Nth(1), Key("metric")]), Some(6));
        assert_eq!(line_of(text, &[Key("targets"), Nth(1), Key("amount")]), Some(4));
        assert_eq!(line_of(text, &[Key("recipients"), Key("all"), Key("mail")]), Some(8));
        assert_eq!(line_of(text, &[Key("budgets")]), None);
    }
}
