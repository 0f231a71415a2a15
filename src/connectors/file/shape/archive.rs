//! Zip archives: one data file inside is read as if it lay in the folder, several are for the caller to
//! choose from. Members are unpacked to a scratch file; their paths never touch the disk.

use super::names::{Known, shape_of};
use super::source::{Source, too_large, unpacked};
use super::{Ask, Found, Packing, Refusal, Shape, Sink, read_source, shown, sniff};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use zip::ZipArchive;

/// A data file in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub name: String,
    /// Unpacked, as the archive says.
    pub bytes: u64,
}

/// The members that are data. Errors if the archive is cut, encrypted, or holds nothing readable.
pub fn members(path: &Path) -> Result<Vec<Member>, Refusal> {
    let mut archive = open(path)?;
    let mut members = Vec::new();
    for (index, name) in data(&mut archive)? {
        let bytes = archive.by_index_raw(index).map_err(|error| damaged(&error))?.size();
        members.push(Member { name, bytes });
    }
    Ok(members)
}

/// Hands out the bytes of a member; refuses one of more than `max_bytes`.
pub fn unpack(
    path: &Path,
    member: &str,
    max_bytes: u64,
    take: &mut dyn FnMut(&[u8]) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let mut archive = open(path)?;
    let members = data(&mut archive)?;
    let gone = || Refusal::new(None, "the archive changed while it was read", "the next run takes it once it rests");
    let (index, _) = members.into_iter().find(|(_, name)| name == member).ok_or_else(gone)?;
    let mut file = archive.by_index(index).map_err(|error| damaged(&error))?;
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let count = file.read(&mut buffer).map_err(|error| super::source::broken(&error))?;
        if count == 0 {
            return Ok(());
        }
        bytes += count as u64;
        if bytes > max_bytes {
            return Err(too_large(max_bytes));
        }
        take(&buffer[..count])?;
    }
}

/// Reads the member that `ask` names, or the only one.
pub fn read(path: &Path, ask: &Ask, sink: &mut dyn Sink) -> Result<Found, Refusal> {
    let (member, name, shape) = chosen(path, ask).map_err(|refusal| refusal.of_file(&ask.name))?;
    let inside = Ask { name: name.clone(), ..ask.clone() };
    let source = Source::new(member.path(), &inside).map_err(|refusal| refusal.of_file(&name))?;
    read_source(&source, shape, ask, sink, &name)
}

fn chosen(path: &Path, ask: &Ask) -> Result<(tempfile::NamedTempFile, String, Shape), Refusal> {
    let mut archive = open(path)?;
    let members = data(&mut archive)?;
    let (index, member) = match (&ask.member, members.as_slice()) {
        (Some(wanted), _) => members.iter().find(|(_, name)| name == wanted).cloned().ok_or_else(|| {
            Refusal::new(
                None,
                format!("the archive holds no {:?}", shown(wanted)),
                format!("it holds {}", list(&members)),
            )
        })?,
        (None, [only]) => only.clone(),
        (None, _) => {
            let message = format!("the archive holds {} data files: {}", members.len(), list(&members));
            return Err(Refusal::new(None, message, "drop them unpacked, or one an archive"));
        }
    };
    let Known::Data(shape, _) = shape_of(last_part(&member)) else {
        return Err(Refusal::new(None, format!("{:?} is not read", shown(&member)), "drop it as .csv or .xlsx"));
    };
    let mut file = archive.by_index(index).map_err(|error| damaged(&error))?;
    if file.size() > ask.max_bytes {
        return Err(too_large(ask.max_bytes));
    }
    let unpacked = unpacked(&mut file, ask.max_bytes, ask.scratch.as_deref())?;
    Ok((unpacked, format!("{}: {}", ask.name, shown(&member)), shape))
}

pub fn open(path: &Path) -> Result<ZipArchive<BufReader<File>>, Refusal> {
    let file = File::open(path).map_err(|error| super::source::broken(&error))?;
    let mut start = Vec::new();
    file.try_clone()
        .and_then(|file| file.take(8).read_to_end(&mut start))
        .map_err(|error| super::source::broken(&error))?;
    if start.is_empty() {
        return Err(Refusal::new(None, "the file is empty", "drop it again, or remove it"));
    }
    if sniff::kind(&start) != sniff::Kind::Zip {
        return Err(Refusal::new(
            None,
            "this is no zip archive, although its name says so",
            "give it the ending it had",
        ));
    }
    ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(&error))
}

fn damaged(error: &zip::result::ZipError) -> Refusal {
    use zip::result::ZipError;
    match error {
        ZipError::Io(error) if crate::support::owner::ran_short(error) => super::source::broken(error),
        ZipError::CompressionMethodNotSupported(_) | ZipError::UnsupportedArchive(_) => Refusal::new(
            None,
            format!("the archive is packed in a way that is not read ({})", shown(&error.to_string())),
            "pack it anew as a usual .zip, or drop the file unpacked",
        ),
        _ => Refusal::new(
            None,
            format!("the archive cannot be opened: it seems cut or damaged ({})", shown(&error.to_string())),
            "drop it again once it is complete, or drop the file unpacked",
        ),
    }
}

/// Place and name of the members that are data; refuses where none is, or one needs a password.
fn data(archive: &mut ZipArchive<BufReader<File>>) -> Result<Vec<(usize, String)>, Refusal> {
    let mut members = Vec::new();
    let mut others = Vec::new();
    for index in 0..archive.len().min(10_000) {
        let file = archive.by_index_raw(index).map_err(|error| damaged(&error))?;
        let name = file.name().map_err(|error| damaged(&error))?.into_owned();
        let is_hidden = name
            .split(['/', '\\'])
            .any(|part| part == "__MACOSX" || (part.starts_with('.') && part != ".." && part != "."));
        if file.is_dir() || is_hidden {
            continue;
        }
        if file.encrypted() {
            let message = format!("{:?} in the archive needs a password", shown(&name));
            return Err(Refusal::new(None, message, "drop it unpacked, or packed without a password"));
        }
        match shape_of(last_part(&name)) {
            Known::Data(Shape::Zip, _) => others.push(format!("{:?} (an archive in the archive)", shown(&name))),
            Known::Data(_, Packing::None | Packing::Gzip | Packing::Zstd) => members.push((index, name)),
            Known::Junk(_) => {}
            Known::Waiting | Known::Unread { .. } => others.push(format!("{:?}", shown(&name))),
        }
    }
    if members.is_empty() {
        let message = match others.as_slice() {
            [] => "the archive is empty".to_owned(),
            _ => format!("the archive holds no file that is read: {}", others[..others.len().min(8)].join(", ")),
        };
        return Err(Refusal::new(None, message, "unpack it and drop the table inside as .csv or .xlsx"));
    }
    Ok(members)
}

fn last_part(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

fn list(members: &[(usize, String)]) -> String {
    let names: Vec<String> = members.iter().take(8).map(|(_, name)| format!("{:?}", shown(name))).collect();
    let more = if members.len() > 8 { ", …" } else { "" };
    format!("{}{more}", names.join(", "))
}
