//! What a step has while it runs: a deadline, a way to say what it waits for, and the marks of its effects.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::{Key, StepError};

/// What a step that succeeded has to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// It found the work done already.
    pub unchanged: bool,
    /// A line for the person: an id, an address.
    pub note: Option<String>,
}

impl Outcome {
    /// Done, nothing to say.
    pub fn done() -> Self {
        Self::default()
    }

    /// Done, with a line for the person.
    pub fn note(note: impl Into<String>) -> Self {
        Self {
            unchanged: false,
            note: Some(note.into()),
        }
    }

    /// There was nothing left to do.
    pub fn unchanged() -> Self {
        Self {
            unchanged: true,
            note: None,
        }
    }
}

/// Who hears of a running step: the engine, which tells the terminal and the journal, and the fault matrix in tests.
pub trait StepObserver: Send + Sync {
    /// The step says what it does or waits for now.
    fn progress(&self, key: &Key, what: &str);
    /// An effect is about to happen. An error here keeps it from happening.
    fn before(&self, _key: &Key, _effect: &str) -> Result<(), StepError> {
        Ok(())
    }
    /// An effect has happened. An error here is as if the step had failed after it.
    fn after(&self, _key: &Key, _effect: &str) -> Result<(), StepError> {
        Ok(())
    }
}

/// A running step's surroundings.
#[derive(Clone)]
pub struct StepCx {
    key: Key,
    deadline: Instant,
    stop: CancellationToken,
    observer: Arc<dyn StepObserver>,
}

impl StepCx {
    /// Made by the engine for each attempt. `stop` is cancelled when the person wants it to stop now.
    pub fn new(key: Key, deadline: Instant, stop: CancellationToken, observer: Arc<dyn StepObserver>) -> Self {
        Self {
            key,
            deadline,
            stop,
            observer,
        }
    }

    /// The step's key.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// When the step must be done.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// How long is left.
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Cancelled when the person wants it to stop now: long work looks at it.
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Says what the step does or waits for, in a few words: `waiting for SSH on 203.0.113.7:22`.
    pub fn progress(&self, what: &str) {
        self.observer.progress(&self.key, what);
    }

    /// Carries out one effect of several: a step that changes the world in more than one place wraps each change,
    /// so that the fault matrix can fail before it, fail after it, and kill the process there.
    pub async fn effect<T>(
        &self,
        name: &str,
        work: impl Future<Output = Result<T, StepError>>,
    ) -> Result<T, StepError> {
        self.observer.before(&self.key, name)?;
        let done = work.await?;
        self.observer.after(&self.key, name)?;
        Ok(done)
    }
}
