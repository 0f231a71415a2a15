//! Folders that people drop files in, and folders that Daybook writes to: none is both, under whatever name.

use super::Findings;
use crate::config::Settings;
use crate::support::same_folder::is_within;
use std::path::PathBuf;

/// Drop folders in which Daybook would read what it wrote itself.
pub fn refuse(settings: &Settings, found: &Findings<'_>) {
    let mut own: Vec<(&str, PathBuf)> = vec![("received pages are kept", settings.data_dir.join("landing"))];
    own.extend(settings.delivery.folders().into_iter().map(|path| ("reports and messages are written", path)));
    own.extend(settings.maintenance.backup.dir.clone().map(|path| ("backups are kept", path)));
    own.extend(settings.maintenance.archive.clone().map(|path| ("old months are kept", path)));
    for workspace in &settings.workspaces {
        for connection in &workspace.files {
            let folder = &connection.drop.folder;
            let Some((what, path)) = own.iter().find(|(_, path)| is_within(folder, &settings.data_dir.join(path)))
            else {
                continue;
            };
            let message = format!(
                "connection {:?}: its folder {} is where {what} ({})",
                connection.id,
                folder.display(),
                path.display()
            );
            found.refuse_at(
                &workspace.file,
                Some(connection.line),
                &message,
                "give it a folder of its own, as \"drops/…\"",
            );
        }
    }
}
