//! Reads a TOML file key by key, with the line of each, and goes on after a mistake: all problems of
//! a file come to light at once. (Serde stops at the first, and quotes values, which could be secrets.)

use super::aliases::earlier_key;
pub use super::fault::{Fault, fault};
use super::kind::{Kind, Names};
use super::kinds::one_of;
use super::schema_recorder::SchemaRecorder;
pub use super::source::{At, Problems, Source};
pub use crate::support::nearest::unknown_remedy;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Parses a file and hands its top level to `read`; `None` after noting every syntax error.
pub fn read_toml<T>(source: Source<'_>, read: impl FnOnce(Section<'_>) -> T) -> Option<T> {
    let (table, errors) = DeTable::parse_recoverable(source.text);
    let mut last_line = 0;
    for error in &errors {
        let line = error.span().map_or(1, |span| source.line(&span));
        // One slip often makes the parser stumble again on the same line.
        if line != last_line {
            let text = source.text.lines().nth(line - 1).unwrap_or_default();
            if text.contains(['“', '”', '„', '‘', '’']) {
                let message = "this is not TOML: the quotes are curly ones, which word processors write";
                source.problem(line, message, "write straight quotes: \"…\"");
            } else {
                source.problem(line, &format!("this is not TOML: {}", error.message()), syntax_remedy(error.message()));
            }
        }
        last_line = line;
    }
    errors.is_empty().then(|| read(Section::new(source, String::new(), 1, table.into_inner())))
}

fn syntax_remedy(message: &str) -> &'static str {
    if message.contains("duplicate key") {
        "keep one of the two"
    } else {
        "put text in quotes, lists in [ ], and each key on a line of its own"
    }
}

/// A table that is being read. Keys that nobody asked for are reported by [`Section::finish`].
///
/// With a [`SchemaRecorder`] there is no table: what is asked for is noted there, and every value is absent.
pub struct Section<'a> {
    pub source: Source<'a>,
    /// As an admin names it, e.g. `[warehouse]`; empty at the top of a file.
    pub name: String,
    /// Where it begins.
    pub line: usize,
    table: DeTable<'a>,
    known: Vec<&'static str>,
    recorder: Option<(&'a SchemaRecorder, String)>,
}

impl<'a> Section<'a> {
    fn new(source: Source<'a>, name: String, line: usize, table: DeTable<'a>) -> Self {
        Self { source, name, line, table, known: Vec::new(), recorder: None }
    }

    /// The top level of a file that is only described.
    pub fn recorded_as(source: Source<'a>, recorder: &'a SchemaRecorder) -> Self {
        Self::of_recorder(source, recorder, String::new())
    }

    fn of_recorder(source: Source<'a>, recorder: &'a SchemaRecorder, place: String) -> Self {
        let section = Self::new(source, String::new(), 1, DeTable::new());
        Self { recorder: Some((recorder, place)), ..section }
    }

    /// Says what the table is for.
    pub fn about(&self, about: &'static str) {
        if let Some((recorder, place)) = &self.recorder {
            recorder.about(place, about);
        }
    }

    /// How many of `keys` are there, of which exactly one is wanted.
    pub fn exclusive_keys(&self, keys: &[&'static str]) -> usize {
        if let Some((recorder, place)) = &self.recorder {
            recorder.exclusive_keys(place, keys);
        }
        keys.iter().filter(|key| self.has(key)).count()
    }

    /// Notes a problem of this file.
    pub fn problem(&self, line: usize, message: &str, remedy: &str) {
        self.source.problem(line, message, remedy);
    }

    /// A value that may be left out; `None` also after noting that it is wrong.
    pub fn optional<T>(&mut self, key: &'static str, kind: Kind<'_, T>) -> Option<At<T>> {
        if let Some((recorder, place)) = &self.recorder {
            recorder.value(place, key, kind.schema(), false);
            return None;
        }
        let (line, value) = self.take(key)?;
        self.convert(key, line, value.get_ref(), |value| kind.read(value))
    }

    /// A value that must be there; `None` after noting that it is missing or wrong. `example` shows
    /// what to write.
    pub fn required<T>(&mut self, key: &'static str, example: &str, kind: Kind<'_, T>) -> Option<At<T>> {
        if let Some((recorder, place)) = &self.recorder {
            recorder.value(place, key, kind.schema(), true);
            return None;
        }
        if !self.has(key) {
            self.known.push(key);
            let message = format!("{}{key:?} is missing", self.prefix());
            self.problem(self.line, &message, &format!("add {key} = {example}"));
            return None;
        }
        self.optional(key, kind)
    }

    /// A word that must be there and decides which other keys may be.
    pub fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        example: &str,
        about: &'static str,
        choices: &[(&'static str, T)],
    ) -> Option<At<T>> {
        let words = || choices.iter().map(|(word, choice)| (serde_json::json!({ "const": word }), *choice)).collect();
        self.variant(key, example, one_of(choices).about(about), words)
    }

    /// The same for any kind of value; each variant is a schema of the value and what stands for it.
    pub fn variant<T>(
        &mut self,
        key: &'static str,
        example: &str,
        kind: Kind<'_, T>,
        variants: impl FnOnce() -> Vec<(serde_json::Value, T)>,
    ) -> Option<At<T>> {
        let Some((recorder, place)) = &mut self.recorder else { return self.required(key, example, kind) };
        let (schemas, mut values): (Vec<_>, Vec<_>) = variants().into_iter().unzip();
        let described: Vec<_> = schemas.iter().map(|schema| kind.described(schema)).collect();
        let (taken, inner) = recorder.variant(place, key, &described);
        *place = inner;
        Some(At { value: values.swap_remove(taken), line: self.line })
    }

    /// Says more of a key's values than its kind does.
    pub fn describe(&self, key: &'static str, schema: impl FnOnce() -> serde_json::Value) {
        if let Some((recorder, place)) = &self.recorder {
            recorder.replace(place, key, schema());
        }
    }

    /// Whether there is no table, and what is asked for is recorded for a schema.
    pub fn is_recorded(&self) -> bool {
        self.recorder.is_some()
    }

    /// Whether the key is there and has not been read yet.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(self.spelling(key))
    }

    /// The key as the file spells it: an earlier spelling only where the present one is not there.
    fn spelling<'k>(&self, key: &'k str) -> &'k str {
        match earlier_key(key) {
            Some(earlier) if !self.table.contains_key(key) && self.table.contains_key(earlier) => earlier,
            _ => key,
        }
    }

    /// Whether the key is there and holds a table.
    pub fn is_table(&self, key: &str) -> bool {
        if let Some((recorder, place)) = &self.recorder {
            return recorder.is_table(place, key);
        }
        self.table.get(self.spelling(key)).is_some_and(|value| value.get_ref().is_table())
    }

    /// Whether the key is there and holds tables only, as `[[key]]` does.
    pub fn is_tables(&self, key: &str) -> bool {
        if let Some((recorder, place)) = &self.recorder {
            return recorder.is_table(place, key);
        }
        match self.table.get(self.spelling(key)).map(Spanned::get_ref) {
            Some(DeValue::Array(items)) => !items.is_empty() && items.iter().all(|item| item.get_ref().is_table()),
            _ => false,
        }
    }

    /// A table inside.
    pub fn section(&mut self, key: &'static str) -> Option<Section<'a>> {
        if let Some((recorder, place)) = &self.recorder {
            return Some(Self::of_recorder(self.source, recorder, recorder.table(place, key)));
        }
        let (line, value) = self.take(key)?;
        let name = self.path(key);
        self.as_section(key, name, line, value)
    }

    /// A table inside that must be there; `None` after noting that it is missing.
    pub fn required_section(&mut self, key: &'static str) -> Option<Section<'a>> {
        self.needs(key, &self.path(key));
        self.section(key)
    }

    /// The tables of a list of tables that must be there.
    pub fn required_list(&mut self, key: &'static str) -> Vec<Section<'a>> {
        self.needs(key, &format!("[{}]", self.path(key)));
        self.list(key)
    }

    /// Notes that the tables under a key are missing, if they are.
    fn needs(&self, key: &'static str, name: &str) {
        match &self.recorder {
            Some((recorder, place)) => recorder.require(place, key),
            None if self.has(key) => {}
            None => self.problem(self.line, &format!("{}{key:?} is missing", self.prefix()), &format!("add {name}")),
        }
    }

    /// Every table of a table of tables, with its name and line, e.g. `[recipients.<group>]`.
    pub fn named_sections(
        &mut self,
        key: &'static str,
        about: &'static str,
        names: &Names,
    ) -> Vec<(At<String>, Section<'a>)> {
        let Some(section) = self.section(key) else { return Vec::new() };
        section.about(about);
        section.into_sections(names)
    }

    /// All that is left, each as a table with its name and line; wrong names are reported.
    pub fn into_sections(mut self, names: &Names) -> Vec<(At<String>, Section<'a>)> {
        if let Some((recorder, place)) = &self.recorder {
            let each = Self::of_recorder(self.source, recorder, recorder.entries(place, names.schema()));
            return vec![(At { value: "name".to_owned(), line: 1 }, each)];
        }
        let entries: Vec<_> = std::mem::take(&mut self.table).into_iter().collect();
        entries
            .into_iter()
            .filter_map(|(key, value)| {
                let line = self.source.line(&key.span());
                let key = key.into_inner().into_owned();
                let section = self.as_section(&key, self.path(&key), line, value)?;
                if let Err(fault) = names.check(&key) {
                    section.problem(line, &fault.message, &fault.remedy);
                }
                Some((At { value: key, line }, section))
            })
            .collect()
    }

    /// Every value of a table with its name, e.g. `secrets = { token = … }`; wrong names are reported.
    pub fn entries<T>(&mut self, key: &'static str, names: &Names, kind: Kind<'_, T>) -> Vec<(String, At<T>)> {
        if let Some((recorder, place)) = &self.recorder {
            recorder.value(place, key, kind.table_of(names), false);
            return Vec::new();
        }
        let Some(mut section) = self.section(key) else { return Vec::new() };
        let entries: Vec<_> = std::mem::take(&mut section.table).into_iter().collect();
        entries
            .into_iter()
            .filter_map(|(key, value)| {
                let line = section.source.line(&key.span());
                let key = key.into_inner().into_owned();
                if let Err(fault) = names.check(&key) {
                    section.problem(line, &format!("{}{}", section.prefix(), fault.message), &fault.remedy);
                    return None;
                }
                let at = section.convert(&key, line, value.get_ref(), |value| kind.read(value))?;
                Some((key, at))
            })
            .collect()
    }

    /// The tables of a list of tables, e.g. `[[connections]]`.
    pub fn list(&mut self, key: &'static str) -> Vec<Section<'a>> {
        if let Some((recorder, place)) = &self.recorder {
            return vec![Self::of_recorder(self.source, recorder, recorder.list(place, key))];
        }
        let Some((line, value)) = self.take(key) else { return Vec::new() };
        let DeValue::Array(items) = value.into_inner() else {
            let message = format!("{} is not a list of tables", self.path(key));
            self.problem(line, &message, &format!("write each as [[{key}]]"));
            return Vec::new();
        };
        items
            .into_iter()
            .filter_map(|item| {
                let line = self.source.line(&item.span());
                self.as_section(key, format!("[[{key}]]"), line, item)
            })
            .collect()
    }

    /// Notes every key that was not asked for, with the known one it resembles.
    pub fn finish(self) {
        for key in self.table.keys() {
            let line = self.source.line(&key.span());
            let name = key.get_ref();
            // Left over where both spellings are there.
            if let Some(present) = self.known.iter().find(|key| earlier_key(key) == Some(name)) {
                let message =
                    format!("{}{name:?} is the earlier name of {present:?}, which is there too", self.prefix());
                self.problem(line, &message, "keep one of the two");
                continue;
            }
            let message = format!("{}unknown key {name:?}", self.prefix());
            self.problem(line, &message, &unknown_remedy(name, &self.known, "keys"));
        }
    }

    fn take(&mut self, key: &'static str) -> Option<(usize, Spanned<DeValue<'a>>)> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        let spelling = self.spelling(key);
        let (key, value) = self.table.remove_entry(spelling)?;
        Some((self.source.line(&key.span()), value))
    }

    fn convert<T>(
        &self,
        key: &str,
        line: usize,
        value: &DeValue<'a>,
        convert: impl FnOnce(&DeValue<'a>) -> Result<T, Fault>,
    ) -> Option<At<T>> {
        match convert(value) {
            Ok(value) => Some(At { value, line }),
            Err(fault) => {
                self.problem(line, &format!("{}{key}: {}", self.prefix(), fault.message), &fault.remedy);
                None
            }
        }
    }

    fn as_section(&self, key: &str, name: String, line: usize, value: Spanned<DeValue<'a>>) -> Option<Section<'a>> {
        match value.into_inner() {
            DeValue::Table(table) => Some(Section::new(self.source, name, line, table)),
            _ => {
                self.problem(line, &format!("{}{key} is not a table", self.prefix()), &format!("write {name}"));
                None
            }
        }
    }

    fn path(&self, key: &str) -> String {
        let parent = self.name.trim_matches(['[', ']']);
        if parent.is_empty() { format!("[{key}]") } else { format!("[{parent}.{key}]") }
    }

    fn prefix(&self) -> String {
        if self.name.is_empty() { String::new() } else { format!("{}: ", self.name) }
    }
}
