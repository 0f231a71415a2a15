//! Accounts, folders and whole workspaces that are there twice, so that figures count twice.

use super::{Findings, Step};
use crate::config::{ConnectionSettings, FileConnection, Settings, WorkspaceSettings};
use crate::connectors::Catalog;
use crate::connectors::file::{Pattern, Target};
use crate::support::same_folder::is_same_folder;
use Step::Key;
use std::collections::{BTreeMap, BTreeSet};

/// A workspace that reads an account twice counts it twice: nobody means that.
pub(super) fn refuse(settings: &Settings, found: &Findings<'_>) {
    for workspace in &settings.workspaces {
        let mut connectors: BTreeSet<&str> = BTreeSet::new();
        if workspace.connections.iter().all(|own| connectors.insert(&own.connector)) {
            continue;
        }
        let catalog = catalog(settings);
        for (index, own) in workspace.connections.iter().enumerate() {
            let other =
                workspace.connections[..index].iter().find_map(|other| Some((other, shared(own, other, &catalog)?)));
            let Some((other, what)) = other else { continue };
            let message =
                format!("connection {:?}: reads {what} as {:?} does, so it would count twice", own.id, other.id);
            let line = own.lines.values().min().copied().unwrap_or(own.line).max(own.line);
            found.refuse_at(&workspace.file, Some(line), &message, "keep one of the two");
        }
    }
}

pub(super) fn review(settings: &Settings, found: &Findings<'_>) {
    if settings.workspaces.len() < 2 {
        return;
    }
    let catalog = catalog(settings);
    let mut names: BTreeMap<&str, &WorkspaceSettings> = BTreeMap::new();
    for (index, workspace) in settings.workspaces.iter().enumerate() {
        let earlier = &settings.workspaces[..index];
        if let Some(original) = earlier.iter().find(|other| is_copy(workspace, other)) {
            let message = format!(
                "this looks like a copy of {}: connections and recipients are the same, so each figure counts in both",
                original.file.display()
            );
            found.warn_at(&workspace.file, None, &message, "change its accounts and recipients, or remove it");
            continue;
        }
        accounts(workspace, earlier, &catalog, found);
        folders(workspace, earlier, found);
        let name = workspace.workspace.name.as_str();
        if let Some(first) = names.insert(name, workspace) {
            let message =
                format!("name: {name:?} is the name of {} as well: readers cannot tell them apart", first.workspace.id);
            found.warn(&workspace.file, &[Key("name")], &message, "give it a name of its own");
        }
    }
}

fn catalog(settings: &Settings) -> Catalog {
    let mut catalog = Catalog::built_in().unwrap_or_default();
    // A broken connector of one's own is reported elsewhere.
    let _ = catalog.add_folder(&settings.root.join("config/connectors"));
    catalog
}

/// The account that both read, in words; `None` if they read different ones or nobody knows.
fn shared(one: &ConnectionSettings, other: &ConnectionSettings, catalog: &Catalog) -> Option<String> {
    if one.connector != other.connector {
        return None;
    }
    let spec = &catalog.get(&one.connector)?.spec;
    // Settings that must be given say which account it is; without any, the credential does.
    let naming: Vec<&String> =
        spec.settings.iter().filter(|(_, setting)| setting.default.is_none()).map(|(name, _)| name).collect();
    let texts = |own: &ConnectionSettings, name: &str| -> Vec<String> {
        match own.settings.get(name) {
            Some(toml::Value::Array(items)) => items.iter().map(ToString::to_string).collect(),
            Some(value) => vec![value.to_string()],
            None => Vec::new(),
        }
    };
    if naming.is_empty() {
        let is_same = !one.secrets.is_empty() && one.secrets == other.secrets && one.settings == other.settings;
        return is_same.then(|| format!("the same {} account, with the same secret,", spec.label));
    }
    naming.into_iter().find_map(|name| {
        let theirs = texts(other, name);
        let value = texts(one, name).into_iter().find(|own| theirs.contains(own))?;
        Some(format!("{} {name} {value}", spec.label))
    })
}

/// Whether all that decides what is read and who gets it is the same.
fn is_copy(one: &WorkspaceSettings, other: &WorkspaceSettings) -> bool {
    let connections = |own: &WorkspaceSettings| -> Vec<(String, String)> {
        let of = |own: &ConnectionSettings| (own.connector.clone(), format!("{:?}{:?}", own.settings, own.secrets));
        own.connections.iter().map(of).collect()
    };
    let files = |own: &WorkspaceSettings| -> Vec<String> {
        own.files.iter().map(|own| format!("{:?}{:?}", own.drop.folder, own.drop.address)).collect()
    };
    let has_sources = !one.connections.is_empty() || !one.files.is_empty();
    has_sources
        && connections(one) == connections(other)
        && files(one) == files(other)
        && one.recipients == other.recipients
}

fn accounts(workspace: &WorkspaceSettings, earlier: &[WorkspaceSettings], catalog: &Catalog, found: &Findings<'_>) {
    for own in &workspace.connections {
        let others = earlier.iter().flat_map(|other| other.connections.iter().map(move |theirs| (other, theirs)));
        let same = others.into_iter().find_map(|(other, theirs)| Some((other, theirs, shared(own, theirs, catalog)?)));
        let Some((other, theirs, what)) = same else { continue };
        let message = format!(
            "connection {:?}: reads {what} as {:?} of {} does: its figures are in the reports of both",
            own.id, theirs.id, other.workspace.id
        );
        let line = own.lines.values().min().copied().unwrap_or(own.line);
        found.warn_at(&workspace.file, Some(line), &message, "give each workspace an account of its own");
    }
}

fn folders(workspace: &WorkspaceSettings, earlier: &[WorkspaceSettings], found: &Findings<'_>) {
    for own in &workspace.files {
        // Rates are the same for everybody.
        if own.drop.preset.target == Target::Fx {
            continue;
        }
        let others = earlier.iter().flat_map(|other| other.files.iter().map(move |theirs| (other, theirs)));
        let Some((other, theirs)) = others.into_iter().find(|(_, theirs)| read_the_same(own, theirs)) else { continue };
        let message = format!(
            "connection {:?}: reads the files of {:?} of {} as well: they count in both workspaces",
            own.id, theirs.id, other.workspace.id
        );
        let remedy = format!("give it a folder of its own, as \"drops/{}/{}\"", workspace.workspace.id, own.id);
        found.warn_at(&workspace.file, Some(own.line), &message, &remedy);
    }
}

fn read_the_same(one: &FileConnection, other: &FileConnection) -> bool {
    let (a, b) = (&one.drop, &other.drop);
    let is_same_address = a.address.is_some() && a.address == b.address;
    is_same_address
        || (is_same_folder(&a.folder, &b.folder)
            && (a.pattern == b.pattern || [&a.pattern, &b.pattern].contains(&&Pattern::all())))
}
