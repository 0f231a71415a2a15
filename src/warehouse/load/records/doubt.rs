//! Whether a list that names fewer records than before is believed. Pure.

/// Fewer than these may vanish at once.
const FEW: u64 = 5;

/// Records that a list of everything does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absent {
    /// Held as living until now.
    pub living: u64,
    /// Named by the list.
    pub listed: u64,
    /// Not named for the first time; neither merged nor in the recycle bin.
    pub first: u64,
    /// Not named by the list before either.
    pub again: u64,
}

/// What becomes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They count no more.
    Gone,
    /// Those missed for the first time count until the next list says the same.
    Doubted,
}

/// A list that names nothing, or misses more than a few and more than a tenth at once, may be at
/// fault itself.
pub fn judge(absent: Absent) -> Verdict {
    let Absent { living, listed, first, .. } = absent;
    let is_empty = listed == 0 && first > 0;
    let are_many = first > FEW && first.saturating_mul(10) > living;
    if is_empty || are_many { Verdict::Doubted } else { Verdict::Gone }
}

impl Verdict {
    /// What the load has to say about records of a table.
    pub fn notes(self, table: &str, absent: Absent) -> Vec<String> {
        let Absent { living, first, again, .. } = absent;
        let gone = if self == Self::Gone { first + again } else { again };
        let noun = |count: u64| format!("{count} {}{}", table.replace('_', " "), if count == 1 { "" } else { "s" });
        let mut notes = Vec::new();
        if gone > 0 {
            let (are, count) = if gone == 1 { ("is", "counts") } else { ("are", "count") };
            notes.push(format!(
                "{} {are} deleted for good: listed no more, neither merged nor in the recycle bin; {count} no more",
                noun(gone)
            ));
        }
        if self == Self::Doubted && first > 0 {
            notes.push(format!(
                "{} of {living} are not listed any more, too many to be believed at once: they count until the next \
                 full list says the same",
                noun(first)
            ));
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(living: u64, listed: u64, first: u64) -> Verdict {
        judge(Absent { living, listed, first, again: 0 })
    }

    #[test]
    fn a_few_are_gone_and_many_or_all_at_once_are_doubted() {
        assert_eq!(judged(2, 1, 1), Verdict::Gone);
        assert_eq!(judged(10, 5, 5), Verdict::Gone);
        assert_eq!(judged(50, 44, 6), Verdict::Doubted);
        assert_eq!(judged(60, 54, 6), Verdict::Gone);
        assert_eq!(judged(3, 0, 3), Verdict::Doubted, "an empty answer");
        assert_eq!(judged(0, 0, 0), Verdict::Gone);
    }

    #[test]
    fn what_is_doubted_is_told_and_what_is_missed_again_is_gone() {
        let absent = Absent { living: 50, listed: 40, first: 8, again: 1 };
        let notes = judge(absent).notes("contact", absent);
        assert_eq!(notes.len(), 2);
        assert!(notes[0].starts_with("1 contact is deleted for good"), "{notes:?}");
        assert!(notes[1].starts_with("8 contacts of 50 are not listed any more"), "{notes:?}");
        assert_eq!(
            Verdict::Gone.notes("deal", Absent { living: 9, listed: 9, first: 0, again: 0 }),
            Vec::<String>::new()
        );
    }
}
