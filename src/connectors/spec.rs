//! `connector.toml`: how to fetch a vendor's streams, as data. How to read the pages is the SQL
//! beside it.
//!
//! Every text marked *template* is a minijinja template over `settings`, `secrets`, `slice`,
//! `partition`, `cursor` and `auth` (what the token's answer says); see [`crate::connectors::template`].

mod auth;
mod body;
mod completeness;
mod errors;
mod follow;
mod horizon;
mod job;
mod limits;
mod load;
mod part;
mod partitions;
mod request;
mod setting;
mod shared;
mod slicing;
mod stream;
mod sunset;
mod wait;

pub use super::paging::PagingSpec;
pub use auth::{
    AnswerSpec, AuthSpec, Choice, Exchange, Grantee, KeyFile, OneOf, Part, Proof, Refresh, Scheme, TokenBody, put,
};
pub use body::{BodyKind, TableSpec};
pub use completeness::{DayEnds, IncompleteWhen};
pub use errors::{ErrorAction, ErrorRule, HeaderMatch, ValueMatch};
pub use follow::{CountSpec, FailedSpec, FollowSpec, IdPlace, ListingSpec, OnlyWith, RestSpec};
pub use horizon::HorizonSpec;
pub use job::{JobSpec, MOST_JOBS};
pub use limits::{AllowanceSpec, LimitSpec, QuotaSpec};
pub use load::{ConfirmSpec, DoubtSpec, LoadMode, LoadSpec, RecordList};
pub use part::PartSpec;
pub use partitions::{FirstSpec, PartitionsSpec};
pub use request::{Method, RequestSpec};
pub use setting::{SecretSpec, SettingKind, SettingSpec};
pub use shared::SharedRequest;
pub use slicing::SlicingSpec;
pub use stream::StreamSpec;
pub use sunset::SunsetSpec;
pub use wait::{WaitSpec, WaitUnit};

use super::fields;
use crate::settings::{Problem, Problems, Section, Source, read_toml};
use std::collections::BTreeMap;
use std::path::Path;

/// A connector as its `connector.toml` describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectorSpec {
    /// snake_case; equals the folder's name.
    pub name: String,
    /// As printed, e.g. `Google Ads`.
    pub label: String,
    /// The vendor's reference, for admins.
    pub docs: String,
    pub settings: BTreeMap<String, SettingSpec>,
    pub secrets: BTreeMap<String, SecretSpec>,
    /// IANA zones by the vendor's own names of them.
    pub time_zones: BTreeMap<String, String>,
    pub auth: AuthSpec,
    /// When credentials end, where that is known.
    pub horizon: Option<HorizonSpec>,
    pub limits: LimitSpec,
    /// Narrower limits of some kinds of requests, by the name that `allowance` of a request says.
    pub allowances: BTreeMap<String, AllowanceSpec>,
    /// What pages say of the allowance that is left.
    pub quota: Vec<QuotaSpec>,
    /// In order; the first rule that matches a response decides.
    pub errors: Vec<ErrorRule>,
    /// Requests that several places take up by `like`.
    pub requests: BTreeMap<String, SharedRequest>,
    /// Lists that streams run over, by the name that `partition_over` says.
    pub partitions: BTreeMap<String, PartitionsSpec>,
    /// Keyed by stream id, e.g. `ad_daily`.
    pub streams: BTreeMap<String, StreamSpec>,
}

impl ConnectorSpec {
    /// Reads the text of a `connector.toml`, called `file` in what is reported.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(file: &Path, text: &str) -> Result<Self, Vec<Problem>> {
        let problems = Problems::default();
        let mut spec = read_toml(Source { file, text, problems: &problems }, Self::read_top);
        for name in spec.iter_mut().flat_map(Self::share) {
            let line = text.lines().position(|line| line.contains("like") && line.contains(&name)).map(|at| at + 1);
            let message = format!("like = {name:?} names no request");
            problems.add(file, line, &message, &format!("add [requests.{name}], or name one that is there"));
        }
        let problems = problems.into_sorted();
        spec.filter(|_| problems.is_empty()).ok_or(problems)
    }
}

impl ConnectorSpec {
    /// Whether a connection with these settings, or the defaults where they are silent, needs no such thing, e.g.
    /// `secrets.key`: only ways to prove who asks that it does not take mention it.
    pub fn spares(&self, name: &str, settings: &BTreeMap<String, toml::Value>) -> bool {
        let defaults = self.settings.iter().filter_map(|(name, own)| Some((name.clone(), own.default.clone()?)));
        let mut taken: BTreeMap<_, _> = defaults.collect();
        taken.extend(settings.iter().map(|(name, value)| (name.clone(), value.clone())));
        self.auth.spares(name, &taken)
    }

    /// What readers call a stream: `Google Ads: cost by campaign`.
    pub fn label_of(&self, stream: &str) -> String {
        let own = self.streams.get(stream).and_then(|spec| spec.label.clone());
        format!("{}: {}", self.label, own.unwrap_or_else(|| stream.replace('_', " ")))
    }
}

impl ConnectorSpec {
    /// Reads the top level.
    pub fn read_top(mut section: Section<'_>) -> Self {
        section.about("A connector as its `connector.toml` describes it.");
        let read = Self {
            name: fields::text(&mut section, "name", "\"our_shop\"", "snake_case; equals the folder's name."),
            label: fields::text(&mut section, "label", "\"Our Shop\"", "As printed, e.g. `Google Ads`."),
            docs: fields::text(
                &mut section,
                "docs",
                "\"https://vendor.example/api\"",
                "The vendor's reference, for admins.",
            ),
            settings: fields::named(
                &mut section,
                "settings",
                "What an admin sets on a connection, by name.",
                SettingSpec::read,
            ),
            secrets: fields::named(
                &mut section,
                "secrets",
                "The secrets that a connection needs, by name.",
                SecretSpec::read,
            ),
            time_zones: fields::text_map(
                &mut section,
                "time_zones",
                "IANA zones by the vendor's own names of them, letters and digits only. Answers may name a zone so, \
                 and templates have the name of a setting's: `{{ settings.time_zone | zone_name }}`, empty where \
                 there is none.",
            ),
            auth: fields::required_table(
                &mut section,
                "auth",
                "How requests prove who they are. All values are templates.",
                AuthSpec::read,
            )
            .unwrap_or(AuthSpec::None),
            horizon: fields::table(
                &mut section,
                "horizon",
                "When a credential ends: the operator is told 14, 7 and 1 days ahead.",
                HorizonSpec::read,
            ),
            limits: fields::table(
                &mut section,
                "limits",
                "What the vendor allows, per credential, shared by every job of the process.",
                LimitSpec::read,
            )
            .unwrap_or_default(),
            allowances: fields::named(
                &mut section,
                "allowances",
                "Narrower limits of some kinds of requests, by the name that `allowance` of a \
                 request says.",
                AllowanceSpec::read,
            ),
            quota: fields::tables(
                &mut section,
                "quota",
                "What pages say of the allowance that is left.",
                QuotaSpec::read,
            ),
            errors: fields::tables(
                &mut section,
                "errors",
                "In order; the first rule that matches a response decides.",
                ErrorRule::read,
            ),
            requests: fields::named(
                &mut section,
                "requests",
                "Requests that several places take up by `like`: what a vendor wants of many is said once.",
                SharedRequest::read,
            ),
            partitions: fields::named(
                &mut section,
                "partitions",
                "Lists that streams run over, by the name that `partition_over` says.",
                PartitionsSpec::read,
            ),
            streams: fields::required_named(
                &mut section,
                "streams",
                "Keyed by stream id, e.g. `ad_daily`.",
                StreamSpec::read,
            ),
        };
        section.finish();
        read
    }
}

#[cfg(test)]
mod tests;
