//! Contracts written in tests.

use super::read::{Written, read_top};
use crate::domain::fact::{Fact, Origin};
use crate::settings::{Problems, Source, read_toml};
use std::path::{Path, PathBuf};

/// The fact of a contract as an installation writes it, with the query of its contribution.
pub fn fact_of(id: &str, text: &str, query: Option<&str>) -> Fact {
    let problems = Problems::default();
    let file = PathBuf::from(format!("config/facts/{id}.toml"));
    let query = query.map(|sql| (PathBuf::from(format!("config/facts/{id}.metrics.sql")), sql.to_owned()));
    let written = Written { id: id.to_owned(), origin: Origin::File(file), query };
    let source = Source { file: Path::new("fact.toml"), text, problems: &problems };
    let fact = read_toml(source, |top| read_top(top, written)).flatten();
    let problems = problems.into_sorted();
    assert!(problems.is_empty(), "{problems:?}");
    fact.expect("a fact without problems")
}
