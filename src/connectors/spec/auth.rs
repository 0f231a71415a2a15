//! The ways to prove who asks. Another one is a file, and a line in the list below.

mod api_key;
mod bearer;
mod oauth2_refresh;
mod scheme;
mod service_account;

pub use scheme::{Grantee, Proof, Scheme};

use crate::connectors::fields::{self, Variant};
use crate::settings::Section;
use api_key::ApiKey;
use bearer::Bearer;
use oauth2_refresh::Oauth2Refresh;
use service_account::ServiceAccount;

macro_rules! schemes {
    ($($scheme:ident),* $(,)?) => {
        /// How requests prove who they are. All values are templates.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum AuthSpec {
            None,
            $($scheme($scheme),)*
        }

        const SCHEMES: &[Variant<AuthSpec>] = &[
            Variant::plain("none", "Nothing is proved.", || AuthSpec::None),
            $(Variant::new($scheme::WORD, $scheme::ABOUT, |section| AuthSpec::$scheme($scheme::read(section))),)*
        ];

        impl AuthSpec {
            /// How it is proved; `None` where nothing is.
            pub fn scheme(&self) -> Option<&dyn Scheme> {
                match self {
                    Self::None => None,
                    $(Self::$scheme(scheme) => Some(scheme),)*
                }
            }
        }
    };
}

schemes![ApiKey, Bearer, Oauth2Refresh, ServiceAccount];

impl AuthSpec {
    /// Reads its table.
    pub fn read(section: Section<'_>) -> Self {
        fields::tagged(section, SCHEMES).unwrap_or(Self::None)
    }

    /// The template of a key file: what it names is read and never sent.
    pub fn key_file(&self) -> Option<&str> {
        self.scheme().and_then(|scheme| scheme.key_file())
    }
}
