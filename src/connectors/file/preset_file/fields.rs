//! The fields that a preset may name: those of its target.

use crate::connectors::file::target::{Field, Target, TargetSpec};
use crate::settings::values::{expected, quoted};
use crate::settings::{At, Fault, Kind, Names, Section, fault, unknown_remedy};
use serde_json::{Value, json};

/// The fields of a target. Where the target is not known, any name may be one.
#[derive(Clone, Copy)]
pub struct Fields(Option<&'static TargetSpec>);

impl Fields {
    pub fn of(target: Option<Target>) -> Self {
        Self(target.map(Target::spec))
    }

    /// The target's name.
    pub fn target(self) -> &'static str {
        self.0.map_or("", |spec| spec.name)
    }

    /// Those that every row needs.
    pub fn required(self) -> impl Iterator<Item = &'static Field> {
        self.all().iter().filter(|field| field.is_required)
    }

    /// In the order of the target; none where that is not known.
    pub fn all(self) -> &'static [Field] {
        self.0.map_or(&[], |spec| spec.fields)
    }

    /// The field of this name; `Ok(None)` where the target is not known.
    pub fn find(self, name: &str) -> Result<Option<&'static Field>, Fault> {
        match self.0.map(|spec| (spec.field(name), spec)) {
            None => Ok(None),
            Some((Some(field), _)) => Ok(Some(field)),
            Some((None, spec)) => {
                let known: Vec<&str> = spec.fields.iter().map(|field| field.name).collect();
                let message = format!("{} has no field {}", spec.name, quoted(name));
                Err(fault(message, unknown_remedy(name, &known, "fields")))
            }
        }
    }

    /// The JSON Schema of the names that `is_meant` takes, and of `others`.
    pub fn schema(self, is_meant: fn(&Field) -> bool, others: &[&str]) -> Value {
        let names = self.all().iter().filter(|field| is_meant(field)).map(|field| field.name);
        let names: Vec<&str> = names.chain(others.iter().copied()).collect();
        if self.0.is_none() { json!({ "type": "string" }) } else { json!({ "enum": names }) }
    }

    /// The name of a field.
    pub fn kind<'k>(self) -> Kind<'k, Option<&'static Field>> {
        let schema = move || self.schema(|_| true, &[]);
        Kind::new(schema, move |value| {
            let name = value.as_str().ok_or_else(|| expected(value, "a field", "put its name in quotes"))?;
            self.find(name)
        })
    }

    /// A table of values by field. A value is `None` after noting what is wrong with it: the field is mentioned all
    /// the same.
    pub fn by_name<T>(
        self,
        section: &mut Section<'_>,
        key: &'static str,
        about: &'static str,
        kind: &Kind<'_, T>,
    ) -> Vec<(&'static Field, At<Option<T>>)> {
        // A wrong name is told with the target's, which a schema cannot do: there they are listed.
        let known = self.all().iter().map(|field| field.name.to_owned()).collect::<Vec<_>>();
        let is_listed = section.is_recorded() && !known.is_empty();
        let names = if is_listed { Names::Known(known, "field", "fields") } else { Names::Any };
        let each = Kind::new(|| kind.schema(), |value| Ok(kind.read(value))).about(about);
        let mut found = Vec::new();
        for (name, at) in section.entries(key, &names, each) {
            let tell = |what: &str, fault: Fault| {
                section.problem(at.line, &format!("[{key}]: {what}{}", fault.message), &fault.remedy);
            };
            let field = self.find(&name).unwrap_or_else(|fault| {
                tell("", fault);
                None
            });
            let value = at.value.map_err(|fault| tell(&format!("{name}: "), fault)).ok();
            found.extend(field.map(|field| (field, At { value, line: at.line })));
        }
        found
    }
}

/// The value of the one key that an inline table has, as in `{ join = [ … ] }`.
pub fn only_key<'v, 'a>(
    table: &'v toml::de::DeTable<'a>,
    key: &'static str,
    example: &str,
) -> Result<&'v toml::de::DeValue<'a>, Fault> {
    if let Some(other) = table.keys().map(|other| other.get_ref()).find(|other| *other != key) {
        return Err(fault(format!("unknown key {}", quoted(other)), unknown_remedy(other, &[key], "keys")));
    }
    let value = table.get(key).map(toml::Spanned::get_ref);
    value.ok_or_else(|| fault(format!("{key:?} is missing"), format!("write {{ {key} = {example} }}")))
}
