//! What the list of sections says: their words in job files, and which a report holds where its job does not say.

use super::SECTIONS;
use super::kind::StandardSection;
use crate::report::definition::{Cadence, Definition, Edition, REPORTS, SectionKind, Split};

/// The sections by the words of job files.
pub fn words() -> Vec<(&'static str, SectionKind)> {
    SECTIONS.iter().map(|section| (section.id, SectionKind::Standard(section.id))).collect()
}

pub(super) fn find(id: &str) -> Option<&'static StandardSection> {
    SECTIONS.into_iter().find(|section| section.id == id)
}

/// What a report holds where the job does not say.
pub fn parts(cadence: Cadence) -> Vec<SectionKind> {
    let mut placed: Vec<(u8, &str)> =
        SECTIONS.iter().filter_map(|section| Some(((section.place)(cadence)?, section.id))).collect();
    placed.sort_unstable();
    placed.into_iter().map(|(_, id)| SectionKind::Standard(id)).collect()
}

/// A report of the whole workspace with the sections that it holds where the job does not say.
pub fn standard(report: &str) -> Option<Definition> {
    let (id, cadence, title) = REPORTS.into_iter().find(|(id, ..)| *id == report)?;
    Some(Definition {
        report: id.to_owned(),
        title: title.to_owned(),
        cadence,
        compare: cadence.comparisons().to_vec(),
        edition: Edition { parts: parts(cadence), ..Edition::default() },
        split: Split::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_places_of_sections_are_their_own() {
        let mut ids: Vec<&str> = SECTIONS.iter().map(|section| section.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), SECTIONS.len());
        for (_, cadence, _) in REPORTS {
            let mut places: Vec<u8> = SECTIONS.iter().filter_map(|section| (section.place)(cadence)).collect();
            let count = places.len();
            places.sort_unstable();
            places.dedup();
            assert_eq!(places.len(), count, "{cadence:?}");
        }
        let ids = |cadence| {
            let id = |part| match part {
                SectionKind::Standard(id) => id,
                SectionKind::Metrics(_) => "",
            };
            parts(cadence).into_iter().map(id).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(ids(Cadence::Daily), "headline restated trend channels campaigns budget funnel content");
        assert_eq!(
            ids(Cadence::Weekly),
            "headline restated trend goals channels campaigns plans budget funnel leads content benchmarks hours"
        );
        assert_eq!(
            ids(Cadence::Monthly),
            "headline restated trend goals roi channels plans campaigns budget subscriptions funnel leads content \
             benchmarks hours"
        );
    }
}
