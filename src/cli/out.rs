//! Where commands speak: this terminal, or that of someone who asked a running daemon.

use crate::daemon::control::Said;
use std::path::{Path, PathBuf};
use tokio::sync::mpsc::UnboundedSender;

/// Who asked from another process.
#[derive(Clone, Debug)]
pub struct Caller {
    pub say: UnboundedSender<Said>,
    /// Where the command was typed.
    pub folder: PathBuf,
}

tokio::task_local! {
    /// Set while a command is carried out for another process.
    pub static CALLER: Caller;
}

/// Prints a line for whoever asked.
pub fn line(text: std::fmt::Arguments<'_>) {
    if CALLER.try_with(|caller| caller.say.send(Said::Out(format!("{text}\n")))).is_err() {
        println!("{text}");
    }
}

/// Prints a line beside the answer.
pub fn error_line(text: std::fmt::Arguments<'_>) {
    if CALLER.try_with(|caller| caller.say.send(Said::Err(format!("{text}\n")))).is_err() {
        eprintln!("{text}");
    }
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
macro_rules! say {
    () => { $crate::cli::out::line(format_args!("")) };
    ($($text:tt)*) => { $crate::cli::out::line(format_args!($($text)*)) };
}

/// `eprintln!` for whoever asked.
macro_rules! warn_of {
    ($($text:tt)*) => { $crate::cli::out::error_line(format_args!($($text)*)) };
}
