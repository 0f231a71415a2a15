//! A token that does not expire.

use super::scheme::{Proof, Render, Scheme};
use crate::connectors::error::ConnectorError;
use crate::connectors::fields;
use crate::settings::Section;

/// `Authorization: Bearer …` with a token that does not expire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    pub token: String,
}

impl Bearer {
    pub const WORD: &str = "bearer";
    pub const ABOUT: &str = "`Authorization: Bearer …` with a token that does not expire.";

    pub fn read(section: &mut Section<'_>) -> Self {
        Self { token: fields::text(section, "token", "\"{{ secrets.token }}\"", "The token, a template.") }
    }
}

impl Scheme for Bearer {
    fn proof(&self, render: &Render<'_>) -> Result<Proof, ConnectorError> {
        Ok(Proof::Bearer { token: render(&self.token)? })
    }
}
