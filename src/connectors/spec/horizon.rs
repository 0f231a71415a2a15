//! When a credential ends: how the vendor is asked, and how a new one is made.

use super::RequestSpec;
use crate::connectors::fields;
use crate::settings::Section;

/// What a connector knows of the end of its credentials.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HorizonSpec {
    /// The steps to a new one, in words.
    pub renew: String,
    /// Asked once a day, where the vendor tells when the credential ends.
    pub request: Option<RequestSpec>,
    /// JSON pointers to ends in the answer; the earliest counts.
    pub ends_at: Vec<String>,
}

impl HorizonSpec {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        section.about("When a credential ends: the operator is told 14, 7 and 1 days ahead.");
        let read = Self {
            renew: fields::text(
                &mut section,
                "renew",
                "\"make a new key at Account, API keys\"",
                "The steps to a new credential, in words.",
            ),
            request: fields::table(
                &mut section,
                "request",
                "Asked once a day, where the vendor tells when the credential ends.",
                RequestSpec::read,
            ),
            ends_at: fields::texts(
                &mut section,
                "ends_at",
                "JSON pointers to ends in the answer: days, RFC 3339, or seconds since 1970, of which 0 is never. The \
                 earliest counts.",
            ),
        };
        section.finish();
        read
    }
}
