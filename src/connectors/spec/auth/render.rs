//! What proofs are made with.

use crate::connectors::error::ConnectorError;
use chrono::{DateTime, Utc};

/// Fills in a template.
pub type Render<'a> = dyn Fn(&str) -> Result<String, ConnectorError> + 'a;

/// Makes a signed assertion when one is needed.
pub type Signer = Box<dyn Fn(DateTime<Utc>) -> Result<String, ConnectorError> + Send + Sync>;
