//! The ways to cut the past into requests.

use crate::connectors::fields::{self, Variant};
use crate::settings::Section;
use chrono::NaiveDate;

/// How the past is cut into requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SlicingSpec {
    /// Everything, every time.
    #[default]
    Whole,
    /// Calendar days in the account's zone: `step_days` a slice. Each run reads today, the
    /// `reread_days` before it, and every day that is not there as a whole.
    Days {
        step_days: u32,
        reread_days: u32,
        /// The first run of a day also reads so many days back again.
        nightly_days: u32,
        /// Once in seven days so many days back are read again.
        weekly_days: u32,
        /// The vendor keeps so many days: those before are not asked for, since an empty answer would be none.
        kept_days: Option<u32>,
    },
    /// What was before the connection's first day, once: from `from` until there, cut every `step_days`.
    Before { from: NaiveDate, step_days: u32 },
    /// Instants: from the cursor less `overlap_secs` until now, cut every `step_days`.
    Instants {
        step_days: u32,
        overlap_secs: u64,
        /// After a pause longer than this everything is read again: the vendor no longer knows what
        /// changed meanwhile.
        reload_after_days: Option<u32>,
        /// The first run of each day (in the account's zone) reads everything again: for changes that
        /// leave no trace at the vendor's.
        reload_daily: bool,
        /// Everything means from the beginning of time, not from the connection's first day.
        from_beginning: bool,
        /// So many days before the connection's first day are read as well: what was made then may move
        /// money later. The query leaves out what belongs to days before the variable `since`, which is set for
        /// such slices.
        before_days: u32,
    },
}

/// The ways, a line each.
const SLICINGS: &[Variant<SlicingSpec>] = &[
    Variant::plain("whole", "Everything, every time.", || SlicingSpec::Whole),
    Variant::new(
        "days",
        "Calendar days in the account's zone: `step_days` a slice. Each run reads today, the \
                 `reread_days` before it, and every day that is not there as a whole.",
        days,
    ),
    Variant::new(
        "before",
        "What was before the connection's first day, once: from `from` until there, cut \
                 every `step_days`.",
        before,
    ),
    Variant::new(
        "instants",
        "Instants: from the cursor less `overlap_secs` until now, cut every `step_days`.",
        instants,
    ),
];

impl SlicingSpec {
    /// The same without anything from before the first day.
    pub fn without_days_before(&self) -> Self {
        let mut own = self.clone();
        if let Self::Instants { before_days, .. } = &mut own {
            *before_days = 0;
        }
        own
    }

    /// Whether more is read than the days from the first on.
    pub fn reads_days_before(&self) -> bool {
        matches!(self, Self::Instants { before_days: 1.., .. })
    }
}

impl SlicingSpec {
    /// Reads its table.
    pub fn read(section: Section<'_>) -> Self {
        fields::tagged(section, SLICINGS).unwrap_or_default()
    }
}

fn days(section: &mut Section<'_>) -> SlicingSpec {
    SlicingSpec::Days {
        step_days: fields::number(section, "step_days", "1", "The days of a slice."),
        reread_days: fields::number(section, "reread_days", "3", "So many days before today are read by each run."),
        nightly_days: fields::optional_number(
            section,
            "nightly_days",
            "The first run of a day also reads so many days back again.",
        )
        .unwrap_or(0),
        weekly_days: fields::optional_number(
            section,
            "weekly_days",
            "Once in seven days so many days back are read again.",
        )
        .unwrap_or(0),
        kept_days: fields::optional_number(
            section,
            "kept_days",
            "The vendor keeps so many days: those before are not asked for, since an empty answer would be none.",
        ),
    }
}

fn before(section: &mut Section<'_>) -> SlicingSpec {
    SlicingSpec::Before {
        from: fields::day(section, "from", "\"2015-01-01\"", "The first day."),
        step_days: fields::number(section, "step_days", "30", "The days of a slice."),
    }
}

fn instants(section: &mut Section<'_>) -> SlicingSpec {
    SlicingSpec::Instants {
        step_days: fields::number(section, "step_days", "30", "The most days of a slice."),
        overlap_secs: fields::number(
            section,
            "overlap_secs",
            "3600",
            "What may have arrived late at the vendor: so many seconds are read again.",
        ),
        reload_after_days: fields::optional_number(
            section,
            "reload_after_days",
            "After a pause longer than this everything is read again: the vendor no longer knows \
                 what changed meanwhile.",
        ),
        reload_daily: fields::boolean(
            section,
            "reload_daily",
            "The first run of each day (in the account's zone) reads everything again: for \
                 changes that leave no trace at the vendor's.",
        ),
        from_beginning: fields::boolean(
            section,
            "from_beginning",
            "Everything means from the beginning of time, not from the connection's first day.",
        ),
        before_days: fields::optional_number(
            section,
            "before_days",
            "So many days before the connection's first day are read as well: what was made then \
                 may move money later. The query leaves out what belongs to days before the variable \
                 `since`, which is set for such slices.",
        )
        .unwrap_or(0),
    }
}
