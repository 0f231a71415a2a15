//! The demo's folder: its configuration, what makes its vendors the same the next time, and who has it.

use crate::cli::install::{shipped, write_new};
use crate::config::schema;
use crate::sandbox::{SHOP, SOFTWARE, Sandbox, Tenant, Vendor, with_odd_names, write_growing_drop_files};
use anyhow::{Context as _, bail};
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, TryLockError};
use std::path::Path;

const MEMORY: &str = "sandbox.toml";
/// So many days are read of vendors that are not the first ones, where not all are.
const RECENT: u64 = 60;
const LOOPBACK: &str = "http://127.0.0.1:";

/// What makes the sandbox the same one the next time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Memory {
    pub seed: u64,
    pub first_date: NaiveDate,
    pub port: u16,
    /// Absent in the memory of a first version.
    pub planted_at: Option<DateTime<Utc>>,
    /// Whether a demo came to its end here: its data are loaded and its reports made.
    #[serde(default)]
    pub is_built: bool,
    /// Whether every day of every vendor is read.
    #[serde(default)]
    pub is_all: bool,
}

impl Memory {
    /// What the last demo in a folder left, if one began there.
    pub fn of(dir: &Path) -> Option<Self> {
        fs::read_to_string(dir.join(MEMORY)).ok().and_then(|text| toml::from_str(&text).ok())
    }

    pub fn write(&self, dir: &Path) -> anyhow::Result<()> {
        Ok(fs::write(dir.join(MEMORY), toml::to_string(self)?)?)
    }
}

/// The folder's vendors are this process's as long as it lives.
#[derive(Debug)]
pub struct Claim {
    _file: File,
}

/// Claims the vendors of a folder: a second demo would point the configuration to other ones.
pub fn claim(dir: &Path) -> anyhow::Result<Claim> {
    let path = dir.join(MEMORY);
    let file = File::options().read(true).append(true).create(true).open(&path);
    let file = file.with_context(|| format!("{} cannot be written", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Claim { _file: file }),
        Err(TryLockError::WouldBlock) => bail!(
            "another `daybook demo` has the folder {}: stop it, or choose another folder with --dir",
            dir.display()
        ),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("{} cannot be locked", path.display())),
    }
}

/// Writes what changes as days pass: dropped files, and the truth to compare with.
pub fn write_days(sandbox: &Sandbox, dir: &Path) -> anyhow::Result<()> {
    write_growing_drop_files(sandbox, &dir.join("drops"))?;
    write_truth(sandbox, dir)
}

pub fn write_truth(sandbox: &Sandbox, dir: &Path) -> anyhow::Result<()> {
    Ok(fs::write(dir.join("truth.json"), serde_json::to_vec_pretty(&sandbox.truth())?)?)
}

/// Writes a configuration like any other, to be edited; what is there stays.
pub fn write_installation(dir: &Path, sandbox: &Sandbox, memory: &Memory, today: NaiveDate) -> anyhow::Result<()> {
    let keys = Sandbox::credentials();
    let files = [
        ("config/daybook.toml", include_str!("daybook.toml").to_owned()),
        ("config/secrets/person_key", "a key for the demo's pseudonyms".to_owned()),
        ("config/secrets/google_service_account.json", keys.service_account_key.to_owned()),
        ("config/secrets/google_ads_developer_token", keys.developer_token.to_owned()),
        ("config/secrets/google_client_id", keys.client_id.to_owned()),
        ("config/secrets/google_client_secret", keys.client_secret.to_owned()),
        ("config/secrets/google_refresh_token", keys.refresh_token.to_owned()),
        ("config/secrets/search_console_refresh_token", keys.search_console_refresh_token.to_owned()),
        ("config/secrets/meta_token", keys.meta_token.to_owned()),
        ("config/secrets/linkedin_client_id", keys.linkedin_client_id.to_owned()),
        ("config/secrets/linkedin_client_secret", keys.linkedin_client_secret.to_owned()),
        ("config/secrets/linkedin_refresh_token", keys.linkedin_refresh_token.to_owned()),
        ("config/secrets/microsoft_developer_token", keys.microsoft_developer_token.to_owned()),
        ("config/secrets/microsoft_client_id", keys.microsoft_client_id.to_owned()),
        ("config/secrets/microsoft_client_secret", keys.microsoft_client_secret.to_owned()),
        ("config/secrets/microsoft_refresh_token", keys.microsoft_refresh_token.to_owned()),
        ("config/secrets/tiktok_app_id", keys.tiktok_app_id.to_owned()),
        ("config/secrets/tiktok_app_secret", keys.tiktok_app_secret.to_owned()),
        ("config/secrets/tiktok_token", keys.tiktok_token.to_owned()),
        ("config/secrets/stripe_key", keys.stripe_key.to_owned()),
        ("config/secrets/hubspot_token", keys.hubspot_token.to_owned()),
    ];
    for (name, text) in files {
        write_new(&dir.join(name), &text)?;
    }
    for (name, text) in shipped() {
        write_new(&dir.join(name), text)?;
    }
    schema::write_all(dir)?;
    for tenant in with_odd_names() {
        let path = dir.join(format!("config/workspaces/{}.toml", tenant.id));
        write_new(&path, &workspace(&tenant, &sandbox.base_url(), memory, today))?;
    }
    Ok(())
}

/// Has the configuration call the vendors on `port`; whether it called them elsewhere.
pub fn point_to(dir: &Path, port: u16) -> anyhow::Result<bool> {
    let mut has_changed = false;
    for entry in fs::read_dir(dir.join("config/workspaces"))? {
        let path = entry?.path();
        if path.extension().is_none_or(|ending| ending != "toml") {
            continue;
        }
        let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let pointed = pointed_to(&text, port);
        if pointed != text {
            fs::write(&path, pointed)?;
            has_changed = true;
        }
    }
    Ok(has_changed)
}

/// A workspace file whose connections to simulated vendors call them on `port`.
fn pointed_to(text: &str, port: u16) -> String {
    let mut parts = text.split(LOOPBACK);
    let mut pointed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        pointed += LOOPBACK;
        let path = part.trim_start_matches(|c: char| c.is_ascii_digit());
        let name =
            path.strip_prefix('/').and_then(|path| path.split(|c: char| !c.is_alphanumeric() && c != '_').next());
        if name.is_some_and(|name| name == "oauth2" || Vendor::of(name).is_some()) {
            pointed += &format!("{port}{path}");
        } else {
            pointed += part;
        }
    }
    pointed
}

/// A tenant as an admin would describe it.
fn workspace(tenant: &Tenant, base: &str, memory: &Memory, today: NaiveDate) -> String {
    let first = memory.first_date;
    let accounts: Vec<String> = tenant.accounts.iter().map(|account| format!("{account:?}")).collect();
    let crm = if tenant.has_crm {
        format!(
            "\n[[connections]]\nid = \"hubspot\"\nconnector = \"hubspot\"\nsince = {first}\nsettings = {{ base_url = \"{base}/hubspot\" }}\nsecrets = {{ access_token = {{ file = \"secrets/hubspot_token\" }} }}\n"
        )
    } else {
        String::new()
    };
    let creators = if tenant.id == SHOP { "influencer" } else { "" };
    let drops: String = ["fx", "budgets", "targets", creators]
        .into_iter()
        .filter(|preset| !preset.is_empty())
        .map(|preset| {
            format!(
                "\n[[connections]]\nid = \"{preset}_files\"\nconnector = \"file\"\nfolder = \"drops/{}\"\npreset = \"{preset}\"\nprefix = \"{preset}\"\n",
                tenant.id
            )
        })
        .collect();
    let (more, plan) = match tenant.id {
        SOFTWARE => (include_str!("more_software.toml"), include_str!("plan_software.toml")),
        SHOP => (include_str!("more_shop.toml"), include_str!("plan_shop.toml")),
        _ => ("", include_str!("plan_names.toml")),
    };
    let recent = if memory.is_all { first } else { first.max(today - Days::new(RECENT)) };
    let more = more.replace("{base}", base).replace("{recent}", &recent.to_string());
    // Begun two months ago, on the first: long enough for results.
    let month = chrono::Datelike::with_day(&first.max(today - Days::new(60)), 1).unwrap_or(first);
    include_str!("workspace.toml")
        .replace("{name}", tenant.name)
        .replace("{zone}", tenant.zone.name())
        .replace("{currency}", tenant.currency.code())
        .replace("{base}", base)
        .replace("{tenant}", tenant.id)
        .replace("{industry}", if tenant.has_crm { "software" } else { "shop" })
        .replace("{first}", &first.to_string())
        .replace("{property}", tenant.property)
        .replace("{accounts}", &accounts.join(", "))
        + &crm
        + &more
        + &drops
        + "\n"
        + &plan.replace("{start}", &month.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_to_vendors_follow_the_port_and_nothing_else_does() {
        let text = "base_url = \"http://127.0.0.1:4123/google_ads\", token_url = \"http://127.0.0.1:4123/oauth2/token\"\n\
                    proxy = \"http://127.0.0.1:4123/mine\"\nother = \"http://10.0.0.1:4123/stripe/acme\"\n";
        let expected = text.replacen("4123", "80", 2);
        assert_eq!(pointed_to(text, 80), expected);
        assert_eq!(pointed_to(&expected, 80), expected);
    }

    #[test]
    fn a_second_demo_reports_that_the_folder_is_taken() {
        let dir = tempfile::tempdir().expect("a folder");
        let first = claim(dir.path()).expect("free");
        let told = claim(dir.path()).expect_err("taken").to_string();
        assert!(told.contains("stop it, or choose another folder with --dir"), "{told}");
        drop(first);
        claim(dir.path()).expect("free again");
    }

    #[test]
    fn a_memory_of_a_first_version_is_of_a_demo_to_be_built_again() {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join(MEMORY), "seed = 2026\nfirst_date = \"2026-01-01\"\nport = 4123\n").expect("written");
        let memory = Memory::of(dir.path()).expect("a memory");
        assert!(!memory.is_built && memory.planted_at.is_none());
    }
}
