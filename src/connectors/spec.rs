//! `connector.toml`: how to fetch a vendor's streams, as data. How to read the pages is the SQL
//! beside it.
//!
//! Every text marked *template* is a minijinja template over `settings`, `secrets`, `slice`,
//! `partition` and `cursor`; see [`crate::connectors::template`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod stream;

pub use stream::{
    BodyKind, ConfirmSpec, CountSpec, DoubtSpec, FollowSpec, IdPlace, ListingSpec, LoadMode, LoadSpec, Method,
    OnlyWith, PagingSpec, RecordList, RequestSpec, RestSpec, RestartSpec, SlicingSpec, StreamSpec,
};

/// A connector as its `connector.toml` describes it.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectorSpec {
    /// snake_case; equals the folder's name.
    pub name: String,
    /// As printed, e.g. `Google Ads`.
    pub label: String,
    /// The vendor's reference, for admins.
    pub docs: String,
    #[serde(default)]
    pub settings: BTreeMap<String, SettingSpec>,
    #[serde(default)]
    pub secrets: BTreeMap<String, SecretSpec>,
    pub auth: AuthSpec,
    #[serde(default)]
    pub limits: LimitSpec,
    /// Narrower limits of some kinds of requests, by the name that `allowance` of a request says.
    #[serde(default)]
    pub allowances: BTreeMap<String, AllowanceSpec>,
    /// What pages say of the allowance that is left.
    #[serde(default)]
    pub quota: Vec<QuotaSpec>,
    /// In order; the first rule that matches a response decides.
    #[serde(default)]
    pub errors: Vec<ErrorRule>,
    /// Keyed by stream id, e.g. `ad_daily`.
    pub streams: BTreeMap<String, StreamSpec>,
}

impl ConnectorSpec {
    /// What readers call a stream: `Google Ads: cost by campaign`.
    pub fn label_of(&self, stream: &str) -> String {
        let own = self.streams.get(stream).and_then(|spec| spec.label.clone());
        format!("{}: {}", self.label, own.unwrap_or_else(|| stream.replace('_', " ")))
    }
}

/// A value an admin may set on a connection.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingSpec {
    pub about: String,
    #[serde(default)]
    pub kind: SettingKind,
    /// A regular expression that a text, or each entry of a list, must match as a whole.
    pub pattern: Option<String>,
    /// What matches looks like, for the message: `digits only, such as 1234567890`.
    pub looks_like: Option<String>,
    /// Without a default the setting is required.
    #[schemars(with = "Option<serde_json::Value>")]
    pub default: Option<toml::Value>,
}

/// What a setting may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SettingKind {
    #[default]
    Text,
    Number,
    Boolean,
    /// A list of texts; the only kind a partition may run over.
    List,
    /// An IANA zone such as `Europe/Berlin`.
    TimeZone,
    /// `https://…`, or `http://` to loopback.
    Url,
}

/// A secret the connector needs.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretSpec {
    pub about: String,
    #[serde(default)]
    pub optional: bool,
}

/// How requests prove who they are. All values are templates.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum AuthSpec {
    None,
    /// A key in a header or a query parameter.
    ApiKey {
        header: Option<String>,
        query: Option<String>,
        value: String,
    },
    /// `Authorization: Bearer …` with a token that does not expire.
    Bearer {
        token: String,
    },
    /// OAuth 2 with a stored refresh token.
    Oauth2Refresh {
        token_url: String,
        client_id: String,
        client_secret: String,
        refresh_token: String,
    },
    /// A signed assertion exchanged for a token (RFC 7523, RS256), from a Google service-account key file.
    ServiceAccount {
        token_url: String,
        key_json: String,
        scope: String,
    },
}

/// What the vendor allows, per credential, shared by every job of the process.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LimitSpec {
    /// At most this many requests in `per_secs`.
    pub requests: u32,
    pub per_secs: u32,
    /// At most this many requests under way at once.
    pub concurrency: usize,
    /// Longest wait for a whole response, in seconds.
    pub timeout_secs: u64,
    /// Longest response body accepted, decompressed.
    pub max_body_mb: u64,
    /// Attempts of one request before the slice fails, the first included.
    pub attempts: u32,
}

impl Default for LimitSpec {
    fn default() -> Self {
        Self { requests: 10, per_secs: 1, concurrency: 4, timeout_secs: 120, max_body_mb: 1024, attempts: 6 }
    }
}

/// What the vendor allows of one kind of request, within the credential's limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowanceSpec {
    /// At most this many requests in `per_secs`.
    pub requests: u32,
    pub per_secs: u32,
    /// At most this many requests under way at once.
    pub concurrency: usize,
}

impl LimitSpec {
    /// How often requests of the credential may be made, whatever they ask for.
    pub fn allowance(&self) -> AllowanceSpec {
        AllowanceSpec { requests: self.requests, per_secs: self.per_secs, concurrency: self.concurrency }
    }
}

/// An allowance that pages state: where little is left, the partition waits for the next run, so that
/// what else uses the account is not cut off.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuotaSpec {
    /// JSON pointer to a number.
    pub pointer: String,
    /// Fewer than this are little.
    pub least: u64,
    /// What is little, one sentence.
    pub note: String,
}

/// What a response that is not the data means. All conditions given must hold.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorRule {
    /// Any of these statuses; empty means any status. A rule with `exists` or `body` is tried on a
    /// 2xx response too.
    #[serde(default)]
    pub status: Vec<u16>,
    /// A response header that must equal (case-insensitively) the value.
    pub header: Option<HeaderMatch>,
    /// A JSON pointer that must exist in the body; of a top-level array in any element, so `/error`
    /// finds `[{"results": […]}, {"error": …}]`. On a 2xx response the whole body is looked through.
    pub exists: Option<String>,
    /// A regular expression over the first 64 KB of the body.
    pub body: Option<String>,
    pub action: ErrorAction,
    /// A JSON pointer to a wait such as `"60s"`, `"60"` or `60` (seconds).
    pub wait_pointer: Option<String>,
    /// Wait this long where the vendor does not say.
    pub wait_secs: Option<u64>,
    /// A JSON pointer to what else the vendor says, such as the names of missing rights.
    pub detail_pointer: Option<String>,
    /// What an admin should know or do, one sentence.
    pub note: String,
}

/// A header and its value.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeaderMatch {
    pub name: String,
    pub value: String,
}

/// What to do about an error response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorAction {
    /// Wait (vendor's word, else `wait_secs`, else backoff with jitter) and ask again.
    Retry,
    /// Take a new token once, then ask again; a second time means stop.
    Refresh,
    /// No data, and that is fine where nothing is held: the slice is complete, with a note. What is held
    /// stays, and its days are doubted.
    Skip,
    /// This stream cannot go on today; later runs try again.
    StopForToday,
    /// Only a person can mend it: credentials, rights, configuration.
    Stop,
    /// Page tokens went stale: begin the slice anew.
    RestartSlice,
}
