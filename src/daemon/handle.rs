//! What reaches the running loop from other tasks: a look at it, and commands between two beats.

use super::reload::{Current, Reloaded};
use super::scheduler::Watch;
use crate::app::AppError;
use crate::domain::schedule::SlotKey;
use tokio::sync::{mpsc, oneshot};

/// Requests that wait for the next beat; more than these and the asker waits.
const MOST_COMMANDS: usize = 16;

/// What those who ask a running daemon may look at.
#[derive(Clone)]
pub struct DaemonHandle {
    /// The installation as configured now.
    pub current: Current,
    pub watch: Watch,
    queue: mpsc::Sender<DaemonCommand>,
}

/// What the loop is asked to do between two beats.
pub(super) enum DaemonCommand {
    /// Read the configuration again.
    Reload(oneshot::Sender<Reloaded>),
    /// Run a job now.
    Run(String, oneshot::Sender<Result<Vec<SlotKey>, AppError>>),
}

impl DaemonHandle {
    /// A handle, and where the loop finds what is asked of it.
    pub(super) fn new(current: Current, watch: Watch) -> (Self, mpsc::Receiver<DaemonCommand>) {
        let (queue, commanded) = mpsc::channel(MOST_COMMANDS);
        (Self { current, watch, queue }, commanded)
    }

    /// Has the daemon read its configuration again.
    pub async fn reload(&self) -> Result<Reloaded, AppError> {
        let (answer, reloaded) = oneshot::channel();
        self.command(DaemonCommand::Reload(answer), reloaded).await
    }

    /// Has a job run now for each of its workspaces; answers the slots entered for it.
    pub async fn run_now(&self, job: &str) -> Result<Vec<SlotKey>, AppError> {
        let (answer, slots) = oneshot::channel();
        self.command(DaemonCommand::Run(job.to_owned(), answer), slots).await?
    }

    async fn command<T>(&self, command: DaemonCommand, answer: oneshot::Receiver<T>) -> Result<T, AppError> {
        let stopping = || AppError::Usage("the daemon is stopping".to_owned());
        self.queue.send(command).await.map_err(|_| stopping())?;
        answer.await.map_err(|_| stopping())
    }
}
