//! How one kind of export is read: which of its columns is which field, which of its rows count, and how
//! its values are written. A preset is a TOML file: see [`super::presets`].

use super::shape::{header_matches, tidy};
use super::target::{Field, Target};
use super::written::Written;
use crate::domain::dropped::Repeats;
use rust_decimal::Decimal;

/// A kind of export.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    pub name: String,
    /// One sentence for admins.
    pub about: String,
    pub target: Target,
    /// What several different rows of one key mean.
    pub repeats: Repeats,
    /// In the order of the target's fields; a field that is not here is never there.
    pub columns: Vec<Column>,
    /// Columns that mean one thing here and another there: the file is refused until an admin answers.
    pub questions: Vec<Question>,
    /// Columns that an admin says are not to be read.
    pub ignored: Vec<String>,
    pub filters: Vec<Filter>,
    pub unpivot: Option<Unpivot>,
    pub written: Written,
}

/// Where a field is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub field: &'static Field,
    /// Names it goes by; the first that is there and not blank counts.
    pub headers: Vec<String>,
    /// Names of columns that make it together, where none of the others has it.
    pub joined: Vec<String>,
    /// Of every row that has no other value.
    pub constant: Option<String>,
    /// Whether an admin named the columns: then all of them must be there.
    pub is_stated: bool,
    /// What its numbers are multiplied by: 1000 for amounts in thousands.
    pub factor: Option<Decimal>,
}

impl Column {
    /// One that nothing is known of yet.
    pub fn new(field: &'static Field) -> Self {
        Self { field, headers: Vec::new(), joined: Vec::new(), constant: None, is_stated: false, factor: None }
    }
}

/// A header that may be one field or another; `none` stands for neither.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub header: String,
    pub fields: Vec<String>,
}

/// A column that says which rows count. A value that is in neither list makes its row a bad one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    pub headers: Vec<String>,
    /// Tidied.
    pub counts: Vec<String>,
    /// Tidied.
    pub leaves_out: Vec<String>,
    /// Whether a file without the column is refused.
    pub is_needed: bool,
    /// Whether a value that is in neither list makes its row a bad one, and does not leave it out.
    pub is_strict: bool,
}

/// In wide tables the headers that no field names are values of one field, their cells those of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpivot {
    pub names: &'static Field,
    pub values: &'static Field,
}

/// What an admin says of a file's columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Column and field; the field `none` leaves the column out.
    pub columns: Vec<(String, String)>,
    /// Field and the value it has in every row.
    pub constants: Vec<(String, String)>,
    /// Field and what its numbers are multiplied by.
    pub factors: Vec<(String, Decimal)>,
    /// Column and the values with which a row counts; others are left out.
    pub counts: Vec<(String, Vec<String>)>,
    /// What several rows of one key mean, in place of the preset's word.
    pub repeats: Option<Repeats>,
}

/// What different rows of one key are where no preset says so: plans and reports have parts, orders have
/// lines.
fn repeats_of(target: Target) -> Repeats {
    match target {
        Target::Budgets | Target::AdCost => Repeats::Sum,
        Target::OfflineConversions => Repeats::Items,
        Target::Influencer => Repeats::Last("metrics_as_of".into()),
        Target::Targets | Target::Fx | Target::Own(_) => Repeats::Quarantine,
    }
}

/// The words of what several rows of one key mean.
pub const REPEATS: [(&str, Repeats); 4] =
    [("sum", Repeats::Sum), ("items", Repeats::Items), ("same", Repeats::Same), ("quarantine", Repeats::Quarantine)];

/// The field that stands for none.
pub const NONE: &str = "none";
/// Stands for a column that says which rows count.
pub const COUNTS: &str = "counts";

impl Preset {
    /// A preset of nothing but what an admin says; whatever the answers do not name is not read.
    pub fn mapped(target: Target, answers: &Answers) -> Self {
        let bare = Self {
            name: target.spec().name.to_owned(),
            about: String::new(),
            target,
            repeats: repeats_of(target),
            columns: Vec::new(),
            questions: Vec::new(),
            ignored: Vec::new(),
            filters: Vec::new(),
            unpivot: None,
            written: Written::default(),
        };
        bare.answered(answers)
    }

    /// The plain preset of a target: each field by its own name.
    pub fn plain(target: Target) -> Self {
        let spec = target.spec();
        let column = |field: &'static Field| Column { headers: vec![field.name.to_owned()], ..Column::new(field) };
        Self {
            about: spec.about.to_owned(),
            columns: spec.fields.iter().map(column).collect(),
            ..Self::mapped(target, &Answers::default())
        }
    }

    /// The preset with an admin's answers, which count before its own.
    #[must_use]
    pub fn answered(mut self, answers: &Answers) -> Self {
        let spec = self.target.spec();
        for (header, name) in &answers.columns {
            self.questions.retain(|question| !header_matches(&question.header, header));
            for column in &mut self.columns {
                column.headers.retain(|other| column.is_stated || tidy(other) != tidy(header));
            }
            let Some(field) = spec.field(name) else {
                self.ignored.push(header.clone());
                continue;
            };
            let column = self.column_mut(field);
            if !column.is_stated {
                (column.headers, column.joined, column.is_stated) = (Vec::new(), Vec::new(), true);
            }
            column.headers.push(header.clone());
        }
        for (name, value) in &answers.constants {
            if let Some(field) = spec.field(name) {
                self.column_mut(field).constant = Some(value.clone());
            }
        }
        for (name, factor) in &answers.factors {
            if let Some(field) = spec.field(name) {
                self.column_mut(field).factor = Some(*factor);
            }
        }
        for (header, values) in &answers.counts {
            self.questions.retain(|question| !header_matches(&question.header, header));
            self.filters.retain(|filter| !filter.headers.iter().any(|other| header_matches(other, header)));
            self.filters.push(Filter {
                headers: vec![header.clone()],
                counts: values.iter().map(|value| tidy(value)).collect(),
                leaves_out: Vec::new(),
                is_needed: true,
                is_strict: false,
            });
        }
        if let Some(repeats) = &answers.repeats {
            self.repeats = repeats.clone();
        }
        let place = |column: &Column| spec.fields.iter().position(|field| field.name == column.field.name);
        self.columns.sort_by_key(place);
        self
    }

    fn column_mut(&mut self, field: &'static Field) -> &mut Column {
        let place = self.columns.iter().position(|column| column.field.name == field.name).unwrap_or_else(|| {
            self.columns.push(Column::new(field));
            self.columns.len() - 1
        });
        &mut self.columns[place]
    }

    /// How the field is found, if it is ever there.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.field.name == name)
    }

    /// Whether a wide table may hold the field in its headers or cells.
    pub fn is_unpivoted(&self, name: &str) -> bool {
        self.unpivot.as_ref().is_some_and(|unpivot| [unpivot.names.name, unpivot.values.name].contains(&name))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Presets;
    use super::*;

    fn pair(a: &str, b: &str) -> (String, String) {
        (a.to_owned(), b.to_owned())
    }

    #[test]
    fn an_answer_counts_before_the_preset_and_settles_its_question() {
        let preset = (*Presets::built_in().get("influencer").expect("a preset")).clone();
        assert!(preset.questions.iter().any(|question| question.header == "Sales"));
        let answers = Answers {
            columns: vec![pair("sales", "revenue"), pair("Views", NONE)],
            constants: vec![pair("currency", "EUR")],
            ..Answers::default()
        };
        let preset = preset.answered(&answers);
        assert!(!preset.questions.iter().any(|question| question.header == "Sales"));
        let revenue = preset.column("revenue").expect("a column");
        assert_eq!((revenue.headers.as_slice(), revenue.is_stated), (["sales".to_owned()].as_slice(), true));
        assert!(preset.column("views").expect("a column").headers.iter().all(|header| tidy(header) != "views"));
        assert_eq!(preset.column("currency").expect("a column").constant.as_deref(), Some("EUR"));
    }

    #[test]
    fn a_mapping_reads_nothing_that_it_does_not_name() {
        let answers = Answers { columns: vec![pair("No.", "conversion_id")], ..Answers::default() };
        let preset = Preset::mapped(Target::OfflineConversions, &answers);
        assert_eq!(preset.columns.len(), 1);
        assert!(preset.column("amount").is_none());
    }
}
