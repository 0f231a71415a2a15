//! "Did you mean": the known word that a mistyped one resembles.

/// The known word nearest to `name`, if it is near enough to be a slip.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    // A key as long as a page is no typo, and comparing it would take long.
    let candidates = if name.len() > 100 { &[] } else { known };
    candidates
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).clamp(1, 3))
        .min()
        .map(|(_, candidate)| candidate)
}

/// "did you mean …?" for a near miss, else what there is.
pub fn unknown_remedy(name: &str, known: &[&str], what: &str) -> String {
    match (nearest(name, known), known.is_empty()) {
        (Some(candidate), _) => format!("did you mean {candidate:?}?"),
        (None, true) => format!("there are no {what} yet"),
        (None, false) => {
            let mut sorted = known.to_vec();
            sorted.sort_unstable();
            format!("known {what}: {}", sorted.join(", "))
        }
    }
}
