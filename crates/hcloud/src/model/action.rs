//! Actions: what the API does after it has answered.

use serde::{Deserialize, Serialize};

use super::nullable;
use super::open_enum::open_enum;

open_enum! {
    /// Where an action stands.
    ActionStatus {
        /// Not done yet.
        Running = "running",
        /// Done.
        Success = "success",
        /// It failed; see [`Action::error`].
        Error = "error",
    }
}

/// Why an action failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionFailure {
    /// The API's code, such as `action_failed`.
    #[serde(default, deserialize_with = "nullable")]
    pub code: String,
    /// The API's message.
    #[serde(default, deserialize_with = "nullable")]
    pub message: String,
}

/// What an action works on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Its id.
    pub id: u64,
    /// Its kind: `server`, `network`, …
    #[serde(rename = "type", default)]
    pub kind: String,
}

/// Something that the API does after it has answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Its id.
    pub id: u64,
    /// What it does: `create_server`, `attach_to_network`, …
    #[serde(default, deserialize_with = "nullable")]
    pub command: String,
    /// Where it stands.
    #[serde(default)]
    pub status: ActionStatus,
    /// How far it is, in per cent.
    #[serde(default, deserialize_with = "nullable")]
    pub progress: u8,
    /// What it works on.
    #[serde(default, deserialize_with = "nullable")]
    pub resources: Vec<Resource>,
    /// Why it failed.
    #[serde(default)]
    pub error: Option<ActionFailure>,
}

impl Action {
    /// Whether it has come to an end. A status that we do not know has not: it is polled on, under the deadline.
    pub fn finished(&self) -> bool {
        matches!(self.status, ActionStatus::Success | ActionStatus::Error)
    }
}
