//! Which files are read: names of files and addresses.

use crate::connectors::file::pattern::Pattern;
use crate::connectors::file::published;
use crate::settings::reader::{Fault, fault};
use crate::settings::values::{quoted, read_text as any_text};
use reqwest::Url;
use toml::de::DeValue;

pub fn prefix(value: &DeValue<'_>) -> Result<Pattern, Fault> {
    let text = any_text(value)?;
    if text.contains(['/', '\\']) || text.starts_with('.') {
        return Err(fault(
            format!("{} begins no file's name", quoted(&text)),
            "write letters that the names begin with, and put folders in folder",
        ));
    }
    Ok(Pattern::beginning(&text))
}

pub fn pattern(value: &DeValue<'_>) -> Result<Pattern, Fault> {
    Pattern::new(&any_text(value)?)
        .map_err(|message| fault(message, "write it as \"plan_*.xlsx\" or \"plan_{series}_v*.xlsx\""))
}

pub fn address(value: &DeValue<'_>) -> Result<Url, Fault> {
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
