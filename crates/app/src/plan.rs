//! The plan over all phases, as a value: ordered, explained, with its prices.

use hoist_model::{Blocked, Cost, Key, PhaseName, Reason, Risk, Step, Verb};
use serde::{Deserialize, Serialize};

/// The version of the JSON form.
pub(crate) const VERSION: u32 = 1;

/// One step as people and files see it: all but the operation itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanStep {
    /// The phase it belongs to.
    pub phase: PhaseName,
    /// The thing.
    pub key: Key,
    /// What is done to it.
    pub verb: Verb,
    /// Why, typed.
    pub reason: Reason,
    /// Why, in words.
    pub why: String,
    /// At which risk.
    pub risk: Risk,
    /// Steps that come first.
    pub needs: Vec<Key>,
    /// What it changes in list price.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cost: Option<Cost>,
    /// The heading it stands under.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub group: Option<String>,
    /// Parts of it are known only after earlier steps.
    #[serde(default)]
    pub provisional: bool,
}

/// A plan: steps in an order that respects their needs, and what stands in the way of more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The version of this format.
    pub version: u32,
    /// The cluster.
    pub cluster: String,
    /// The steps.
    pub steps: Vec<PlanStep>,
    /// What could not be planned.
    pub blocked: Vec<Blocked>,
}

impl Plan {
    /// How many steps change something.
    pub fn changes(&self) -> usize {
        self.steps.iter().filter(|step| step.verb.changes()).count()
    }

    /// Whether there is nothing to do, nothing to wait for, and nothing in the way.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.blocked.is_empty()
    }

    /// List prices a month of everything that the plan touches, before and after.
    pub fn cost(&self) -> Cost {
        self.steps
            .iter()
            .filter_map(|step| step.cost)
            .fold(Cost::default(), |sum, cost| Cost {
                before_cents: sum.before_cents + cost.before_cents,
                after_cents: sum.after_cents + cost.after_cents,
            })
    }
}

pub(crate) fn step<Op>(phase: PhaseName, step: &Step<Op>) -> PlanStep {
    PlanStep {
        phase,
        key: step.key.clone(),
        verb: step.verb,
        reason: step.reason.clone(),
        why: step.reason.to_string(),
        risk: step.risk.clone(),
        needs: step.needs.clone(),
        cost: step.cost,
        group: step.group.clone(),
        provisional: step.provisional,
    }
}
