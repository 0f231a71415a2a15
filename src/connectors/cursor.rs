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
    /// The id that the page was asked for by which names the only one of them.
    pub parent: String,
    /// Where each of them goes on; empty texts at first.
    pub tokens: Vec<String>,
    /// The id of the vendor's job, and where its result lies.
    pub job: String,
    pub job_url: String,
    /// What was asked for before a list.
    pub first: String,
    /// The whole next URL, when the vendor gives one.
    #[serde(skip)]
    pub url: Option<String>,
}

impl Cursor {
    /// The same place in a listing, of what is `given` beside it.
    pub fn with(self, given: &Self) -> Self {
        let Self { ids, parent, tokens, job, job_url, first, .. } = given.clone();
        Self { ids, parent, tokens, job, job_url, first, ..self }
    }
}
