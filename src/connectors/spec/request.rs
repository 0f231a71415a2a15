//! One request.

use crate::connectors::fields::{self, Word};
use crate::settings::Section;
use std::collections::BTreeMap;

/// One request. Path, query, headers and body are templates.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct RequestSpec {
    /// One of the connector's `requests`, which says what this one does not; taken up when the connector is read.
    pub like: Option<String>,
    pub method: Method,
    /// A full URL, normally `{{ settings.base_url }}/…`.
    pub url: String,
    /// In order, repeats allowed; a pair whose value renders empty is left out.
    pub query: Vec<(String, String)>,
    pub headers: BTreeMap<String, String>,
    /// A JSON body.
    pub body: Option<String>,
    /// One of the connector's `allowances`, which the request uses up beside the credential's limit.
    pub allowance: Option<String>,
    /// Proves nothing: for an address that is a secret in itself and may lie anywhere.
    pub anonymous: bool,
}

/// The methods vendors use to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    #[default]
    Get,
    Post,
}

impl Method {
    /// As HTTP has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

const METHODS: &[Word<Method>] =
    &[("GET", "Reads.", Method::Get), ("POST", "Reads what a body describes.", Method::Post)];

impl RequestSpec {
    /// The table `request`, which must be there.
    pub fn of(section: &mut Section<'_>) -> Self {
        let about = "One request. Path, query, headers and body are templates.";
        fields::required_table(section, "request", about, Self::read).unwrap_or_default()
    }

    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let like = fields::optional_text(
            &mut section,
            "like",
            "One of the connector's `requests`: its keys hold where this one has none, its headers and parameters as \
             well, and its paging where there is none here.",
        );
        if like.is_none() && !section.has("url") {
            let (line, message) = (section.line, format!("{}: \"url\" is missing", section.name));
            section.problem(line, &message, "add url = \"{{ settings.base_url }}/v1/orders\"");
        }
        Self { like, ..Self::read_shared(section) }
    }

    /// Reads the table of a request that others are like, which need not say all.
    pub fn read_shared(mut section: Section<'_>) -> Self {
        let url = fields::optional_text(&mut section, "url", "A full URL, normally `{{ settings.base_url }}/…`.");
        let read = Self {
            like: None,
            method: fields::optional_word(&mut section, "method", "\"GET\" if absent.", METHODS).unwrap_or_default(),
            url: url.unwrap_or_default(),
            query: fields::pairs(
                &mut section,
                "query",
                "In order, repeats allowed; a pair whose value renders empty is left out.",
            ),
            headers: fields::text_map(&mut section, "headers", "By name; the values are templates."),
            body: fields::optional_text(&mut section, "body", "A JSON body."),
            allowance: fields::optional_text(
                &mut section,
                "allowance",
                "One of the connector's `allowances`, which the request uses up beside the \
                 credential's limit.",
            ),
            anonymous: fields::boolean(
                &mut section,
                "anonymous",
                "Sends no credentials: for an address that is a secret in itself and may lie anywhere.",
            ),
        };
        section.finish();
        read
    }
}
