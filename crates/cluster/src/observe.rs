//! What exists in the cluster: one list call a kind, and for what may differ one dry run an object.

use std::collections::BTreeMap;
use std::sync::Arc;

use hoist_deploy::{Api, Comparison, Inventory, Kind, Kinds, Live, Object, ObjectId, Snapshot, compare_all};
use hoist_model::{Goal, Lookup};
use serde_json::Value;

use crate::desired::Desired;

/// The annotation that kwok's nodes carry: their pods run nothing.
const SIMULATED: &str = "kwok.x-k8s.io/node";

/// What was seen: absent when there is no cluster yet, unknown when there is one that does not answer.
pub struct Observed {
    pub(crate) seen: Lookup<Seen>,
}

/// What was seen of a cluster that answers.
pub(crate) struct Seen {
    pub(crate) snapshot: Snapshot,
    pub(crate) inventory: Inventory,
    pub(crate) kinds: Arc<Kinds>,
    /// Filled by `compare`.
    pub(crate) comparisons: BTreeMap<ObjectId, Comparison>,
    /// Every node is one of kwok's.
    pub(crate) simulated: bool,
    /// Objects that hold something outside the cluster, with what that is; looked for only when it is to end.
    pub(crate) holding: Vec<(ObjectId, String)>,
}

impl Observed {
    pub(crate) fn nothing() -> Self {
        Self { seen: Lookup::Absent }
    }

    pub(crate) fn unknown(why: String) -> Self {
        Self {
            seen: Lookup::Unknown(why.into()),
        }
    }
}

/// Looks at the inventory, at what it names, and at the Secrets, whose revisions the desired state goes on from.
pub(crate) async fn observe(api: &Api, discriminator: &str, goal: Goal) -> Result<Seen, String> {
    let kinds = api.discover().await.map_err(|error| error.to_string())?;
    let mut snapshot = Snapshot::new(discriminator);
    let first = [Kind::new("", "ConfigMap"), Kind::new("", "Secret")].map(|kind| (kind, Some("v1".to_owned())));
    snapshot.look(api, &first.into()).await;
    let inventory = Inventory::read(&snapshot, discriminator);
    let holding = if matches!(goal, Goal::Destroy { .. }) {
        holding(api).await?
    } else {
        snapshot.look(api, &inventory.kinds()).await;
        Vec::new()
    };
    let simulated = simulated(api).await.map_err(|error| error.to_string())?;
    Ok(Seen {
        snapshot,
        inventory,
        kinds,
        comparisons: BTreeMap::new(),
        simulated,
        holding,
    })
}

/// Whether there are nodes and all are kwok's.
pub(crate) async fn simulated(api: &Api) -> Result<bool, hoist_deploy::DeployError> {
    let nodes = list(api, "", "Node").await?;
    Ok(!nodes.is_empty() && nodes.iter().all(is_simulated))
}

/// Whether a Node is one of kwok's.
pub(crate) fn is_simulated(node: &Value) -> bool {
    let metadata = &node["metadata"];
    !metadata["annotations"][SIMULATED].is_null() || !metadata["labels"][SIMULATED].is_null()
}

/// All objects of a kind; none where it is not served.
pub(crate) async fn list(api: &Api, group: &str, kind: &str) -> Result<Vec<Value>, hoist_deploy::DeployError> {
    let kinds = api.kinds();
    match kinds.resource(&Kind::new(group, kind), None) {
        Some(resource) => Ok(api.list(resource, None, "").await?.items),
        None => Ok(Vec::new()),
    }
}

/// Load balancers and cloud volumes outlive a cluster whose controllers are gone: what holds them goes first.
async fn holding(api: &Api) -> Result<Vec<(ObjectId, String)>, String> {
    const PROVISIONER: &str = "volume.kubernetes.io/storage-provisioner";
    let gateway = "gateway.networking.k8s.io";
    let mut found = Vec::new();
    for (group, kind) in [("", "Service"), (gateway, "Gateway"), ("", "PersistentVolumeClaim")] {
        for item in list(api, group, kind).await.map_err(|error| error.to_string())? {
            let what = match kind {
                "Service" if item["spec"]["type"] == "LoadBalancer" => "its load balancer and address",
                "Gateway" => "its load balancer and address",
                "PersistentVolumeClaim" if item["metadata"]["annotations"][PROVISIONER] == "csi.hetzner.cloud" => {
                    "its volume and the data on it"
                }
                _ => continue,
            };
            let metadata = &item["metadata"];
            let name = metadata["name"].as_str().unwrap_or_default();
            found.push((
                ObjectId::new(group, kind, metadata["namespace"].as_str(), name),
                what.to_owned(),
            ));
        }
    }
    found.sort();
    Ok(found)
}

/// Lists the kinds that were not listed yet and compares each desired object.
pub(crate) async fn compare(api: &Api, desired: &Desired, mut seen: Seen) -> Seen {
    let objects: Vec<Object> = desired.objects.values().map(|entry| entry.object.clone()).collect();
    seen.snapshot
        .look(api, &Inventory::default().with(&objects).kinds())
        .await;
    seen.comparisons = compare_all(api, &objects, &seen.snapshot).await.into_iter().collect();
    seen
}

impl Seen {
    /// How a desired object stands. Without a comparison nothing is known of it.
    pub(crate) fn comparison(&self, id: &ObjectId) -> Comparison {
        let none = || Comparison::Unknown("it was not compared".to_owned());
        self.comparisons.get(id).cloned().unwrap_or_else(none)
    }

    /// The live body of an object of ours.
    pub(crate) fn live(&self, id: &ObjectId) -> Option<&Value> {
        match self.snapshot.get(id) {
            Live::Ours(body) => Some(body),
            _ => None,
        }
    }
}
