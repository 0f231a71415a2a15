//! Files that are read at the same time and loaded in one transaction.

use super::read::{self, Prepared};
use super::round::Round;
use super::{FileError, Ready, load_together};
use crate::connectors::file::{Dropped, land, shown};
use crate::connectors::{ConnectorError, LandedSlice};
use crate::domain::dropped::FileState;
use crate::jobs::sync::StreamOutcome;
use crate::warehouse::dropped::Noted;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

impl Round<'_> {
    /// Reads files and loads them in one transaction.
    pub(super) fn sync_batch(
        &self,
        batch: &[(&Dropped, String)],
        books: &mut BTreeMap<String, Noted>,
        outcome: &mut StreamOutcome,
    ) -> Result<(), FileError> {
        let is_known: Vec<bool> = batch.iter().map(|(file, _)| books.contains_key(&file.name)).collect();
        let older: Vec<Vec<String>> =
            batch.iter().map(|(file, _)| self.older(&file.name, file.modified_at, books)).collect();
        let read = self.read_all(batch);
        let ready: Vec<Ready<'_>> = (read.iter().zip(batch).zip(is_known.iter().zip(&older)))
            .filter_map(|((one, (file, _)), (is_known, replaces))| {
                let (landed, prepared) = one.as_ref().ok()?;
                Some(Ready { landed, prepared, modified_at: file.modified_at, replaces, is_replay: *is_known })
            })
            .collect();
        // There is nothing to load where none of them could be read.
        let together = if ready.is_empty() { Ok(Vec::new()) } else { load_together(self.context, self.source, &ready) };
        let loaded = match together {
            Ok(loaded) => loaded,
            Err(error) if ready.len() < 2 => vec![Err(error)],
            // What goes wrong with one of them is not the others' matter.
            Err(_) => {
                let alone = |file| load_together(self.context, self.source, std::slice::from_ref(file))?.remove(0);
                ready.iter().map(alone).collect()
            }
        };
        let mut loaded = loaded.into_iter();
        for (((file, slice), one), older) in batch.iter().zip(read).zip(older) {
            let done = match one {
                Err(error) => Err(error),
                Ok((landed, _)) => match loaded.next() {
                    Some(Ok(loaded)) => Ok((loaded, landed.bytes().0)),
                    Some(Err(error)) => {
                        // It still lies in the drop folder, and is landed anew once it is mended.
                        landed.remove();
                        Err(error)
                    }
                    None => continue,
                },
            };
            if done.is_ok() {
                for name in &older {
                    let Some(noted) = books.get_mut(name) else { continue };
                    noted.file.state = FileState::Replaced;
                    noted.file.reason = Some(format!("{} is a newer version of it", shown(&file.name)));
                    (noted.file.days, noted.file.rows_quarantined) = (None, 0);
                }
            }
            self.enter(file, slice, done, books, outcome);
        }
        Ok(())
    }

    /// Lands and reads files on as many threads as there are processors, up to four.
    fn read_all(&self, batch: &[(&Dropped, String)]) -> Vec<Result<(LandedSlice, Prepared), FileError>> {
        let next = AtomicUsize::new(0);
        let done: Vec<Mutex<Option<Result<_, FileError>>>> = batch.iter().map(|_| Mutex::new(None)).collect();
        let work = || {
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                let (Some((file, _)), Some(cell)) = (batch.get(place), done.get(place)) else { break };
                let read = self.read_one(file, u32::try_from(place).unwrap_or(u32::MAX));
                if let Ok(mut cell) = cell.lock() {
                    *cell = Some(read);
                }
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4).min(batch.len());
        std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
        let lost = || {
            let note = "the file was not read: the reader stopped".to_owned();
            Err(FileError::Connector(ConnectorError::Landing { note }))
        };
        done.into_iter().map(|cell| cell.into_inner().ok().flatten().unwrap_or_else(lost)).collect()
    }

    fn read_one(&self, file: &Dropped, number: u32) -> Result<(LandedSlice, Prepared), FileError> {
        let Self { context, landing_root, source, now } = *self;
        let landed = land(landing_root, &source.workspace.id, &source.id, &source.drop, file, now)?;
        match read::prepare(context, source, &landed, number) {
            Ok(prepared) => Ok((landed, prepared)),
            Err(error) => {
                landed.remove();
                Err(error.into())
            }
        }
    }
}
