//! What to do. Pure: desired and observed go in, steps with needs, reasons, risks and prices come out.

mod dns;
mod imports;
mod servers;
mod shared;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use shared::material;

use hoist_model::{Blocked, Draft, Key, Reason, Risk, Step, Verb};

use crate::desired::Desired;
use crate::observe::{Observed, Unseen};
use crate::op::Op;

/// The plan of this phase.
pub(crate) fn plan(desired: &Desired, observed: &Observed) -> Draft<Op> {
    let mut draft = Draft::default();
    if let Some(unseen) = observed.blind() {
        // One cause, said once.
        draft.blocked.push(cannot_see(Key::new("hetzner", "api"), unseen));
        return draft;
    }
    if desired.imports.is_empty() {
        let servers = servers::plan(desired, observed, &mut draft);
        shared::plan(desired, observed, &servers, &mut draft);
        dns::plan(desired, observed, &servers, &mut draft);
    } else {
        imports::plan(desired, observed, &mut draft);
    }
    draft
}

/// What the rest of the plan must know of the servers' part.
pub(crate) struct ServersPlan {
    /// New servers come, and root's key must be there first.
    pub(crate) births: bool,
    /// Servers that go, or that cannot be seen: what they use must outlast them.
    pub(crate) leaving: Vec<Key>,
}

fn cannot_see(key: Key, unseen: &Unseen) -> Blocked {
    Blocked {
        key,
        why: unseen.why.clone(),
        hint: unseen.hint.clone(),
    }
}

/// Something that is not ours has a name of ours.
fn name_taken(key: Key, kind: &str, name: &str, id: u64, import: Option<&str>) -> Blocked {
    Blocked {
        key,
        why: format!(
            "{} {kind} named {name} (id {id}) exists in this Hetzner project and does not belong to this cluster",
            article(kind)
        ),
        hint: Some(match import {
            Some(machine) => {
                format!("it is not touched; rename one of the two, or take it over with `hoist import {machine}`")
            }
            None => format!("it is not touched; rename or delete that {kind}, or give the cluster another name"),
        }),
    }
}

pub(crate) fn article(kind: &str) -> &'static str {
    if kind.starts_with("ssh") { "an" } else { "a" }
}

/// A thing of ours that goes.
fn removal(key: Key, op: Op, reason: Reason, lost: String) -> Step<Op> {
    Step::new(key, Verb::Delete, op, reason).risk(Risk::Destructive(lost))
}

/// Why something of ours goes.
fn unwanted(desired: &Desired, otherwise: &str) -> Reason {
    if desired.destroy {
        Reason::Asked { word: "destroy".into() }
    } else {
        Reason::NotDesired {
            because: otherwise.to_owned(),
        }
    }
}
