//! What a section says of itself: its id, its place, what it reads and how it is built.

use super::{FigureBuilder, Readings};
use crate::domain::campaign::Campaign;
use crate::domain::period::Period;
use crate::report::data::Needs;
use crate::report::definition::{Cadence, Definition};
use crate::report::document::Section;

/// The id of the section of channels, which others look for as well.
pub const CHANNELS: &str = "channels";

/// A section that job files name by its id.
#[derive(Clone, Copy, Debug)]
pub struct StandardSection {
    /// In job files, CSV files and links.
    pub id: &'static str,
    /// Its place among the sections of a report whose job does not say which it holds; none where it is not one of them.
    pub place: fn(Cadence) -> Option<u8>,
    /// Adds what it reads beyond what every report reads.
    pub needs: fn(&Asking<'_>, &mut Needs),
    pub build: fn(&Readings, &mut FigureBuilder<'_>) -> Vec<Section>,
}

/// The report that a section reads for.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    pub definition: &'a Definition,
    pub period: Period,
    pub campaigns: &'a [Campaign],
}

/// Of a section that reads what every report reads.
pub(super) fn nothing_more(_: &Asking<'_>, _: &mut Needs) {}

/// In reports of weeks and longer.
pub(super) fn from_weekly(cadence: Cadence, place: u8) -> Option<u8> {
    (cadence != Cadence::Daily).then_some(place)
}

/// In reports of months and longer.
pub(super) fn from_monthly(cadence: Cadence, place: u8) -> Option<u8> {
    (!matches!(cadence, Cadence::Daily | Cadence::Weekly)).then_some(place)
}
