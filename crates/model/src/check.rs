//! One check of `hoist verify`: what was asked, and what the evidence says.

use serde::Serialize;

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "result")]
pub enum Outcome {
    /// It holds.
    Pass,
    /// It does not hold.
    Fail {
        /// Why, with the object named.
        why: String,
        /// What to do next.
        #[serde(skip_serializing_if = "Option::is_none")]
        hint: Option<String>,
    },
    /// It cannot be told here, and is never counted as held.
    Skip {
        /// Why it cannot.
        why: String,
    },
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// The area: `nodes`, `workloads`, `certificates`, `secrets`, …
    pub area: String,
    /// What is checked: `node kube-control is Ready`.
    pub name: String,
    /// What was found.
    pub outcome: Outcome,
    /// The evidence in one line: `3/3 available`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

impl Check {
    /// A check that holds.
    pub fn pass(area: &str, name: impl Into<String>, evidence: impl Into<String>) -> Self {
        Self {
            area: area.into(),
            name: name.into(),
            outcome: Outcome::Pass,
            evidence: Some(evidence.into()),
        }
    }

    /// A check that does not hold.
    pub fn fail(area: &str, name: impl Into<String>, why: impl Into<String>, hint: Option<String>) -> Self {
        Self {
            area: area.into(),
            name: name.into(),
            outcome: Outcome::Fail { why: why.into(), hint },
            evidence: None,
        }
    }

    /// A check that cannot be told here.
    pub fn skip(area: &str, name: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            area: area.into(),
            name: name.into(),
            outcome: Outcome::Skip { why: why.into() },
            evidence: None,
        }
    }
}
