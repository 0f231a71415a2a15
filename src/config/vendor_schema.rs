//! What a connection of each built-in connector may hold, from the connector's own description.

use crate::connectors::Catalog;
use crate::connectors::spec::{SettingKind, SettingSpec};
use crate::settings::kinds::secret_ref;
use crate::settings::values::ID_PATTERN;
use crate::settings::with;
use serde_json::{Map, Value, json};

const TAKES: &str = "What the connector takes.";
const KEPT: &str = "Where each secret is kept.";

/// What `connector` may be: files, each built-in one, or an admin's own (which has no name yet).
pub fn names() -> Vec<(Value, String)> {
    let catalog = catalog();
    let known: Vec<String> = std::iter::once("file").chain(catalog.names()).map(str::to_owned).collect();
    let own = json!({ "type": "string", "pattern": ID_PATTERN, "not": { "enum": known } });
    let known = known.into_iter().map(|name| (json!({ "const": name }), name));
    known.chain([(own, String::new())]).collect()
}

/// The settings of a connector; anything where it is not built in.
pub fn settings(connector: &str) -> Value {
    let Some(connector) = catalog().get(connector) else { return json!({ "description": TAKES, "type": "object" }) };
    let described = connector.spec.settings.iter().map(|(name, setting)| {
        let default = setting.default.as_ref().map_or(json!({}), |default| json!({ "default": default }));
        let schema = with(json!({ "description": setting.about }), &with(of_kind(setting), &default));
        let is_required = setting.default.is_none() && !connector.spec.auth.may_spare(&format!("settings.{name}"));
        (name.clone(), schema, is_required)
    });
    table(TAKES, described)
}

/// The secrets of a connector; any where it is not built in.
pub fn secrets(connector: &str) -> Value {
    let Some(connector) = catalog().get(connector) else {
        return json!({ "description": KEPT, "type": "object", "additionalProperties": secret_ref().schema() });
    };
    let described = connector.spec.secrets.iter().map(|(name, secret)| {
        let schema = with(json!({ "description": secret.about }), &secret_ref().schema());
        let is_required = !secret.optional && !connector.spec.auth.may_spare(&format!("secrets.{name}"));
        (name.clone(), schema, is_required)
    });
    table(KEPT, described)
}

fn table(about: &str, entries: impl Iterator<Item = (String, Value, bool)>) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (name, schema, is_required) in entries {
        required.extend(is_required.then(|| name.clone()));
        properties.insert(name, schema);
    }
    json!({
        "description": about, "type": "object", "properties": properties, "required": required,
        "additionalProperties": false
    })
}

fn of_kind(setting: &SettingSpec) -> Value {
    // An empty default is always allowed.
    let optional = if setting.default.as_ref().and_then(toml::Value::as_str) == Some("") { "?" } else { "" };
    let text = setting.pattern.as_ref().map_or_else(
        || json!({ "type": "string" }),
        |pattern| json!({ "type": "string", "pattern": format!("^(?:{pattern}){optional}$") }),
    );
    match setting.kind {
        SettingKind::Text => text,
        SettingKind::Number => json!({ "type": "number" }),
        SettingKind::Boolean => json!({ "type": "boolean" }),
        SettingKind::List => json!({ "type": "array", "items": text, "minItems": 1 }),
        SettingKind::TimeZone => json!({ "anyOf": [{ "const": "" }, { "$ref": "#/definitions/time_zone" }] }),
        SettingKind::Url => json!({ "type": "string", "pattern": "^https?://" }),
    }
}

fn catalog() -> Catalog {
    Catalog::built_in().unwrap_or_default()
}
