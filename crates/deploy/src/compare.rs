//! How a live object stands against a desired one, with at most one dry run.

use std::time::Duration;

use futures::stream::{self, StreamExt};
use serde_json::Value;

use crate::apply::may_overwrite;
use crate::fields::owned_as_desired;
use crate::{Api, DeployError, FieldChange, Live, Object, ObjectId, Passing, Snapshot, diff};

/// Dry runs in flight: what a small API server takes without queueing.
const IN_FLIGHT: usize = 32;
const TRIES: u32 = 3;

/// How an object stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// It does not exist.
    Absent,
    /// It is as desired.
    Unchanged,
    /// These fields would change.
    Changed(Vec<FieldChange>),
    /// An object of this name exists and is not ours.
    Foreign,
    /// The change would be refused: a conflict, a field that cannot change, an invalid value.
    Refused(DeployError),
    /// It could not be compared.
    Unknown(String),
}

/// Compares one object with what was seen of it.
pub async fn compare(api: &Api, desired: &Object, live: Live<'_>) -> Comparison {
    let live = match live {
        Live::Absent => return Comparison::Absent,
        Live::Foreign => return Comparison::Foreign,
        Live::Unknown(why) => return Comparison::Unknown(why.to_owned()),
        Live::Ours(live) if owned_as_desired(live, desired) => return Comparison::Unchanged,
        Live::Ours(live) => live,
    };
    let mut tries = 0;
    loop {
        tries += 1;
        match api.apply(desired, true, false).await {
            Ok(after) => {
                let changes = diff(desired.id(), live, &after);
                return if changes.is_empty() {
                    Comparison::Unchanged
                } else {
                    Comparison::Changed(changes)
                };
            }
            Err(DeployError::Conflict { conflicts, id }) => {
                if !conflicts.iter().all(|conflict| may_overwrite(&conflict.manager)) {
                    return Comparison::Refused(DeployError::Conflict { conflicts, id });
                }
                let change = |field: &str| overwritten(&id, field, live, desired.body());
                return Comparison::Changed(conflicts.iter().map(|conflict| change(&conflict.field)).collect());
            }
            Err(error) => match error.passing() {
                Passing::No => return Comparison::Refused(error),
                _ if tries >= TRIES => return Comparison::Unknown(error.to_string()),
                Passing::Soon => tokio::time::sleep(Duration::from_millis(150 * u64::from(tries))).await,
                Passing::After(delay) => tokio::time::sleep(delay.min(Duration::from_secs(5))).await,
            },
        }
    }
}

/// A field that a person's tool has taken and an apply takes back. Its values are told where its path is plain.
fn overwritten(id: &ObjectId, field: &str, live: &Value, desired: &Value) -> FieldChange {
    let path = field.trim_start_matches('.').to_owned();
    let hidden = id.is_secret();
    let plain = !path.contains('[') && !hidden;
    let value = |body: &Value| {
        let found = body
            .pointer(&format!("/{}", path.replace('.', "/")))
            .filter(|_| plain)?;
        Some(found.as_str().map_or_else(|| found.to_string(), str::to_owned))
    };
    FieldChange {
        old: value(live),
        new: value(desired),
        path,
        hidden,
    }
}

/// Compares many, in their order.
pub async fn compare_all(api: &Api, desired: &[Object], snapshot: &Snapshot) -> Vec<(ObjectId, Comparison)> {
    // Futures made in a loop, not by a closure over references: the compiler cannot see that the latter are Send.
    let mut comparing = Vec::with_capacity(desired.len());
    for object in desired {
        comparing.push(compare(api, object, snapshot.get(object.id())));
    }
    let found: Vec<Comparison> = stream::iter(comparing).buffered(IN_FLIGHT).collect().await;
    desired.iter().map(|object| object.id().clone()).zip(found).collect()
}
