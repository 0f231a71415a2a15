//! A folder in a channel's place, to look at its messages.

use super::channel::{Channel, Destination, File, not_json};
use super::folder::{Folder, file_name};
use super::{Accepted, BuildError, DeliveryError, DeliveryResult, ProbeResult};
use crate::settings::ReadContext;
use crate::settings::files::join;
use crate::settings::kinds::path;
use crate::settings::reader::Section;
use futures_util::future::BoxFuture;
use reqwest::Client;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Each message becomes a `.json` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderDestination {
    /// Absolute.
    pub path: PathBuf,
}

/// Reads a section of the kind "folder".
pub(super) fn read(
    section: &mut Section<'_>,
    example: &str,
    context: &ReadContext<'_>,
) -> Option<Arc<dyn Destination>> {
    let about = "The folder that gets each message as a .json file, relative to data_dir.";
    let path = section.required("path", example, path().about(about))?;
    Some(Arc::new(FolderDestination { path: join(context.data_dir, &path.value) }))
}

impl Destination for FolderDestination {
    fn folder(&self) -> Option<&Path> {
        Some(&self.path)
    }

    fn build(&self, _name: &str, _config_dir: &Path, _client: &Client) -> Result<Box<dyn Channel>, BuildError> {
        Ok(Box::new(FolderChannel(Folder::new(self.path.clone()))))
    }
}

#[derive(Debug)]
struct FolderChannel(Folder);

impl FolderChannel {
    async fn write(&self, message_id: &str, payload: &[u8]) -> Result<Accepted, DeliveryError> {
        self.0.write(&file_name(message_id, "json"), &pretty(payload)?).await
    }
}

impl Channel for FolderChannel {
    fn post<'a>(&'a self, message_id: &'a str, payload: &'a [u8]) -> BoxFuture<'a, DeliveryResult> {
        Box::pin(async move { self.write(message_id, payload).await.into() })
    }

    fn upload<'a>(&'a self, file: File<'a>) -> BoxFuture<'a, DeliveryResult> {
        let name = format!("{}/{}", file.message_id, file.name);
        Box::pin(async move { self.0.write(&name, file.bytes).await.into() })
    }

    fn try_out(&self) -> BoxFuture<'_, Option<ProbeResult>> {
        Box::pin(async { None })
    }
}

/// A message as people read it in a file.
fn pretty(payload: &[u8]) -> Result<Vec<u8>, DeliveryError> {
    let value: Value = serde_json::from_slice(payload).map_err(|_| not_json())?;
    let mut text = serde_json::to_vec_pretty(&value).map_err(|_| not_json())?;
    text.push(b'\n');
    Ok(text)
}
