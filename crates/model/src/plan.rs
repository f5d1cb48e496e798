//! What one phase wants to do: steps, and what it cannot plan yet.

use serde::{Deserialize, Serialize};

use crate::{Key, Step};

/// Something that could not be planned, and what stands in its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Blocked {
    /// The thing.
    pub key: Key,
    /// What stands in the way, for a person: what was seen, and where.
    pub why: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
}

/// A phase's part of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Draft<Op> {
    /// What to do.
    pub steps: Vec<Step<Op>>,
    /// What cannot be done now. A draft with any is never "nothing to do".
    pub blocked: Vec<Blocked>,
}

impl<Op> Default for Draft<Op> {
    fn default() -> Self {
        Self {
            steps: Vec::new(),
            blocked: Vec::new(),
        }
    }
}

impl<Op> Draft<Op> {
    /// The same draft with other ops.
    pub fn map<T>(self, mut f: impl FnMut(Op) -> T) -> Draft<T> {
        Draft {
            steps: self.steps.into_iter().map(|step| step.map(&mut f)).collect(),
            blocked: self.blocked,
        }
    }
}
