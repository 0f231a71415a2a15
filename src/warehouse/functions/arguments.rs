//! What a function of ours is called with.

use duckdb::arrow::array::RecordBatch;
use std::error::Error;

/// An argument of a function as its type.
pub fn column<T: 'static>(input: &RecordBatch, index: usize) -> Result<&T, Box<dyn Error>> {
    input.column(index).as_any().downcast_ref().ok_or_else(|| format!("argument {} has another type", index + 1).into())
}
