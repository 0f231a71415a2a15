//! The ways to prove who asks. Another one is a file, and a line in the list below.

mod api_key;
mod basic;
mod bearer;
mod check;
mod client_credentials;
mod exchange;
mod jwt_bearer;
mod oauth2_refresh;
mod one_of;
mod render;
mod scheme;
mod service_account;

pub use exchange::{AnswerSpec, Exchange, Grantee, Refresh, TokenBody, put};
pub use one_of::{Choice, OneOf};
pub use scheme::{KeyFile, Part, Proof, Scheme};

use crate::connectors::environment::mentions;
use crate::connectors::fields::{self, Variant};
use crate::settings::Section;
use api_key::ApiKey;
use basic::Basic;
use bearer::Bearer;
use client_credentials::ClientCredentials;
use jwt_bearer::JwtBearer;
use oauth2_refresh::Oauth2Refresh;
use service_account::ServiceAccount;
use std::collections::BTreeMap;

macro_rules! schemes {
    ($($scheme:ident),* $(,)?) => {
        /// How requests prove who they are. All values are templates.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum AuthSpec {
            None,
            $($scheme($scheme),)*
            OneOf(OneOf),
        }

        const KINDS: &[Variant<AuthSpec>] = &[
            Variant::plain("none", "Nothing is proved.", || AuthSpec::None),
            $(Variant::new($scheme::WORD, $scheme::ABOUT, |section| AuthSpec::$scheme($scheme::read(section))),)*
            Variant::new(OneOf::WORD, OneOf::ABOUT, |section| AuthSpec::OneOf(OneOf::read(section))),
        ];

        /// What a choice may be: all but choices again.
        const CHOICES: &[Variant<AuthSpec>] = &[
            Variant::plain("none", "Nothing is proved.", || AuthSpec::None),
            $(Variant::new($scheme::WORD, $scheme::ABOUT, |section| AuthSpec::$scheme($scheme::read(section))),)*
        ];

        impl AuthSpec {
            fn own_scheme(&self) -> Option<&dyn Scheme> {
                match self {
                    Self::None | Self::OneOf(_) => None,
                    $(Self::$scheme(scheme) => Some(scheme),)*
                }
            }
        }
    };
}

schemes![ApiKey, Basic, Bearer, ClientCredentials, JwtBearer, Oauth2Refresh, ServiceAccount];

fn read_choice(section: Section<'_>) -> AuthSpec {
    fields::tagged(section, CHOICES).unwrap_or(AuthSpec::None)
}

impl AuthSpec {
    /// Reads its table.
    pub fn read(section: Section<'_>) -> Self {
        fields::tagged(section, KINDS).unwrap_or(Self::None)
    }

    /// How it is proved with these settings; `None` where nothing is.
    pub fn scheme(&self, settings: &BTreeMap<String, toml::Value>) -> Option<&dyn Scheme> {
        match self {
            Self::OneOf(one_of) => one_of.chosen(settings)?.auth.own_scheme(),
            own => own.own_scheme(),
        }
    }

    /// The ways to choose from, where there are several.
    pub fn one_of(&self) -> Option<&OneOf> {
        match self {
            Self::OneOf(one_of) => Some(one_of),
            _ => None,
        }
    }

    /// Every way, whether it is taken or not.
    pub fn schemes(&self) -> Vec<&dyn Scheme> {
        match self {
            Self::OneOf(one_of) => one_of.choices.values().filter_map(|choice| choice.auth.own_scheme()).collect(),
            own => own.own_scheme().into_iter().collect(),
        }
    }

    /// What is read and never sent, whichever way is taken.
    pub fn key_files(&self) -> Vec<KeyFile<'_>> {
        self.schemes().into_iter().filter_map(Scheme::key_file).collect()
    }

    /// Whether only ways that the settings do not take mention it, e.g. `secrets.key_json`.
    pub fn spares(&self, name: &str, settings: &BTreeMap<String, toml::Value>) -> bool {
        match self {
            Self::OneOf(one_of) if one_of.chosen(settings).is_some() => {
                self.schemes().into_iter().any(|scheme| asks_for(scheme, name))
                    && !self.scheme(settings).is_some_and(|scheme| asks_for(scheme, name))
            }
            _ => false,
        }
    }

    /// Whether some settings spare it.
    pub fn may_spare(&self, name: &str) -> bool {
        let asking = self.schemes().iter().filter(|scheme| asks_for(**scheme, name)).count();
        asking > 0 && asking < self.one_of().map_or(1, |one_of| one_of.choices.len())
    }
}

fn asks_for(scheme: &dyn Scheme, name: &str) -> bool {
    scheme.templates().iter().any(|template| mentions(template, name))
}
