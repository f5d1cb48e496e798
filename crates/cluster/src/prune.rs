//! What goes: objects of ours that nobody desires any more, after everything else is ready, and, when the cluster
//! ends, what holds something outside it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use hoist_deploy::{LABEL_COMPONENT, Object, ObjectId, needs, prunable};
use hoist_model::{Draft, Key, Reason, Risk, Step, Verb};

use crate::desired::Desired;
use crate::observe::Seen;
use crate::op::Op;
use crate::plan::key;

/// The groups that ship with Kubernetes: objects of other groups may stand for anything, data included.
const BUILTIN: [&str; 14] = [
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "autoscaling",
    "batch",
    "coordination.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
];

fn is_custom(id: &ObjectId) -> bool {
    !BUILTIN.contains(&&*id.group)
}

/// What is lost with an object, if it is more than the object.
fn risk(id: &ObjectId) -> Risk {
    let lost = match (&*id.group, &*id.kind) {
        ("", "Namespace") => "everything in the namespace".to_owned(),
        ("", "PersistentVolumeClaim" | "PersistentVolume") => "the data on the volume".to_owned(),
        ("", "Secret") => "its values, unless they are kept elsewhere".to_owned(),
        ("apps", "StatefulSet") => "what its pods hold".to_owned(),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => "every object of its kind".to_owned(),
        ("apps", _) => return Risk::Downtime("its pods stop".to_owned()),
        ("", "Service") => return Risk::Downtime("its address goes".to_owned()),
        ("cert-manager.io", _) => return Risk::None,
        _ if is_custom(id) => "what its controller holds for it".to_owned(),
        _ => return Risk::None,
    };
    Risk::Destructive(lost)
}

/// Deletes of what is ours and not desired: each after what needs it, all after the rest of the plan.
pub(crate) fn orphans(desired: &Desired, seen: &Seen, after: &BTreeSet<Key>) -> Vec<Step<Op>> {
    let mut orphans: BTreeMap<ObjectId, Object> = BTreeMap::new();
    for (id, live) in seen.snapshot.ours() {
        if !desired.objects.contains_key(id)
            && prunable(live, &desired.discriminator).is_ok()
            && live["metadata"]["deletionTimestamp"].is_null()
            && let Ok(object) = Object::new(live.clone())
        {
            orphans.insert(id.clone(), object);
        }
    }
    let objects: Vec<Object> = orphans.values().cloned().collect();
    // What a needs, is needed by a: it goes after a.
    let mut waits: BTreeMap<ObjectId, BTreeSet<ObjectId>> = BTreeMap::new();
    for (id, needed) in needs(&objects) {
        for need in needed {
            waits.entry(need).or_default().insert(id.clone());
        }
    }
    // Controllers clean up behind custom objects, so these go first.
    let custom: BTreeSet<ObjectId> = orphans.keys().filter(|id| is_custom(id)).cloned().collect();
    for id in orphans.keys().filter(|id| matches!(&*id.group, "apps" | "batch")) {
        waits.entry(id.clone()).or_default().extend(custom.iter().cloned());
    }
    let step = |(id, object): (&ObjectId, &Object)| {
        let component = object.label(LABEL_COMPONENT).unwrap_or("hoist").to_owned();
        let because = match desired.part(&component) {
            Some(_) => format!("no longer in component {component}"),
            None => format!("component {component} is no longer wanted"),
        };
        let waits = waits.get(id).into_iter().flatten().map(key);
        Step::new(
            key(id),
            Verb::Delete,
            Op::Prune(id.clone()),
            Reason::NotDesired { because },
        )
        .needs(waits.chain(after.iter().cloned()))
        .risk(risk(id))
        .group(component)
    };
    orphans.iter().map(step).collect()
}

/// The end of the cluster: what its controllers hold outside goes while they still run, nothing else singly.
pub(crate) fn ending(seen: Option<&Seen>) -> Draft<Op> {
    let holding = seen.map_or(&[][..], |seen| &seen.holding);
    let step = |(id, what): &(ObjectId, String)| {
        let reason = Reason::Asked {
            word: "destroy".to_owned(),
        };
        Step::new(key(id), Verb::Delete, Op::Release(id.clone()), reason).risk(Risk::Destructive(what.clone()))
    };
    Draft {
        steps: holding.iter().map(step).collect(),
        blocked: Vec::new(),
    }
}
