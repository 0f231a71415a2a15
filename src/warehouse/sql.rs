//! Values and names written into SQL.

use super::error::WarehouseError;
use std::path::Path;

/// A text as an SQL literal.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A path as an SQL literal.
pub fn path_literal(path: &Path) -> Result<String, WarehouseError> {
    utf8(path).map(literal)
}

/// A path as text.
pub fn utf8(path: &Path) -> Result<&str, WarehouseError> {
    path.to_str().ok_or_else(|| WarehouseError::Invalid(format!("{} is not UTF-8", path.display())))
}

/// A table's name as SQL.
pub fn named(schema: &str, table: &str) -> String {
    format!("{}.{}", quoted(schema), quoted(table))
}

/// An identifier as SQL.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
