//! Plans kept in a file, to be looked at by others and carried out later.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::plan::VERSION;
use crate::{AppError, Plan, PlanStep};

/// A saved plan: the plan, and nothing secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SavedPlan(Plan);

impl SavedPlan {
    /// Keeps a plan.
    pub fn new(plan: Plan) -> Self {
        Self(plan)
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a plan is plain data");
        text.push('\n');
        text
    }

    /// Reads the text of a file.
    pub fn parse(text: &str) -> Result<Self, AppError> {
        let saved: Self = serde_json::from_str(text).map_err(|error| AppError::Unreadable(error.to_string()))?;
        if saved.0.version != VERSION {
            return Err(AppError::Unreadable(format!(
                "it has version {}, this hoist reads version {VERSION}",
                saved.0.version
            )));
        }
        Ok(saved)
    }

    /// Refuses a fresh plan that holds a step which the saved one lacks, or the same step for another reason. A
    /// subset goes on: what was done in between is not missed.
    pub fn check(&self, fresh: &Plan) -> Result<(), AppError> {
        if self.0.cluster != fresh.cluster {
            return Err(AppError::Stale(vec![format!(
                "it was made for cluster {}, this is {}",
                self.0.cluster, fresh.cluster
            )]));
        }
        let known: BTreeSet<String> = self.0.steps.iter().map(fingerprint).collect();
        let new: Vec<String> = fresh
            .steps
            .iter()
            .filter(|step| step.verb.changes() && !known.contains(&fingerprint(step)))
            .map(|step| format!("{} {} ({})", step.verb, step.key, step.why))
            .collect();
        if new.is_empty() {
            Ok(())
        } else {
            Err(AppError::Stale(new))
        }
    }
}

fn fingerprint(step: &PlanStep) -> String {
    format!("{} {} {}", step.verb, step.key, step.why)
}
