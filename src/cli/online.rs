//! `daybook check --online`: how each account and server stands, and what to do about it.

use super::show::{plain, wrapped};
use super::{Outcome, out};
use crate::app::AppError;
use crate::app::{SecretsAre, catalog, sources};
use crate::config::{ConnectionSettings, Settings, WorkspaceSettings};
use crate::connectors::Engine;
use crate::connectors::auth::kept::FOLDER;
use crate::delivery::channels;
use crate::jobs::online::{Account, Finding, Standing, vendors, ways_out};
use crate::support::clock::Clock;

pub async fn run(settings: &Settings, only: &[String], json: bool) -> anyhow::Result<Outcome> {
    if let Some(unknown) = only.iter().find(|id| settings.workspace(id).is_none()) {
        return Err(AppError::Usage(format!("there is no workspace {unknown:?}")).into());
    }
    let mut accounts = Vec::new();
    let (catalog, today) = (catalog(&settings.root)?, Clock::System.now().date_naive());
    let chosen = |workspace: &&WorkspaceSettings| only.is_empty() || only.contains(&workspace.workspace.id);
    for workspace in settings.workspaces.iter().filter(chosen) {
        let (found, problems) = sources(settings, workspace, &catalog, today, SecretsAre::Needed);
        if !problems.is_empty() {
            return Err(AppError::Config(problems).into());
        }
        accounts.extend(found.into_iter().map(|source| {
            let own = workspace.connections.iter().find(|own| own.id == source.connection.id);
            let secrets = own.map(|own| places(workspace, own)).unwrap_or_default();
            Account { connection: source.connection, currency: source.currency, secrets }
        }));
    }
    // Pages are looked at and dropped: nothing of them belongs into the installation. A refresh token that changes does.
    let folder = tempfile::tempdir()?;
    let engine = Engine::new(folder.path().to_owned(), Clock::System)?.keeping_tokens(settings.data_dir.join(FOLDER));
    let mut findings = vendors(&engine, &accounts).await;
    let deliverers = settings.ways_out()?;
    findings.extend(ways_out(&deliverers, &|way| of_way(settings, way)).await);
    if json {
        out::json(&findings)?;
    } else {
        findings.iter().for_each(print);
        outln!("{}", counted(&findings));
    }
    let is_bad = findings.iter().any(|finding| finding.standing.is_bad());
    Ok(if is_bad { Outcome::Partly } else { Outcome::Done })
}

/// Where each secret of a connection is named.
fn places(workspace: &WorkspaceSettings, own: &ConnectionSettings) -> Vec<String> {
    let file = workspace.file.display();
    let line = |name: &str| own.lines.get(name).map_or(String::new(), |line| format!(":{line}"));
    own.secrets.keys().map(|name| format!("{name} at {file}{}", line(name))).collect()
}

/// The same for mail and channels, whose places were noted when the file was read.
fn of_way(settings: &Settings, way: &str) -> Vec<String> {
    let channel = settings.delivery.channels.keys().find(|channel| channel.text() == way);
    let owner = channel.map_or_else(|| way.to_owned(), channels::owner);
    let own = settings.secrets.iter().filter(|place| place.owner == owner);
    own.map(|place| format!("{}:{}", place.file.display(), place.line)).collect()
}

fn print(finding: &Finding) {
    outln!("{:<19} {}", word(finding.standing), finding.subject);
    outln!("{}", wrapped("    ", &plain(&finding.says)));
    if let Some(remedy) = &finding.remedy {
        let secrets =
            if finding.secrets.is_empty() { String::new() } else { format!(": {}", finding.secrets.join(", ")) };
        outln!("{}", wrapped("    -> ", &plain(&format!("{remedy}{secrets}"))));
    }
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Good => "good",
        Standing::Warning => "WARNING",
        Standing::CredentialRefused => "CREDENTIAL REFUSED",
        Standing::RightLacking => "RIGHT LACKING",
        Standing::Unreachable => "UNREACHABLE",
        Standing::Failing => "FAILING",
        Standing::Untried => "not tried",
    }
}

fn counted(findings: &[Finding]) -> String {
    let bad = findings.iter().filter(|finding| finding.standing.is_bad()).count();
    let untried = findings.iter().filter(|finding| finding.standing == Standing::Untried).count();
    format!("\n{} good, {bad} in trouble, {untried} not tried", findings.len() - bad - untried)
}
