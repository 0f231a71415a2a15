//! What dropped files may fill as Daybook ships: for each kind its fields with their meanings, its table, and the query
//! that makes the table's rows of the fields.

use super::column::Meaning;

/// What the rows of a file are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    AdCost,
    Budgets,
    Targets,
    Fx,
    Influencer,
    OfflineConversions,
    /// A fact of the installation's own, as [`super::Targets`] makes it of its contract.
    Own(&'static TargetSpec),
}

/// A value of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    /// Whether a row without it is of no use.
    pub is_required: bool,
    pub meaning: Meaning,
}

/// How a kind of rows is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetSpec {
    pub name: &'static str,
    /// One sentence for admins.
    pub about: &'static str,
    /// In schema `core`.
    pub table: &'static str,
    /// Over `page`, which has the fields as texts: days and months in ISO, numbers plain with a point.
    pub sql: &'static str,
    pub key: &'static [&'static str],
    /// Columns of days that reports read.
    pub touches: &'static [&'static str],
    /// The column of the table that a first day is compared with.
    pub day: &'static str,
    /// Columns of numbers in the table: an empty one never takes away what is held.
    pub measures: &'static [&'static str],
    /// Whether the rows are parts of a whole, so that none may be missing.
    pub is_whole: bool,
    /// Whether the rows are about what has happened, so that none lies ahead.
    pub is_past: bool,
    pub fields: &'static [Field],
}

const fn needs(name: &'static str, meaning: Meaning) -> Field {
    Field { name, is_required: true, meaning }
}

const fn may(name: &'static str, meaning: Meaning) -> Field {
    Field { name, is_required: false, meaning }
}

impl Target {
    /// Every target that ships, with the word it is written as.
    pub const WORDS: [(&'static str, Self); 6] = [
        ("ad_cost", Self::AdCost),
        ("influencer", Self::Influencer),
        ("budgets", Self::Budgets),
        ("targets", Self::Targets),
        ("fx", Self::Fx),
        ("offline_conversions", Self::OfflineConversions),
    ];

    pub fn spec(self) -> &'static TargetSpec {
        match self {
            Self::AdCost => &AD_COST,
            Self::Fx => &FX,
            Self::Budgets => &BUDGETS,
            Self::Targets => &TARGETS,
            Self::Influencer => &INFLUENCER,
            Self::OfflineConversions => &OFFLINE_CONVERSIONS,
            Self::Own(spec) => spec,
        }
    }
}

impl TargetSpec {
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

static AD_COST: TargetSpec = TargetSpec {
    name: "ad_cost",
    about: "What advertising cost, by day and campaign.",
    table: "ad_daily",
    sql: include_str!("targets/ad_cost.sql"),
    key: &["source", "account_id", "campaign_id", "campaign_name", "device", "country", "date"],
    touches: &["date"],
    day: "date",
    measures: &["impressions", "clicks", "cost", "conversions", "conversion_value"],
    is_whole: false,
    is_past: true,
    fields: &[
        needs("date", Meaning::Day),
        needs("campaign", Meaning::Text),
        needs("cost", Meaning::Amount),
        needs("source", Meaning::Text),
        needs("medium", Meaning::Text),
        may("currency", Meaning::Currency),
        may("date_end", Meaning::Day),
        may("campaign_id", Meaning::Id),
        may("account_id", Meaning::Id),
        may("campaign_type", Meaning::Text),
        may("campaign_status", Meaning::Text),
        may("device", Meaning::Text),
        may("country", Meaning::Text),
        may("impressions", Meaning::Count),
        may("clicks", Meaning::Count),
        may("conversions", Meaning::Figure),
        may("conversion_value", Meaning::Amount),
    ],
};

static FX: TargetSpec = TargetSpec {
    name: "fx",
    about: "Exchange rates by day: units of the currency for one euro.",
    table: "fx_rate",
    sql: include_str!("targets/fx.sql"),
    key: &["date", "currency"],
    touches: &["date"],
    day: "date",
    measures: &["rate"],
    is_whole: true,
    is_past: true,
    fields: &[needs("date", Meaning::Day), needs("currency", Meaning::Currency), needs("rate", Meaning::Ratio)],
};

static BUDGETS: TargetSpec = TargetSpec {
    name: "budgets",
    about: "Money planned for a channel, and a campaign of it, in a month.",
    table: "budget",
    sql: include_str!("targets/budgets.sql"),
    key: &["month_date", "channel", "campaign"],
    touches: &[],
    day: "month_date",
    measures: &["amount"],
    is_whole: true,
    is_past: false,
    fields: &[
        needs("month", Meaning::Plan),
        needs("channel", Meaning::Text),
        needs("amount", Meaning::Amount),
        may("campaign", Meaning::Text),
        may("currency", Meaning::Currency),
    ],
};

static TARGETS: TargetSpec = TargetSpec {
    name: "targets",
    about: "What a metric should reach in a month.",
    table: "target",
    sql: include_str!("targets/targets.sql"),
    key: &["month_date", "metric"],
    touches: &[],
    day: "month_date",
    measures: &["amount"],
    is_whole: true,
    is_past: false,
    fields: &[needs("month", Meaning::Month), needs("metric", Meaning::Text), needs("amount", Meaning::Figure)],
};

static INFLUENCER: TargetSpec = TargetSpec {
    name: "influencer",
    about: "Creators' posts with their cost and figures.",
    table: "influencer_post",
    sql: include_str!("targets/influencer.sql"),
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
    is_past: false,
    fields: &[
        needs("platform", Meaning::Text),
        needs("handle", Meaning::Text),
        needs("campaign", Meaning::Text),
        needs("posted_at", Meaning::Day),
        may("post", Meaning::Text),
        may("content_type", Meaning::Text),
        may("followers", Meaning::Count),
        may("impressions", Meaning::Count),
        may("reach", Meaning::Count),
        may("views", Meaning::Count),
        may("likes", Meaning::Count),
        may("comments", Meaning::Count),
        may("shares", Meaning::Count),
        may("saves", Meaning::Count),
        may("clicks", Meaning::Count),
        may("fee", Meaning::Amount),
        may("product_cost", Meaning::Amount),
        may("currency", Meaning::Currency),
        may("discount_code", Meaning::Text),
        may("conversions", Meaning::Count),
        may("revenue", Meaning::Amount),
        may("metrics_as_of", Meaning::Day),
    ],
};

static OFFLINE_CONVERSIONS: TargetSpec = TargetSpec {
    name: "offline_conversions",
    about: "Orders and other conversions away from the web.",
    table: "offline_conversion",
    sql: include_str!("targets/offline_conversions.sql"),
    key: &["conversion_id"],
    touches: &["date"],
    day: "date",
    measures: &["amount"],
    is_whole: false,
    is_past: true,
    fields: &[
        needs("conversion_id", Meaning::Id),
        needs("date", Meaning::Day),
        may("kind", Meaning::Text),
        may("utm_source", Meaning::Text),
        may("utm_medium", Meaning::Text),
        may("utm_campaign", Meaning::Text),
        may("amount", Meaning::Amount),
        may("refunded", Meaning::Amount),
        may("currency", Meaning::Currency),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_known_by_its_word_and_its_query_reads_its_fields() {
        for (word, target) in Target::WORDS {
            let spec = target.spec();
            assert_eq!(word, spec.name);
            for field in spec.fields {
                assert!(spec.sql.contains(field.name), "{word} does not read {}", field.name);
            }
        }
    }
}
