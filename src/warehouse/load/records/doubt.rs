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

/// What the vendor's own count says of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Nobody asked.
    Unasked,
    /// There are as many records as were listed.
    Agrees,
    /// There is no count, or one that is smaller than the list.
    Differs,
    /// There are more than were listed.
    Exceeds,
}

/// What becomes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They count no more.
    Gone,
    /// Those missed for the first time count until the next list says the same.
    Doubted,
    /// All of them count: the list itself is at fault, or nothing but it speaks for so many.
    Refuted,
}

/// A list that names nothing, or misses more than a few and more than a tenth at once, may be at
/// fault itself. The same fault may come twice, so a count that says otherwise has the last word.
pub fn judge(absent: Absent, count: Count) -> Verdict {
    let Absent { living, listed, first, again } = absent;
    let is_empty = listed == 0 && first > 0;
    match count {
        Count::Exceeds => Verdict::Refuted,
        Count::Differs if are_many(first + again, living) || is_empty => Verdict::Refuted,
        _ if are_many(first, living) || is_empty => Verdict::Doubted,
        _ => Verdict::Gone,
    }
}

fn are_many(absent: u64, living: u64) -> bool {
    absent > FEW && absent.saturating_mul(10) > living
}

/// What a load says of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub text: String,
    /// More than an admin's note: figures may be wrong by it.
    pub concerns_readers: bool,
}

impl Verdict {
    /// What the load has to say about records of a table.
    pub fn told(self, table: &str, absent: Absent) -> Vec<Told> {
        let Absent { living, first, again, .. } = absent;
        let (gone, kept) = match self {
            Self::Gone => (first + again, 0),
            Self::Doubted => (again, first),
            Self::Refuted => (0, first + again),
        };
        let noun = |count: u64| format!("{count} {}{}", table.replace('_', " "), if count == 1 { "" } else { "s" });
        let mut told = Vec::new();
        if gone > 0 {
            let (are, count) = if gone == 1 { ("is", "counts") } else { ("are", "count") };
            let text = format!(
                "{} {are} deleted for good: listed no more, neither merged nor in the recycle bin; {count} no more",
                noun(gone)
            );
            told.push(Told { text, concerns_readers: are_many(gone, living) });
        }
        if kept > 0 {
            let (are, count) = if kept == 1 { ("is", "counts") } else { ("are", "count") };
            let why = match self {
                Self::Refuted => format!("which the vendor's own count does not confirm: {count} on"),
                _ => "too many to be believed at once: they count until the next full list says the same".to_owned(),
            };
            let text = format!("{} of {living} {are} not listed any more, {why}", noun(kept));
            told.push(Told { text, concerns_readers: true });
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(living: u64, listed: u64, first: u64) -> Verdict {
        judge(Absent { living, listed, first, again: 0 }, Count::Unasked)
    }

    fn texts(verdict: Verdict, table: &str, absent: Absent) -> Vec<String> {
        verdict.told(table, absent).into_iter().map(|told| told.text).collect()
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
    fn a_list_that_is_cut_twice_deletes_nobody_where_the_vendor_counts_more() {
        // HubspotCommunity/hubspot-ruby#57
        let again = Absent { living: 450, listed: 100, first: 0, again: 350 };
        assert_eq!(judge(again, Count::Exceeds), Verdict::Refuted);
        assert_eq!(judge(again, Count::Differs), Verdict::Refuted);
        assert_eq!(judge(again, Count::Agrees), Verdict::Gone);
        let one = Absent { living: 450, listed: 449, first: 1, again: 0 };
        assert_eq!((judge(one, Count::Differs), judge(one, Count::Exceeds)), (Verdict::Gone, Verdict::Refuted));
        assert!(Verdict::Gone.told("contact", again)[0].concerns_readers);
        assert!(!Verdict::Gone.told("contact", one)[0].concerns_readers);
    }

    #[test]
    fn what_is_doubted_is_reported_and_what_is_missed_again_is_gone() {
        let absent = Absent { living: 50, listed: 40, first: 8, again: 1 };
        let told = texts(judge(absent, Count::Unasked), "contact", absent);
        assert_eq!(told.len(), 2);
        assert!(told[0].starts_with("1 contact is deleted for good"), "{told:?}");
        assert!(told[1].starts_with("8 contacts of 50 are not listed any more"), "{told:?}");
        let none = Absent { living: 9, listed: 9, first: 0, again: 0 };
        assert_eq!(texts(Verdict::Gone, "deal", none), Vec::<String>::new());
    }
}
