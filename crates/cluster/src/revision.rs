//! Revisions of Secrets, so that what reads a Secret restarts when it changes, also after a crash between the two.
//!
//! Each desired Secret carries a number that grows when its data is about to change; each workload that reads it
//! carries the number in its pod template. The numbers say nothing of the values, and both sides come from what is
//! observed: a workload that missed its restart still carries the old number, and differs.

use std::collections::BTreeMap;

use hoist_deploy::{Live, MANAGER, Object, ObjectId, Snapshot};
use hoist_model::FieldChange;
use serde_json::Value;

/// On a Secret: how often its data has changed.
const REVISION: &str = "hoist.dev/revision";
/// On a pod template: the revisions of the Secrets that it reads, `name=revision`.
const READS: &str = "hoist.dev/secret-revisions";

/// Puts the revisions on. `snapshot` is what was seen of the cluster, if there is one.
pub(crate) fn stamp<'a>(objects: impl Iterator<Item = &'a mut Object>, snapshot: Option<&Snapshot>) {
    let mut objects: Vec<&mut Object> = objects.collect();
    let mut revisions: BTreeMap<ObjectId, u64> = BTreeMap::new();
    for secret in objects.iter_mut().filter(|object| object.id().is_secret()) {
        let revision = revision(secret, snapshot);
        secret.set_annotation(REVISION, &revision.to_string());
        revisions.insert(secret.id().clone(), revision);
    }
    for object in &mut objects {
        let namespace = object.id().namespace.clone();
        let read: Vec<String> = object
            .secrets_read()
            .into_iter()
            .filter_map(|name| {
                let revision = revisions.get(&ObjectId::new("", "Secret", namespace.as_deref(), &name))?;
                Some(format!("{name}={revision}"))
            })
            .collect();
        // A Job runs once with what it was given; its template cannot change anyway.
        if !read.is_empty() && object.id().kind != "Job" {
            object.set_pod_annotation(READS, &read.join(","));
        }
    }
}

fn revision(desired: &Object, snapshot: Option<&Snapshot>) -> u64 {
    let Some(Live::Ours(live)) = snapshot.map(|snapshot| snapshot.get(desired.id())) else {
        return 1;
    };
    let known = live["metadata"]["annotations"][REVISION]
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1);
    let none = serde_json::Map::new();
    let wanted = desired.body()["data"].as_object().unwrap_or(&none);
    let same = wanted.iter().all(|(key, value)| &live["data"][key] == value)
        && owned(live).iter().all(|key| wanted.contains_key(*key));
    if same { known } else { known + 1 }
}

/// The keys of a live Secret that are ours. A controller may keep keys of its own in it.
fn owned(live: &Value) -> Vec<&str> {
    let entries = live["metadata"]["managedFields"].as_array().into_iter().flatten();
    let ours = entries
        .filter(|entry| entry["manager"] == MANAGER)
        .filter_map(|entry| entry["fieldsV1"]["f:data"].as_object());
    ours.flat_map(|fields| fields.keys().filter_map(|key| key.strip_prefix("f:")))
        .collect()
}

/// Parts the changes of one object into those that a person shall see and the Secrets whose revision alone changed.
pub(crate) fn part(id: &ObjectId, fields: Vec<FieldChange>) -> (Vec<FieldChange>, Vec<ObjectId>) {
    let mut secrets = Vec::new();
    let shown = fields
        .into_iter()
        .filter(|field| {
            if field.path.contains(REVISION) {
                return false;
            }
            if !field.path.contains(READS) {
                return true;
            }
            let list = |text: &Option<String>| text.clone().unwrap_or_default();
            let old = list(&field.old);
            for entry in list(&field.new)
                .split(',')
                .filter(|entry| !old.split(',').any(|old| old == *entry))
            {
                if let Some((name, _)) = entry.split_once('=') {
                    secrets.push(ObjectId::new("", "Secret", id.namespace.as_deref(), name));
                }
            }
            false
        })
        .collect();
    (shown, secrets)
}
