//! A key that every request carries.

use super::render::Render;
use super::scheme::{Part, Proof, Scheme};
use crate::connectors::error::ConnectorError;
use crate::connectors::fields;
use crate::settings::Section;
use crate::support::secret::Secret;

/// A key in a header or a query parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    pub header: Option<String>,
    pub query: Option<String>,
    pub value: String,
}

impl ApiKey {
    pub const WORD: &str = "api_key";
    pub const ABOUT: &str = "A key in a header or a query parameter.";

    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            header: fields::optional_text(
                section,
                "header",
                "The header that carries the key; a template is not possible here.",
            ),
            query: fields::optional_text(section, "query", "The query parameter that carries it, instead of a header."),
            value: fields::text(section, "value", "\"{{ secrets.api_key }}\"", "The key, a template."),
        }
    }
}

impl Scheme for ApiKey {
    fn proof(&self, render: &Render<'_>) -> Result<Proof, ConnectorError> {
        let value = Secret::fetched(render(&self.value)?);
        match (&self.header, &self.query) {
            (Some(name), None) => Ok(Proof::Fixed(vec![Part::Header { name: name.clone(), value }])),
            (None, Some(name)) => Ok(Proof::Fixed(vec![Part::Query { name: name.clone(), value }])),
            _ => {
                let note = "api_key needs exactly one of `header` and `query`".to_owned();
                Err(ConnectorError::Configuration { note })
            }
        }
    }

    fn templates(&self) -> Vec<&str> {
        vec![&self.value]
    }
}
