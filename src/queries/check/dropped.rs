//! Files that lie in drop folders.

use crate::config::Settings;
use crate::connectors::file::{Shape, list, read, shape, shown};
use chrono::{DateTime, Utc};

/// At most so many files of a folder are looked into, the newest ones.
const LOOKED_INTO: usize = 20;

/// Looks into the files that lie in drop folders: those that cannot be read, and the folders that are not there, a
/// sentence each.
pub(super) fn look_through(settings: &Settings, now: DateTime<Utc>) -> (Vec<String>, Vec<String>) {
    let (mut told, mut missing) = (Vec::new(), Vec::new());
    for workspace in &settings.workspaces {
        for connection in &workspace.files {
            let place = format!("{}/{}", workspace.workspace.id, connection.id);
            let drop = &connection.drop;
            let listing = match list(drop, now) {
                Ok(listing) => listing,
                // What is published is fetched by the first sync.
                Err(_) if !drop.folder.exists() && drop.address.is_some() => continue,
                Err(_) if !drop.folder.exists() => {
                    missing.push(format!("{place}: the drop folder {}; create it", drop.folder.display()));
                    continue;
                }
                Err(error) => {
                    told.push(format!("{place}: {error}"));
                    continue;
                }
            };
            let left = listing.left.iter().filter(|left| left.state.is_trouble());
            told.extend(left.map(|left| format!("{place}: {}: {}", shown(&left.name), left.reason)));
            let Ok(scratch) = tempfile::tempdir() else { continue };
            let zone = workspace.workspace.time_zone;
            // Parquet says itself what its columns are.
            let text = listing.files.iter().rev().filter(|file| file.shape != Shape::Parquet).take(LOOKED_INTO);
            for file in text {
                let ask = shape::Ask { scratch: Some(scratch.path().to_owned()), ..drop.ask(&file.name) };
                let pass = |sink: &mut dyn shape::Sink| shape::read(&file.path, file.shape, &ask, sink);
                if let Err(error) = read(&file.name, drop, zone, &pass, (0, scratch.path())) {
                    told.push(format!("{place}: {error} (see daybook files try {})", file.path.display()));
                }
            }
        }
    }
    (told, missing)
}
