//! What happens during a run, typed: every reporter reads the same events.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use hoist_model::{Key, StepError, Verb};
use serde::Serialize;

/// One thing that happened. The JSON form is the format of the journal and of `apply -o json`, version 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "event")]
#[non_exhaustive]
pub enum Event {
    /// A run began.
    RunStarted {
        /// The format's version.
        version: u32,
        /// The cluster's name.
        cluster: String,
        /// `apply`, `destroy`, …
        command: String,
    },
    /// The world was observed and planned anew.
    RoundStarted {
        /// Counts from 1.
        round: usize,
        /// Steps in the plan, without mere waits.
        changes: usize,
        /// Steps that only wait.
        waits: usize,
    },
    /// A step waits for others.
    StepWaiting {
        /// The step.
        key: Key,
        /// What it does.
        verb: Verb,
        /// The heading it stands under.
        group: Option<String>,
        /// Steps that are not done yet.
        on: Vec<Key>,
    },
    /// A step began.
    StepStarted {
        /// The step.
        key: Key,
        /// What it does.
        verb: Verb,
        /// The heading it stands under.
        group: Option<String>,
        /// Counts from 1.
        attempt: u32,
    },
    /// A step said what it does or waits for now.
    StepProgress {
        /// The step.
        key: Key,
        /// In a few words.
        what: String,
    },
    /// A step failed and will be tried again.
    StepRetrying {
        /// The step.
        key: Key,
        /// Why it failed.
        error: StepError,
        /// Milliseconds until the next attempt.
        after_ms: u64,
    },
    /// A step is done.
    StepFinished {
        /// The step.
        key: Key,
        /// What it did.
        verb: Verb,
        /// It found nothing left to do.
        unchanged: bool,
        /// A line for the person.
        note: Option<String>,
        /// Milliseconds since it began, retries included.
        elapsed_ms: u64,
    },
    /// A step failed for good.
    StepFailed {
        /// The step.
        key: Key,
        /// What it was to do.
        verb: Verb,
        /// Why.
        error: StepError,
        /// Milliseconds since it began, retries included.
        elapsed_ms: u64,
    },
    /// A step was not begun, since one that it needs was not done, or the run was stopped.
    StepSkipped {
        /// The step.
        key: Key,
        /// Why.
        because: String,
    },
    /// The person asked to stop. Running steps are finished.
    Stopping,
    /// The run ended.
    RunFinished {
        /// Everything is as desired.
        converged: bool,
        /// Rounds taken.
        rounds: usize,
        /// Milliseconds taken.
        elapsed_ms: u64,
    },
}

/// An event and when it happened.
#[derive(Clone, Debug, Serialize)]
pub struct Stamped {
    /// When, in UTC.
    pub at: DateTime<Utc>,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

impl Stamped {
    /// Stamps an event with the present.
    pub fn now(event: Event) -> Self {
        Self { at: Utc::now(), event }
    }
}

/// Who hears of events.
pub trait Sink: Send + Sync {
    /// Called for each event, in order. Must not block for long.
    fn event(&self, event: &Stamped);
}

/// Hands each event to several sinks.
#[derive(Clone, Default)]
pub struct Tee(pub Vec<Arc<dyn Sink>>);

impl Tee {
    /// Stamps an event and hands it on.
    pub fn send(&self, event: Event) {
        self.event(&Stamped::now(event));
    }
}

impl Sink for Tee {
    fn event(&self, event: &Stamped) {
        for sink in &self.0 {
            sink.event(event);
        }
    }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
