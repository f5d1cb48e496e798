//! Actions: work that goes on after the answer, and the steps it is made of.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::state::{Kind, State, stamp};

/// How an action stands.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Running,
    Success,
    Error { code: String, message: String },
}

/// One action, as `GET /actions/{id}` tells it.
#[derive(Clone, Debug)]
pub(crate) struct Action {
    pub(crate) id: u64,
    command: &'static str,
    pub(crate) resources: Vec<(Kind, u64)>,
    started: DateTime<Utc>,
    finished: Option<DateTime<Utc>>,
    pub(crate) outcome: Outcome,
    /// When its own work began and how long that takes; none while it waits for an earlier action.
    pub(crate) clock: Option<(Instant, Duration)>,
}

impl Action {
    pub(crate) fn new(id: u64, command: &'static str, resources: Vec<(Kind, u64)>) -> Self {
        Self {
            id,
            command,
            resources,
            started: Utc::now(),
            finished: None,
            outcome: Outcome::Running,
            clock: None,
        }
    }

    pub(crate) fn end(&mut self, outcome: Outcome) {
        self.outcome = outcome;
        self.finished = Some(Utc::now());
    }

    pub(crate) fn running(&self) -> bool {
        matches!(self.outcome, Outcome::Running)
    }

    fn progress(&self) -> u64 {
        match (&self.outcome, self.clock) {
            (Outcome::Running, Some((begun, length))) => {
                let share = begun.elapsed().as_secs_f64() / length.as_secs_f64().max(0.001);
                ((share * 100.0) as u64).min(99)
            }
            (Outcome::Running, None) => 0,
            _ => 100,
        }
    }

    pub(crate) fn json(&self) -> Value {
        let (status, error) = match &self.outcome {
            Outcome::Running => ("running", Value::Null),
            Outcome::Success => ("success", Value::Null),
            Outcome::Error { code, message } => ("error", json!({ "code": code, "message": message })),
        };
        json!({
            "id": self.id,
            "command": self.command,
            "status": status,
            "progress": self.progress(),
            "started": stamp(self.started),
            "finished": self.finished.map(stamp),
            "resources": self.resources.iter().map(|(kind, id)| json!({ "id": id, "type": kind })).collect::<Vec<_>>(),
            "error": error,
        })
    }
}

/// What an action does to the machine behind a server; the state of the moment says the details.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    Nothing,
    /// Boots it, making it first where it has never been.
    Boot(u64),
    /// Makes it anew from the server's image.
    Remake(u64),
    Off(u64),
    /// Goes off by itself, as it was asked to, unless its power was switched since: the number tells.
    GoOff(u64, u64),
    Reset(u64),
    /// Tells it the address that the server now has in the private network.
    Private(u64),
    Delete(u64),
}

pub(crate) type Change = Box<dyn FnOnce(&mut State) + Send>;

/// One step of a chain. Steps of a chain run in order; when one fails, those after it fail too.
pub(crate) struct Step {
    pub(crate) action: Option<u64>,
    pub(crate) seconds: f64,
    pub(crate) work: Work,
    pub(crate) begin: Option<Change>,
    pub(crate) finish: Option<Change>,
    pub(crate) undo: Option<Change>,
    pub(crate) fail: Option<(String, String)>,
}

impl Step {
    /// A step of this action that takes so many seconds at the scale 1.
    pub(crate) fn of(action: u64, seconds: f64) -> Self {
        Self {
            action: Some(action),
            ..Self::silent(seconds)
        }
    }

    /// A step that no action tells of.
    pub(crate) fn silent(seconds: f64) -> Self {
        Self {
            action: None,
            seconds,
            work: Work::Nothing,
            begin: None,
            finish: None,
            undo: None,
            fail: None,
        }
    }

    pub(crate) fn work(mut self, work: Work) -> Self {
        self.work = work;
        self
    }

    /// What changes when the step begins.
    pub(crate) fn begin(mut self, change: impl FnOnce(&mut State) + Send + 'static) -> Self {
        self.begin = Some(Box::new(change));
        self
    }

    /// What changes when it has succeeded.
    pub(crate) fn finish(mut self, change: impl FnOnce(&mut State) + Send + 'static) -> Self {
        self.finish = Some(Box::new(change));
        self
    }

    /// What changes when it has failed.
    pub(crate) fn undo(mut self, change: impl FnOnce(&mut State) + Send + 'static) -> Self {
        self.undo = Some(Box::new(change));
        self
    }
}
