//! One step of a plan: what is done to which thing, why, after what, and at which risk.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Key, Reason};

/// What a step does to its thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verb {
    /// Makes it.
    Create,
    /// Changes it in place.
    Update,
    /// Removes it and makes it anew.
    Replace,
    /// Removes it.
    Delete,
    /// Waits until it is ready, and changes nothing.
    Await,
}

impl Verb {
    /// Whether the step changes anything.
    pub fn changes(self) -> bool {
        self != Self::Await
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Delete => "delete",
            Self::Await => "await",
        })
    }
}

impl std::str::FromStr for Verb {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "create" => Self::Create,
            "update" => Self::Update,
            "replace" => Self::Replace,
            "delete" => Self::Delete,
            "await" => Self::Await,
            _ => {
                return Err(format!("`{text}` is not one of create, update, replace, delete, await"));
            }
        })
    }
}

/// What a step may cost beyond money.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "level", content = "what")]
pub enum Risk {
    /// Nothing that anyone would notice.
    #[default]
    None,
    /// Something is out of service for a while; says what and about how long.
    Downtime(String),
    /// Something is lost for good; says what. It takes its own word: the typed name, or `--allow VERB:KEY`.
    Destructive(String),
}

/// List prices a month in euro cents (net), before and after a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    /// Before, in euro cents a month.
    pub before_cents: u64,
    /// After, in euro cents a month.
    pub after_cents: u64,
}

/// One step. The op names keys and never holds a body: bodies, and with them secrets, live in `Desired` alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step<Op> {
    /// The thing. One plan holds at most one step a key.
    pub key: Key,
    /// Steps that must be done first. A key without a step in the plan is met already.
    pub needs: Vec<Key>,
    /// What is done.
    pub verb: Verb,
    /// The phase's own operation.
    pub op: Op,
    /// Why.
    pub reason: Reason,
    /// At which risk.
    pub risk: Risk,
    /// What changes in list price, where it does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cost: Option<Cost>,
    /// The heading it stands under for a person: a component's or a machine's name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub group: Option<String>,
    /// Parts of it are known only after other steps are done (an address, say). It is shown, and planned again
    /// before it is carried out.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub provisional: bool,
}

impl<Op> Step<Op> {
    /// A step without needs, risk, cost or group.
    pub fn new(key: Key, verb: Verb, op: Op, reason: Reason) -> Self {
        Self {
            key,
            needs: Vec::new(),
            verb,
            op,
            reason,
            risk: Risk::None,
            cost: None,
            group: None,
            provisional: false,
        }
    }

    /// Adds needs.
    #[must_use]
    pub fn needs(mut self, needs: impl IntoIterator<Item = Key>) -> Self {
        self.needs.extend(needs);
        self
    }

    /// Sets the risk.
    #[must_use]
    pub fn risk(mut self, risk: Risk) -> Self {
        self.risk = risk;
        self
    }

    /// Sets the group.
    #[must_use]
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// Sets the cost.
    #[must_use]
    pub fn cost(mut self, cost: Cost) -> Self {
        self.cost = Some(cost);
        self
    }

    /// Marks it as provisional.
    #[must_use]
    pub fn provisional(mut self, provisional: bool) -> Self {
        self.provisional = provisional;
        self
    }

    /// Whether it takes a word of its own before it is carried out.
    pub fn destructive(&self) -> bool {
        matches!(self.risk, Risk::Destructive(_))
    }

    /// The same step with another op: how `app` puts the phases' ops into one enum.
    pub fn map<T>(self, f: impl FnOnce(Op) -> T) -> Step<T> {
        Step {
            key: self.key,
            needs: self.needs,
            verb: self.verb,
            op: f(self.op),
            reason: self.reason,
            risk: self.risk,
            cost: self.cost,
            group: self.group,
            provisional: self.provisional,
        }
    }
}
