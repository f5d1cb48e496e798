//! The status of one thing, for `hoist status`.

use serde::Serialize;

/// How one thing stands against what is desired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "state", content = "what")]
pub enum Status {
    /// As desired, and ready.
    Ready,
    /// As desired, not ready: says what it waits for.
    NotReady(String),
    /// It differs from what is desired.
    Drifted(String),
    /// It does not exist.
    Missing,
    /// It exists and is not desired.
    Extra,
    /// It could not be looked at.
    Unknown(String),
}
