//! Stopping in two stages: first no new step is begun, then running steps are told to end.

use tokio_util::sync::CancellationToken;

/// Shared by the one who stops (Ctrl-C) and the one who is stopped.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    graceful: CancellationToken,
    now: CancellationToken,
}

impl Stop {
    /// Nothing is stopped yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The first call finishes running steps and begins no other; the second ends them now.
    pub fn request(&self) {
        if self.graceful.is_cancelled() {
            self.now.cancel();
        }
        self.graceful.cancel();
    }

    /// Whether stopping was asked for.
    pub fn requested(&self) -> bool {
        self.graceful.is_cancelled()
    }

    /// Whether stopping at once was asked for.
    pub fn now_requested(&self) -> bool {
        self.now.is_cancelled()
    }

    /// Ends when stopping is asked for.
    pub async fn wait(&self) {
        self.graceful.cancelled().await;
    }

    pub(crate) fn now(&self) -> &CancellationToken {
        &self.now
    }
}
