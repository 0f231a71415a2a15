//! What became of the files in drop folders.

use crate::app::{App, AppError, Selection};
use crate::domain::dropped::FileStanding;
use crate::warehouse::dropped;
use serde::Serialize;

/// A file that was found in a drop folder of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DroppedFile {
    pub workspace: String,
    pub file: FileStanding,
}

/// Every file of the chosen workspaces and connections, of connections that are gone as well.
pub fn files(app: &App, selection: &Selection) -> Result<Vec<DroppedFile>, AppError> {
    let is_chosen =
        |file: &FileStanding| selection.connections.is_empty() || selection.connections.contains(&file.connection);
    let mut all = Vec::new();
    for workspace in app.workspaces(selection)? {
        let id = &workspace.workspace.id;
        let noted = app.warehouse.read_blocking(|reader| dropped::list(reader, id, None))?;
        let files = noted.into_iter().map(|noted| noted.file).filter(is_chosen);
        all.extend(files.map(|file| DroppedFile { workspace: id.clone(), file }));
    }
    Ok(all)
}
