//! What dropped files may hold: for each kind its fields, with the names they go by in exports, the
//! table they fill and the query that reads them.

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
}

/// How a preset is loaded.
#[derive(Clone, Copy, Debug)]
pub struct PresetSpec {
    pub name: &'static str,
    pub table: &'static str,
    pub sql: &'static str,
    pub key: &'static [&'static str],
    pub touches: &'static [&'static str],
    /// The column of the table that a first day is compared with.
    pub day: &'static str,
    pub fields: &'static [Field],
}

const fn needs(name: &'static str, also: &'static [&'static str]) -> Field {
    Field { name, also, is_required: true }
}

const fn may(name: &'static str, also: &'static [&'static str]) -> Field {
    Field { name, also, is_required: false }
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

const FX: PresetSpec = PresetSpec {
    name: "fx",
    table: "fx_rate",
    sql: include_str!("presets/fx.sql"),
    key: &["date", "currency"],
    touches: &["date"],
    day: "date",
    fields: &[needs("date", &[]), needs("currency", &[]), needs("rate", &[])],
};

const BUDGETS: PresetSpec = PresetSpec {
    name: "budgets",
    table: "budget",
    sql: include_str!("presets/budgets.sql"),
    key: &["month_date", "channel"],
    touches: &[],
    day: "month_date",
    fields: &[needs("month", &[]), needs("channel", &[]), needs("amount", &["budget"]), may("currency", &[])],
};

const TARGETS: PresetSpec = PresetSpec {
    name: "targets",
    table: "target",
    sql: include_str!("presets/targets.sql"),
    key: &["month_date", "metric"],
    touches: &[],
    day: "month_date",
    fields: &[needs("month", &[]), needs("metric", &[]), needs("amount", &["target"])],
};

const INFLUENCER: PresetSpec = PresetSpec {
    name: "influencer",
    table: "influencer_post",
    sql: include_str!("presets/influencer.sql"),
    key: &["platform", "post_key"],
    touches: &["posted_date"],
    day: "posted_date",
    fields: &[
        needs("platform", &["network", "channel"]),
        needs("handle", &["username", "creator", "influencer"]),
        needs("campaign", &["campaign_name", "program"]),
        may("post", &["post_id", "post_url", "link", "content_url"]),
        needs("posted_at", &["publish_date", "live_date"]),
        may("content_type", &["format"]),
        may("followers", &["audience"]),
        may("impressions", &[]),
        may("reach", &[]),
        may("views", &[]),
        may("likes", &[]),
        may("comments", &[]),
        may("shares", &[]),
        may("saves", &[]),
        may("clicks", &[]),
        may("fee", &["cost", "payment", "rate"]),
        may("product_cost", &["gifting_value"]),
        may("currency", &[]),
        may("discount_code", &["promo_code", "coupon"]),
        may("conversions", &["sales"]),
        may("revenue", &["gmv"]),
        may("metrics_as_of", &["snapshot_date"]),
    ],
};

const OFFLINE_CONVERSIONS: PresetSpec = PresetSpec {
    name: "offline_conversions",
    table: "offline_conversion",
    sql: include_str!("presets/offline_conversions.sql"),
    key: &["conversion_id"],
    touches: &["date"],
    day: "date",
    fields: &[
        needs("conversion_id", &["order_id", "transaction_id"]),
        needs("date", &["conversion_date", "converted_at"]),
        may("kind", &["conversion_name", "conversion_type"]),
        may("utm_source", &["source"]),
        may("utm_medium", &["medium"]),
        may("utm_campaign", &["campaign"]),
        may("amount", &["value", "conversion_value", "revenue"]),
        may("currency", &["conversion_currency"]),
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
