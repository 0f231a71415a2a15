//! Where commands speak: this terminal, or that of someone who asked a running daemon. A terminal, a pipe or
//! a file that takes no more words stops no work: it is reported at the end, by the exit code.

use super::Outcome;
use crate::daemon::control::ControlResponse;
use crate::support::shown::for_terminal;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tokio::sync::mpsc::UnboundedSender;

/// Who asked from another process.
#[derive(Clone, Debug)]
pub struct Caller {
    pub say: UnboundedSender<ControlResponse>,
    /// Where the command was typed.
    pub folder: PathBuf,
}

tokio::task_local! {
    /// Set while a command is carried out for another process.
    pub static CALLER: Caller;
}

/// Why standard output takes no more; nothing is written to it then.
static BROKEN: Mutex<Option<io::Error>> = Mutex::new(None);

/// Prints a line for whoever asked.
pub fn line(text: std::fmt::Arguments<'_>) {
    print(&format!("{text}\n"));
}

/// Prints a value as one line of JSON, and is done.
pub fn json(value: &impl serde::Serialize) -> anyhow::Result<Outcome> {
    line(format_args!("{}", serde_json::to_string(value)?));
    Ok(Outcome::Done)
}

/// Prints a text as it is, line ends included, for whoever asked.
pub fn print(text: &str) {
    let text = for_terminal(text, text.starts_with(['{', '[']));
    if CALLER.try_with(|caller| caller.say.send(ControlResponse::Out(text.to_string()))).is_err() {
        put(&text);
    }
}

/// Prints a line beside the answer.
pub fn error_line(text: std::fmt::Arguments<'_>) {
    error_print(&format!("{text}\n"));
}

/// Prints a text beside the answer as it is.
pub fn error_print(text: &str) {
    let text = for_terminal(text, false);
    if CALLER.try_with(|caller| caller.say.send(ControlResponse::Err(text.to_string()))).is_err() {
        // Where trouble cannot be reported, this one cannot either.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}

fn put(text: &str) {
    let mut broken = BROKEN.lock().unwrap_or_else(PoisonError::into_inner);
    if broken.is_some() {
        return;
    }
    let mut out = io::stdout().lock();
    *broken = out.write_all(text.as_bytes()).and_then(|()| out.flush()).err();
}

/// Notes that something else could not write to standard output.
pub fn note(failed: io::Error) {
    BROKEN.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(failed);
}

/// The exit code of a command that ended with `code`: a failure where its output was lost. `daybook runs |
/// head` ends when `head` has seen enough, which is none.
pub fn exit_code(code: u8) -> u8 {
    let broken = BROKEN.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(error) = broken.filter(|error| error.kind() != io::ErrorKind::BrokenPipe) else { return code };
    let why = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "no space is left on the device (standard output)".to_owned()
        }
        _ => format!("standard output cannot be written ({error})"),
    };
    error_line(format_args!("daybook: {why}: the command did its work, but what it said is lost"));
    if code == 0 { 1 } else { code }
}

/// Whether the one who asked sits at this process's own terminal.
pub fn is_here() -> bool {
    CALLER.try_with(|_| ()).is_err()
}

/// A path as the one who asked means it.
pub fn place(path: &Path) -> PathBuf {
    CALLER.try_with(|caller| caller.folder.join(path)).unwrap_or_else(|_| path.to_owned())
}

/// `println!` for whoever asked.
macro_rules! outln {
    () => { $crate::cli::out::line(format_args!("")) };
    ($($text:tt)*) => { $crate::cli::out::line(format_args!($($text)*)) };
}

/// `eprintln!` for whoever asked.
macro_rules! errln {
    ($($text:tt)*) => { $crate::cli::out::error_line(format_args!($($text)*)) };
}
