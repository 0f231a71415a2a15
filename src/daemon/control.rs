//! How the command line reaches a running daemon: a socket in the data folder that only its owner may
//! open. A command goes over as one line of JSON; what it says comes back line by line.

use serde::{Deserialize, Serialize};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

/// The socket's name within the data folder.
const NAME: &str = "daybook.sock";
/// No command line is longer, in bytes.
const LONGEST_REQUEST: u64 = 1 << 20;

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
pub enum Said {
    /// For standard output, line breaks included.
    Out(String),
    /// For standard error.
    Err(String),
    /// The last word: the exit code.
    Exit(u8),
}

/// Carries a command out; the future ends with the exit code.
pub type Handler =
    Arc<dyn Fn(Request, mpsc::UnboundedSender<Said>) -> Pin<Box<dyn Future<Output = u8> + Send>> + Send + Sync>;

/// Where the socket of a data folder lies.
pub fn socket(data_dir: &Path) -> PathBuf {
    data_dir.join(NAME)
}

/// Opens the socket. The caller holds the folder's lock, so one that lies there is a dead daemon's.
pub fn listen(data_dir: &Path) -> io::Result<UnixListener> {
    let path = socket(data_dir);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Answers commands until dropped; each on a task of its own, which ends when the asker goes away.
pub async fn serve(listener: UnixListener, handler: Handler) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let handler = Arc::clone(&handler);
                tokio::spawn(async move {
                    if let Err(error) = answer(stream, handler).await {
                        tracing::debug!(error = %error, "a command's asker went away");
                    }
                });
            }
            Err(error) => {
                // Out of file handles, most likely: others free some in a while.
                tracing::warn!(error = %error, "the command socket refuses");
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            }
        }
    }
}

async fn answer(stream: UnixStream, handler: Handler) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    BufReader::new(read.take(LONGEST_REQUEST)).read_line(&mut line).await?;
    let request: Request = serde_json::from_str(&line)?;
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
            (None, Some(code)) => return send(&mut write, &Said::Exit(code)).await,
            // The command keeps no sender but still works.
            (None, None) => code = Some((&mut work).await),
        }
    }
}

async fn send(write: &mut (impl AsyncWriteExt + Unpin), word: &Said) -> io::Result<()> {
    let mut line = serde_json::to_vec(word)?;
    line.push(b'\n');
    write.write_all(&line).await
}

/// Has a running daemon carry out `request`; `hear` gets what it says. `None` if no daemon listens.
pub async fn ask(data_dir: &Path, request: &Request, mut hear: impl FnMut(Said)) -> io::Result<Option<u8>> {
    let stream = match UnixStream::connect(socket(data_dir)).await {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let (read, mut write) = stream.into_split();
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    write.write_all(&line).await?;
    let mut lines = BufReader::new(read).lines();
    while let Some(line) = lines.next_line().await? {
        match serde_json::from_str(&line)? {
            Said::Exit(code) => return Ok(Some(code)),
            word => hear(word),
        }
    }
    Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the daemon ended before the command did"))
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
                    drop(say.send(Said::Out(format!("{} {n}\n", request.arguments[0]))));
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
        assert_eq!(heard, ["status 0\n", "status 1\n", "status 2\n"].map(|line| Said::Out(line.to_owned())));
    }
}
