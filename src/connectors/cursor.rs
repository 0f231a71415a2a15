//! Where a listing goes on.

/// What a pager passes to the next request; all texts, empty when they do not apply.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Cursor {
    pub token: String,
    pub offset: u64,
    pub page: u64,
    /// The records of a page; 0 where the pager does not say.
    pub limit: u64,
    pub after: String,
    pub floor: String,
    /// The objects a following request asks for.
    pub ids: Vec<String>,
    /// Where each of them goes on; empty texts at first.
    pub tokens: Vec<String>,
    /// The whole next URL, when the vendor gives one.
    #[serde(skip)]
    pub url: Option<String>,
}
