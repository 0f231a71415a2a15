//! One document, many formats: HTML page, PDF, mail, Slack message, CSV; charts as one list of marks.

pub mod chart;
mod check;
pub mod csv;
pub mod email;
pub mod html;
pub mod pdf;
pub mod typeface;
pub mod view;
pub mod words;
pub mod xlsx;
