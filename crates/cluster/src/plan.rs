//! What to do: desired against observed, object by object, with a gate where a component must be ready first. Pure.

use std::collections::{BTreeMap, BTreeSet};

use hoist_deploy::{
    Comparison, DeployError, Kind, LABEL_DISCRIMINATOR, ObjectId, Readiness, immediate, kubectl, readiness,
};
use hoist_model::{Blocked, Draft, FieldChange, Key, Lookup, Reason, Step, Verb};

use crate::desired::{Desired, Part, ungated};
use crate::observe::{Observed, Seen};
use crate::op::Op;
use crate::{prune, revision};

/// The key of an object in plans.
pub(crate) fn key(id: &ObjectId) -> Key {
    Key::new(id.of().to_string(), id.place())
}

/// What to do.
pub(crate) fn plan(desired: &Desired, observed: &Observed) -> Draft<Op> {
    let seen = match &observed.seen {
        Lookup::Present(seen) => Some(seen),
        Lookup::Absent => None,
        Lookup::Unknown(why) => {
            let hint = if desired.ending {
                "bring the API server back, or give up on what it holds outside: hoist destroy --abandon-cluster"
            } else {
                "see on a server that k3s runs: hoist ssh MACHINE -- systemctl status k3s"
            };
            return Draft {
                steps: Vec::new(),
                blocked: vec![Blocked {
                    key: Key::new("cluster", desired.discriminator.clone()),
                    why: why.to_string(),
                    hint: Some(hint.to_owned()),
                }],
            };
        }
    };
    if desired.ending {
        return prune::ending(seen);
    }
    let mut draft = Draft::default();
    let mut planned: BTreeMap<&ObjectId, Step<Op>> = BTreeMap::new();
    for id in &desired.order {
        let decision = match seen {
            None => decide(id, Comparison::Absent),
            Some(seen) if leaving(seen, id) => anew(id),
            Some(seen) => decide(id, seen.comparison(id)),
        };
        match decision {
            Decision::Nothing => {}
            Decision::Step(step) => {
                let step = step
                    .group(desired.objects[id].component.clone())
                    .provisional(seen.is_none());
                planned.insert(id, step);
            }
            Decision::Blocked(blocked) => draft.blocked.push(blocked),
        }
    }
    let touched: BTreeSet<Key> = planned
        .values()
        .map(|step| step.key.clone())
        .chain(draft.blocked.iter().map(|b| b.key.clone()))
        .collect();
    let gates: Vec<Gate> = desired
        .components
        .iter()
        .map(|part| gate(part, seen, &touched))
        .collect();
    let gate_of: BTreeMap<&str, &Gate> = desired
        .components
        .iter()
        .zip(&gates)
        .map(|(part, gate)| (part.name.as_str(), gate))
        .collect();
    // Component by component, as a person reads them; what needs what decides the rest.
    for (part, gate) in desired.components.iter().zip(&gates) {
        draft.steps.extend(gate.preflight.clone());
        for id in desired
            .order
            .iter()
            .filter(|id| desired.objects[*id].component == part.name)
        {
            let Some(step) = planned.remove(id) else { continue };
            let mut needs: BTreeSet<Key> = desired.objects[id].needs.iter().map(key).collect();
            needs.retain(|key| touched.contains(key));
            if !ungated(id) {
                let others = part.needs.iter().filter_map(|name| gate_of.get(name.as_str()));
                needs.extend(others.flat_map(|gate| gate.keys.iter().cloned()));
            }
            needs.extend(gate.preflight.iter().map(|step| step.key.clone()));
            draft.steps.push(step.needs(needs));
        }
        draft.steps.extend(gate.step.clone());
    }
    if let Some(seen) = seen {
        let after: BTreeSet<Key> = gates.iter().flat_map(|gate| gate.keys.iter().cloned()).collect();
        draft.steps.extend(prune::orphans(desired, seen, &after));
        draft.blocked.extend(seen.snapshot.unknown().map(|(kind, why)| Blocked {
            key: Key::new("kind", kind.to_string()),
            why: why.to_owned(),
            hint: Some(look_at(kind)),
        }));
    }
    draft
}

enum Decision {
    Nothing,
    Step(Step<Op>),
    Blocked(Blocked),
}

/// What to do about an object of this name that is not ours.
pub(crate) fn hand_over(id: &ObjectId) -> String {
    format!(
        "to hand it over: {} {LABEL_DISCRIMINATOR}=…, else rename or delete one of the two",
        kubectl("label", id)
    )
}

/// What to do where the API server could not say how objects of a kind stand.
pub(crate) fn look_at(kind: &Kind) -> String {
    format!("see whether this answers, then plan again: kubectl get {kind} -A")
}

/// Whether it is desired and somebody is deleting it.
fn leaving(seen: &Seen, id: &ObjectId) -> bool {
    seen.live(id)
        .is_some_and(|live| !live["metadata"]["deletionTimestamp"].is_null())
}

fn anew(id: &ObjectId) -> Decision {
    let cause = "it is being deleted: it is made anew once it is gone".to_owned();
    Decision::Step(Step::new(
        key(id),
        Verb::Create,
        Op::Replace(id.clone()),
        Reason::FollowsFrom { cause },
    ))
}

fn decide(id: &ObjectId, comparison: Comparison) -> Decision {
    let apply = |verb, reason| Decision::Step(Step::new(key(id), verb, Op::Apply(id.clone()), reason));
    let blocked = |why: String, hint: Option<String>| {
        Decision::Blocked(Blocked {
            key: key(id),
            why,
            hint,
        })
    };
    match comparison {
        Comparison::Unchanged => Decision::Nothing,
        Comparison::Absent => apply(Verb::Create, Reason::Missing),
        Comparison::Changed(fields) => apply(Verb::Update, changed(id, fields)),
        // A namespace is a place. One that others made is good enough, and stays theirs.
        Comparison::Foreign if id.kind == "Namespace" && id.group.is_empty() => Decision::Nothing,
        Comparison::Foreign => blocked(
            "an object of this name exists and does not belong to this cluster's hoist".to_owned(),
            Some(hand_over(id)),
        ),
        Comparison::Refused(DeployError::Immutable { .. }) if id.of().is("batch", "Job") => {
            let cause = "a Job cannot be changed once it runs: it is made anew and runs again".to_owned();
            Decision::Step(Step::new(
                key(id),
                Verb::Replace,
                Op::Replace(id.clone()),
                Reason::FollowsFrom { cause },
            ))
        }
        Comparison::Refused(error) => blocked(error.to_string(), error.hint()),
        Comparison::Unknown(why) => blocked(why, Some(look_at(&id.of()))),
    }
}

/// A change as plans and statuses tell it.
pub(crate) fn field(change: hoist_deploy::FieldChange) -> FieldChange {
    FieldChange {
        path: change.path,
        old: change.old,
        new: change.new,
        hidden: change.hidden,
    }
}

fn changed(id: &ObjectId, fields: Vec<hoist_deploy::FieldChange>) -> Reason {
    let fields = fields.into_iter().map(field).collect();
    let (shown, secrets) = revision::part(id, fields);
    match secrets.first() {
        Some(secret) if shown.is_empty() => Reason::SecretChanged {
            secret: secret.to_string(),
        },
        _ => Reason::Changed { fields: shown },
    }
}

/// What the dependents of a component wait for, and the step that waits, if one is needed.
struct Gate {
    keys: Vec<Key>,
    step: Option<Step<Op>>,
    /// What is tried before the component's objects are applied.
    preflight: Option<Step<Op>>,
}

/// Whether a component's readiness depends on this object. An aggregated API has no backend where pods run nothing.
pub(crate) fn awaited(id: &ObjectId, simulated: bool) -> bool {
    !(immediate(&id.of()) || simulated && id.of().is("apiregistration.k8s.io", "APIService"))
}

fn gate(part: &Part, seen: Option<&Seen>, touched: &BTreeSet<Key>) -> Gate {
    let own: Vec<Key> = part.ids.iter().map(key).filter(|key| touched.contains(key)).collect();
    let simulated = seen.is_some_and(|seen| seen.simulated);
    let mut awaited = part.ids.iter().filter(|id| awaited(id, simulated)).peekable();
    if awaited.peek().is_none() {
        let preflight = preflight(part, seen).filter(|_| !own.is_empty());
        return Gate {
            keys: own,
            step: None,
            preflight,
        };
    }
    let waiting = seen.and_then(|seen| awaited.find_map(|id| Some(format!("{id}: {}", not_ready(seen, id)?))));
    let reason = match (own.is_empty(), waiting) {
        (true, None) => {
            return Gate {
                keys: Vec::new(),
                step: None,
                preflight: None,
            };
        }
        (true, Some(waiting_for)) => Reason::NotReady { waiting_for },
        (false, _) => Reason::FollowsFrom {
            cause: "its objects change".to_owned(),
        },
    };
    let preflight = preflight(part, seen);
    let ready = Key::ready(&part.name);
    let step = Step::new(ready.clone(), Verb::Await, Op::Await(part.name.clone()), reason)
        .needs(own)
        .needs(preflight.iter().map(|step| step.key.clone()))
        .group(part.name.clone())
        .provisional(seen.is_none());
    Gate {
        keys: vec![ready],
        step: Some(step),
        preflight,
    }
}

fn preflight(part: &Part, seen: Option<&Seen>) -> Option<Step<Op>> {
    let preflight = part.preflight.as_ref()?;
    let reason = Reason::FollowsFrom {
        cause: format!("{}: {} relies on it", preflight.what(), part.name),
    };
    let key = Key::new("preflight", part.name.clone());
    let op = Op::Preflight(part.name.clone());
    Some(
        Step::new(key, Verb::Await, op, reason)
            .group(part.name.clone())
            .provisional(seen.is_none()),
    )
}

/// Why an object that exists is not ready.
pub(crate) fn not_ready(seen: &Seen, id: &ObjectId) -> Option<String> {
    match readiness(seen.live(id)?) {
        Readiness::Ready => None,
        Readiness::InProgress(why) | Readiness::Failed(why) => Some(why),
    }
}
