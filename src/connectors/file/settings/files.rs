//! Which files are read: their names, or where one is fetched from.

use crate::connectors::file::pattern::Pattern;
use crate::connectors::file::published;
use crate::settings::Kind;
use crate::settings::reader::{Fault, Section, fault};
use crate::settings::values::{quoted, read_text as any_text};
use reqwest::Url;
use serde_json::json;
use toml::de::DeValue;

/// Which files of the folder are read; all of them if nothing is said.
pub fn read(section: &mut Section<'_>) -> Option<Pattern> {
    let has_both = section.has("pattern") && section.has("prefix");
    let pattern = section.optional(
        "pattern",
        Kind::text(json!({ "pattern": "^[^./\\\\][^/\\\\]*$" }), pattern).about(
            "Which files of the folder are read: * stands for any signs, {series} for those that tell series of versions apart.",
        ),
    );
    let prefix = section.optional(
        "prefix",
        Kind::text(json!({ "pattern": "^[^./\\\\][^/\\\\]*$" }), prefix)
            .about("Letters that the files' names begin with; the same as pattern = \"letters*\"."),
    );
    if has_both {
        let message = format!("{}: pattern and prefix cannot both be given", section.name);
        section.problem(section.line, &message, "keep pattern");
    }
    pattern.or(prefix).map(|at| at.value)
}

/// Where a published file is fetched from.
pub fn address<'k>() -> Kind<'k, Url> {
    Kind::text(json!({ "pattern": "^https?://" }), read_address)
}

fn prefix(value: &DeValue<'_>) -> Result<Pattern, Fault> {
    let text = any_text(value)?;
    if text.contains(['/', '\\']) || text.starts_with('.') {
        return Err(fault(
            format!("{} begins no file's name", quoted(&text)),
            "write letters that the names begin with, and put folders in folder",
        ));
    }
    Ok(Pattern::beginning(&text))
}

fn pattern(value: &DeValue<'_>) -> Result<Pattern, Fault> {
    Pattern::new(&any_text(value)?)
        .map_err(|message| fault(message, "write it as \"plan_*.xlsx\" or \"plan_{series}_v*.xlsx\""))
}

fn read_address(value: &DeValue<'_>) -> Result<Url, Fault> {
    let text = any_text(value)?;
    let address: Url =
        text.parse().map_err(|_| fault(format!("{} is no address", quoted(&text)), "write it as \"https://…\""))?;
    if !published::is_protected(&address) {
        return Err(fault("the address must begin with https://", "what comes over http can be changed on its way"));
    }
    if !address.username().is_empty() || address.password().is_some() {
        return Err(fault("the address holds a login", "publish the file for everybody who has the address"));
    }
    Ok(address)
}
