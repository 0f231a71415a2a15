//! What dropped files may hold: for each kind its fields, with the names they go by in exports, the
//! table they fill and the query that reads them.

use super::column::Meaning;
use crate::domain::dropped::Repeats;
use std::borrow::Cow;

/// What the files hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Preset {
    Fx,
    Budgets,
    Targets,
    Influencer,
    OfflineConversions,
}

/// A field of a preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    /// Further names seen in exports, tidied; the first found wins.
    pub also: &'static [&'static str],
    /// Whether a file without it is of no use.
    pub is_required: bool,
    pub meaning: Meaning,
}

/// How a preset is loaded.
#[derive(Clone, Debug)]
pub struct PresetSpec {
    pub name: &'static str,
    pub table: &'static str,
    pub sql: &'static str,
    pub key: &'static [&'static str],
    pub touches: &'static [&'static str],
    /// The column of the table that a first day is compared with.
    pub day: &'static str,
    /// Columns of numbers in the table: an empty one never takes away what is held.
    pub measures: &'static [&'static str],
    /// Whether the rows are parts of a whole, so that none may be missing.
    pub is_whole: bool,
    /// What different rows of one key mean.
    pub repeats: Repeats,
    pub fields: &'static [Field],
}

const fn needs(name: &'static str, meaning: Meaning, also: &'static [&'static str]) -> Field {
    Field { name, also, is_required: true, meaning }
}

const fn may(name: &'static str, meaning: Meaning, also: &'static [&'static str]) -> Field {
    Field { name, also, is_required: false, meaning }
}

impl Preset {
    /// Every preset with the word it is written as.
    pub const WORDS: [(&'static str, Self); 5] = [
        ("influencer", Self::Influencer),
        ("budgets", Self::Budgets),
        ("targets", Self::Targets),
        ("fx", Self::Fx),
        ("offline_conversions", Self::OfflineConversions),
    ];

    pub fn spec(self) -> &'static PresetSpec {
        match self {
            Self::Fx => &FX,
            Self::Budgets => &BUDGETS,
            Self::Targets => &TARGETS,
            Self::Influencer => &INFLUENCER,
            Self::OfflineConversions => &OFFLINE_CONVERSIONS,
        }
    }
}

static FX: PresetSpec = PresetSpec {
    name: "fx",
    table: "fx_rate",
    sql: include_str!("presets/fx.sql"),
    key: &["date", "currency"],
    touches: &["date"],
    day: "date",
    measures: &["rate"],
    is_whole: true,
    repeats: Repeats::Quarantine,
    fields: &[
        needs("date", Meaning::Day, &[]),
        needs("currency", Meaning::Currency, &[]),
        needs("rate", Meaning::Ratio, &[]),
    ],
};

static BUDGETS: PresetSpec = PresetSpec {
    name: "budgets",
    table: "budget",
    sql: include_str!("presets/budgets.sql"),
    key: &["month_date", "channel"],
    touches: &[],
    day: "month_date",
    measures: &["amount"],
    is_whole: true,
    repeats: Repeats::Sum,
    fields: &[
        needs("month", Meaning::Month, &[]),
        needs("channel", Meaning::Text, &[]),
        needs("amount", Meaning::Amount, &["budget"]),
        may("currency", Meaning::Currency, &[]),
    ],
};

static TARGETS: PresetSpec = PresetSpec {
    name: "targets",
    table: "target",
    sql: include_str!("presets/targets.sql"),
    key: &["month_date", "metric"],
    touches: &[],
    day: "month_date",
    measures: &["amount"],
    is_whole: true,
    repeats: Repeats::Quarantine,
    fields: &[
        needs("month", Meaning::Month, &[]),
        needs("metric", Meaning::Text, &[]),
        needs("amount", Meaning::Figure, &["target"]),
    ],
};

static INFLUENCER: PresetSpec = PresetSpec {
    name: "influencer",
    table: "influencer_post",
    sql: include_str!("presets/influencer.sql"),
    key: &["platform", "post_key"],
    touches: &["posted_date"],
    day: "posted_date",
    measures: &[
        "followers",
        "impressions",
        "reach",
        "views",
        "likes",
        "comments",
        "shares",
        "saves",
        "clicks",
        "fee",
        "product_cost",
        "conversions",
        "revenue",
    ],
    is_whole: false,
    repeats: Repeats::Last(Cow::Borrowed("metrics_as_of")),
    fields: &[
        needs("platform", Meaning::Text, &["network", "channel"]),
        needs("handle", Meaning::Text, &["username", "creator", "influencer"]),
        needs("campaign", Meaning::Text, &["campaign_name", "program"]),
        may("post", Meaning::Text, &["post_id", "post_url", "link", "content_url"]),
        needs("posted_at", Meaning::Day, &["publish_date", "live_date"]),
        may("content_type", Meaning::Text, &["format"]),
        may("followers", Meaning::Count, &["audience"]),
        may("impressions", Meaning::Count, &[]),
        may("reach", Meaning::Count, &[]),
        may("views", Meaning::Count, &[]),
        may("likes", Meaning::Count, &[]),
        may("comments", Meaning::Count, &[]),
        may("shares", Meaning::Count, &[]),
        may("saves", Meaning::Count, &[]),
        may("clicks", Meaning::Count, &[]),
        may("fee", Meaning::Amount, &["cost", "payment", "rate"]),
        may("product_cost", Meaning::Amount, &["gifting_value"]),
        may("currency", Meaning::Currency, &[]),
        may("discount_code", Meaning::Text, &["promo_code", "coupon"]),
        may("conversions", Meaning::Count, &["sales"]),
        may("revenue", Meaning::Amount, &["gmv"]),
        may("metrics_as_of", Meaning::Day, &["snapshot_date"]),
    ],
};

static OFFLINE_CONVERSIONS: PresetSpec = PresetSpec {
    name: "offline_conversions",
    table: "offline_conversion",
    sql: include_str!("presets/offline_conversions.sql"),
    key: &["conversion_id"],
    touches: &["date"],
    day: "date",
    measures: &["amount"],
    is_whole: false,
    repeats: Repeats::Quarantine,
    fields: &[
        needs("conversion_id", Meaning::Id, &["order_id", "transaction_id"]),
        needs("date", Meaning::Day, &["conversion_date", "converted_at"]),
        may("kind", Meaning::Text, &["conversion_name", "conversion_type"]),
        may("utm_source", Meaning::Text, &["source"]),
        may("utm_medium", Meaning::Text, &["medium"]),
        may("utm_campaign", Meaning::Text, &["campaign"]),
        may("amount", Meaning::Amount, &["value", "conversion_value", "revenue"]),
        may("currency", Meaning::Currency, &["conversion_currency"]),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_stands_for_two_fields_of_a_preset() {
        for (word, preset) in Preset::WORDS {
            assert_eq!(word, preset.spec().name);
            let mut names: Vec<&str> =
                preset.spec().fields.iter().flat_map(|field| field.also.iter().chain([&field.name])).copied().collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "{word}");
        }
    }
}
