//! How a step fails, and whether trying again can help.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The five kinds of error that the command line knows, each with an exit code and a manner of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ErrorKind {
    /// The person asked for something that cannot be: usage, a missing word of approval, a held lock.
    User,
    /// hoist.yaml or a file that it names is wrong.
    Spec,
    /// The cloud, a host or the cluster said no, or did not answer.
    Remote,
    /// The person stopped it.
    Interrupted,
    /// A defect of hoist.
    Internal,
}

/// Whether the engine may try the step again in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Retry {
    /// No: the same will happen.
    No,
    /// Yes, after the engine's own backoff.
    Soon,
    /// Yes, not before this long (a Retry-After, a rate limit).
    After(Duration),
}

/// A step that failed: what happened, where, why, and what to do next. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
#[serde(rename_all = "camelCase")]
pub struct StepError {
    /// The kind.
    pub kind: ErrorKind,
    /// What happened, where and why, with the remote side's own code and correlation id where there is one.
    pub message: String,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
    /// Whether trying again can help.
    pub retry: Retry,
}

impl StepError {
    /// The remote side failed for good.
    pub fn remote(message: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::Remote,
            message: message.into(),
            hint: None,
            retry: Retry::No,
        }
    }

    /// The remote side failed in a way that passes.
    pub fn passing(message: impl Into<String>) -> Self {
        Self {
            retry: Retry::Soon,
            ..Self::remote(message)
        }
    }

    /// The person stopped it.
    pub fn interrupted() -> Self {
        Self {
            kind: ErrorKind::Interrupted,
            message: "stopped on request".into(),
            hint: None,
            retry: Retry::No,
        }
    }

    /// A defect.
    pub fn internal(message: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::Internal,
            ..Self::remote(message)
        }
    }

    /// Something in the spec, or what it names, is wrong.
    pub fn spec(message: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::Spec,
            ..Self::remote(message)
        }
    }

    /// Says what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
