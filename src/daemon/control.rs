//! How the command line reaches a running daemon: a socket in the data folder that only its owner may
//! open. A command goes over as one line of JSON; what it says comes back line by line.

use crate::app::lock::user_name;
use crate::http::connections::{Room, Seat};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

/// The socket's name within the data folder.
const NAME: &str = "daybook.sock";
/// No command line is longer, in bytes.
const LONGEST_REQUEST: u64 = 1 << 20;
/// The kernel takes no longer path for a socket, in bytes.
const LONGEST_PATH: usize = 107;
/// For a command's line, which its sender has whole before it connects.
const REQUEST_WAIT: Duration = Duration::from_secs(10);
/// For a word to be taken; the asker reads all along, whatever its terminal does.
const WORD_WAIT: Duration = Duration::from_secs(60);
/// How long the asker waits for the daemon to take the command up.
const ANSWER_WAIT: Duration = Duration::from_secs(60);
const POLL_EVERY: Duration = Duration::from_millis(50);

/// A command as it was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The arguments, without the program's name.
    pub arguments: Vec<String>,
    /// Where it was typed; relative paths start here.
    pub folder: PathBuf,
}

/// What a command says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlResponse {
    /// For standard output, line breaks included.
    Out(String),
    /// For standard error.
    Err(String),
    /// The last word: the exit code.
    Exit(u8),
}

/// Carries a command out; the future ends with the exit code.
pub type Handler = Arc<
    dyn Fn(Request, mpsc::UnboundedSender<ControlResponse>) -> Pin<Box<dyn Future<Output = u8> + Send>> + Send + Sync,
>;

/// Where the socket of a data folder lies.
pub fn socket(data_dir: &Path) -> PathBuf {
    data_dir.join(NAME)
}

/// The socket by a path that the kernel takes: a long one leads through a handle of its folder, so that both
/// sides mean the same file however long its name is. The handle must be kept until the path was used.
fn short(path: &Path) -> io::Result<(Option<File>, PathBuf)> {
    if path.as_os_str().len() <= LONGEST_PATH {
        return Ok((None, path.to_owned()));
    }
    let (folder, name) = (path.parent().unwrap_or(Path::new("/")), path.file_name().unwrap_or_default());
    let folder = File::open(folder)?;
    let short = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string());
    if !short.exists() {
        let message = format!(
            "the path of the command socket has {} bytes, and this system takes {LONGEST_PATH}: choose a shorter data_dir ({})",
            path.as_os_str().len(),
            path.display()
        );
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    Ok((Some(folder), short.join(name)))
}

/// Opens the socket. The caller holds the folder's lock, so one that lies there is a dead daemon's.
pub fn listen(data_dir: &Path) -> io::Result<UnixListener> {
    let path = socket(data_dir);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let (_folder, path) = short(&path)?;
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Answers commands until dropped; each on a task of its own, which ends when the asker goes away.
pub async fn serve(listener: UnixListener, handler: Handler) {
    let room = Room::within_handles();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let (handler, seat) = (Arc::clone(&handler), room.seat().await);
                tokio::spawn(async move {
                    tokio::select! {
                        answered = answer(stream, handler, &seat) => if let Err(error) = answered {
                            tracing::debug!(error = %error, "a command's asker went away");
                        },
                        () = seat.left() => tracing::debug!("a silent asker made way for another"),
                    }
                });
            }
            Err(error) => {
                // Out of file handles, most likely: others free some in a while.
                tracing::warn!(error = %error, "the command socket refuses");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn answer(stream: UnixStream, handler: Handler, seat: &Seat) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    timeout(REQUEST_WAIT, BufReader::new(read.take(LONGEST_REQUEST)).read_line(&mut line)).await??;
    let request: Request = serde_json::from_str(&line)?;
    seat.set_served(true);
    // The command is taken up; what it says may be long in coming.
    send(&mut write, &ControlResponse::Out(String::new())).await?;
    let (say, mut said) = mpsc::unbounded_channel();
    let mut work = handler(request, say);
    let mut code = None;
    loop {
        let word = tokio::select! {
            biased;
            word = said.recv() => word,
            done = &mut work, if code.is_none() => {
                code = Some(done);
                continue;
            }
        };
        match (word, code) {
            (Some(word), _) => send(&mut write, &word).await?,
            (None, Some(code)) => return send(&mut write, &ControlResponse::Exit(code)).await,
            // The command keeps no sender but still works.
            (None, None) => code = Some((&mut work).await),
        }
    }
}

async fn send(write: &mut (impl AsyncWriteExt + Unpin), word: &ControlResponse) -> io::Result<()> {
    let mut line = serde_json::to_vec(word)?;
    line.push(b'\n');
    timeout(WORD_WAIT, write.write_all(&line)).await?
}

/// Has a running daemon carry out `request`; `hear` gets what it says. `None` if no daemon listens.
pub async fn ask(data_dir: &Path, request: &Request, mut hear: impl FnMut(ControlResponse)) -> io::Result<Option<u8>> {
    let path = socket(data_dir);
    let stream = match connect(&path).await {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(error) => return Err(told(&path, error)),
    };
    let (read, mut write) = stream.into_split();
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    timeout(REQUEST_WAIT, write.write_all(&line)).await.map_err(|_| silent())??;
    // Read on a task of its own, so that a terminal or a pager that takes nothing does not stop the daemon.
    let (pass, mut words) = mpsc::unbounded_channel();
    let reading = tokio::spawn(async move {
        let mut lines = BufReader::new(read).lines();
        loop {
            let line = lines.next_line().await;
            let is_last = !matches!(line, Ok(Some(_)));
            if pass.send(line).is_err() || is_last {
                return;
            }
        }
    });
    let mut word = timeout(ANSWER_WAIT, words.recv()).await.map_err(|_| silent())?;
    let ended = loop {
        match word.transpose().map(Option::flatten) {
            Ok(Some(line)) => match serde_json::from_str(&line)? {
                ControlResponse::Exit(code) => break Ok(Some(code)),
                ControlResponse::Out(text) if text.is_empty() => {}
                word => hear(word),
            },
            Ok(None) => {
                break Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the daemon ended before the command did"));
            }
            Err(error) => break Err(error),
        }
        word = words.recv().await;
    };
    reading.abort();
    ended
}

/// Connects; where many do so at once, the kernel asks to come again.
async fn connect(path: &Path) -> io::Result<UnixStream> {
    let (_folder, path) = short(path)?;
    let begun = Instant::now();
    loop {
        match UnixStream::connect(&path).await {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && begun.elapsed() < ANSWER_WAIT => {
                tokio::time::sleep(POLL_EVERY).await;
            }
            connected => return connected,
        }
    }
}

fn silent() -> io::Error {
    let message = "the daemon does not take the command up: look at its log, and whether it was stopped (SIGSTOP)";
    io::Error::new(io::ErrorKind::TimedOut, message)
}

/// A failure with the socket's path, and what to do where its owner is another user.
fn told(path: &Path, error: io::Error) -> io::Error {
    if error.kind() != io::ErrorKind::PermissionDenied {
        return io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    }
    let folder = path.parent().unwrap_or(path);
    let owner = [path, folder].iter().find_map(|path| std::fs::metadata(path).ok()).map(|found| found.uid());
    let user = owner.map_or_else(|| "its owner".to_owned(), user_name);
    let message = format!(
        "{}: permission denied: the daemon takes commands of the user {user} alone; use `runuser -u {user} -- daybook …`",
        path.display()
    );
    io::Error::new(error.kind(), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_command_says_comes_back_in_order_and_then_its_exit_code() {
        let folder = tempfile::tempdir().expect("a folder");
        let request = Request { arguments: vec!["status".to_owned()], folder: folder.path().to_owned() };
        assert_eq!(ask(folder.path(), &request, |_| {}).await.expect("asked"), None, "nobody listens yet");

        let handler: Handler = Arc::new(|request, say| {
            Box::pin(async move {
                for n in 0..3 {
                    drop(say.send(ControlResponse::Out(format!("{} {n}\n", request.arguments[0]))));
                }
                3
            })
        });
        let listener = listen(folder.path()).expect("a socket");
        let mode = std::fs::metadata(socket(folder.path())).expect("a socket").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        tokio::spawn(serve(listener, handler));
        let mut heard = Vec::new();
        let code = ask(folder.path(), &request, |word| heard.push(word)).await.expect("asked");
        assert_eq!(code, Some(3));
        assert_eq!(heard, ["status 0\n", "status 1\n", "status 2\n"].map(|line| ControlResponse::Out(line.to_owned())));
    }
}
