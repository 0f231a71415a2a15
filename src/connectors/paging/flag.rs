//! Whether a vendor says that there is more.

use super::scan::Found;
use crate::connectors::error::ConnectorError;

/// What a page says of there being more; `None` where it says nothing. A number counts what is left.
pub fn has_more(found: Option<&Found>) -> Result<Option<bool>, ConnectorError> {
    let Some(said) = found.and_then(Found::text) else { return Ok(None) };
    match said.to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "t" => Ok(Some(true)),
        "false" | "no" | "n" | "f" => Ok(Some(false)),
        number => number.parse::<u64>().map(|left| Some(left > 0)).map_err(|_| {
            let shown = crate::support::redact::quoted(&said, 60);
            ConnectorError::UnexpectedPayload { note: format!("the vendor says {shown:?} of there being more") }
        }),
    }
}

/// A page that says neither that there is more nor that it was the last.
pub fn unsaid() -> ConnectorError {
    ConnectorError::UnexpectedPayload { note: "the vendor does not say whether there is more".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_flag_may_be_a_truth_value_a_number_or_a_text() {
        let said = |value: Value| has_more(Some(&Found { value: Some(value), ..Found::default() }));
        for yes in [json!(true), json!(1), json!(25), json!("true"), json!("1"), json!("Yes"), json!("Y")] {
            assert_eq!(said(yes.clone()), Ok(Some(true)), "{yes}");
        }
        for no in [json!(false), json!(0), json!("false"), json!("0"), json!("No"), json!("N")] {
            assert_eq!(said(no.clone()), Ok(Some(false)), "{no}");
        }
        assert_eq!((said(Value::Null), said(json!("")), has_more(None)), (Ok(None), Ok(None), Ok(None)));
        assert!(said(json!("maybe")).is_err() && said(json!(-1)).is_err());
    }
}
