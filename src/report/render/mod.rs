//! One document, several formats.
