//! `hoist verify`, inside the cluster: does what was deployed do its work? Asked of the cluster now, by conditions,
//! never by the word Running; what cannot be told here is skipped with its reason.

use std::collections::BTreeMap;
use std::time::Duration;

use hoist_deploy::{
    Api, DeployError, Inventory, Live, Object, ObjectId, Readiness, Snapshot, explain, kubectl, readiness,
};
use hoist_model::{At, Check, Diagnostics, Lookup};
use serde_json::Value;

use crate::component::Catalog;
use crate::desired::{Desired, Entry};
use crate::observe::{is_simulated, list};
use crate::phase::ClusterPhase;
use crate::plan::{hand_over, look_at};

/// What is said of whatever a controller would do, where pods run nothing.
const SIMULATED: &str = "the nodes are simulated: their pods run nothing";
/// For finding the cause behind one object that is not ready.
const EXPLAINING: Duration = Duration::from_secs(5);

impl<C: Catalog> ClusterPhase<C> {
    /// Checks the cluster. `nodes` are the names that its Nodes shall have.
    pub async fn checks(&self, at: &At<'_, C::Spec>, nodes: &[String]) -> Result<Vec<Check>, Diagnostics> {
        use hoist_model::Phase;
        let access = match &at.facts.cluster {
            Lookup::Present(access) => access,
            Lookup::Absent => {
                let hint = Some("hoist apply".to_owned());
                return Ok(vec![Check::fail(
                    "cluster",
                    "the API server answers",
                    "there is no cluster yet",
                    hint,
                )]);
            }
            Lookup::Unknown(why) => return Ok(vec![unreachable(&why.to_string())]),
        };
        let api = match self.api(access).await {
            Ok(api) => api,
            Err(error) => return Ok(vec![unreachable(&error.to_string())]),
        };
        let inputs = self.gather(at).await?;
        let observed = self.observe(at).await;
        let desired = self.desired(at, &inputs, &observed)?;
        Ok(match all(&api, &desired, nodes).await {
            Ok(mut checks) => {
                checks.insert(
                    0,
                    Check::pass("cluster", "the API server answers", access.server.clone()),
                );
                checks
            }
            Err(error) => vec![unreachable(&error.to_string())],
        })
    }
}

fn unreachable(why: &str) -> Check {
    Check::fail(
        "cluster",
        "the API server answers",
        why,
        Some("see on a server that k3s runs: hoist ssh MACHINE -- systemctl status k3s".to_owned()),
    )
}

async fn all(api: &Api, desired: &Desired, wanted: &[String]) -> Result<Vec<Check>, DeployError> {
    let nodes = list(api, "", "Node").await?;
    let simulated = !nodes.is_empty() && nodes.iter().all(is_simulated);
    let objects: Vec<Object> = desired.objects.values().map(|entry| entry.object.clone()).collect();
    let mut snapshot = Snapshot::new(&desired.discriminator);
    snapshot.look(api, &Inventory::default().with(&objects).kinds()).await;
    let mut checks: Vec<Check> = wanted.iter().map(|name| node(name, &nodes)).collect();
    if desired.part("cilium").is_some() {
        checks.push(datapath(&nodes, simulated));
    }
    for (id, entry) in &desired.objects {
        if let Some(area) = area(id) {
            checks.push(object(api, area, id, entry, snapshot.get(id), simulated).await);
        }
    }
    checks.sort_by_key(|check| AREAS.iter().position(|area| *area == check.area));
    Ok(checks)
}

const AREAS: [&str; 9] = [
    "cluster",
    "nodes",
    "network",
    "workloads",
    "definitions",
    "apis",
    "secrets",
    "issuers",
    "certificates",
];

/// The area of a check on an object; none for objects that do no work of their own.
fn area(id: &ObjectId) -> Option<&'static str> {
    Some(match (&*id.group, &*id.kind) {
        ("apps", "Deployment" | "DaemonSet" | "StatefulSet") | ("batch", "Job") => "workloads",
        ("apiextensions.k8s.io", "CustomResourceDefinition") => "definitions",
        ("apiregistration.k8s.io", "APIService") => "apis",
        ("", "Secret") => "secrets",
        ("cert-manager.io", "Issuer" | "ClusterIssuer") => "issuers",
        ("cert-manager.io", "Certificate") => "certificates",
        _ => return None,
    })
}

fn condition<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    object["status"]["conditions"]
        .as_array()?
        .iter()
        .find(|condition| condition["type"] == name)
}

fn node(name: &str, nodes: &[Value]) -> Check {
    let title = format!("node {name} is Ready");
    let Some(node) = nodes.iter().find(|node| node["metadata"]["name"] == name) else {
        let hint = Some(format!("hoist ssh {name} -- systemctl status k3s"));
        return Check::fail("nodes", title, "it is not registered", hint);
    };
    match readiness(node) {
        Readiness::Ready => {
            let version = node["status"]["nodeInfo"]["kubeletVersion"].as_str().unwrap_or("?");
            Check::pass("nodes", title, version)
        }
        Readiness::InProgress(why) | Readiness::Failed(why) => Check::fail(
            "nodes",
            title,
            why,
            Some("without its network plugin a node is not Ready: see cilium".to_owned()),
        ),
    }
}

/// Cilium tells the Node when its agent has taken over the network.
fn datapath(nodes: &[Value], simulated: bool) -> Check {
    let title = "Cilium carries the pods' traffic on each node";
    if simulated {
        return Check::skip("network", title, SIMULATED);
    }
    let up = |node: &&Value| {
        condition(node, "NetworkUnavailable")
            .is_some_and(|condition| condition["status"] == "False" && condition["reason"] == "CiliumIsUp")
    };
    let name = |node: &Value| node["metadata"]["name"].as_str().unwrap_or("?").to_owned();
    let down: Vec<String> = nodes.iter().filter(|node| !up(node)).map(name).collect();
    if down.is_empty() {
        return Check::pass("network", title, format!("{} nodes say CiliumIsUp", nodes.len()));
    }
    let hint = Some("kubectl -n kube-system logs -l k8s-app=cilium".to_owned());
    Check::fail("network", title, format!("not on {}", down.join(", ")), hint)
}

async fn object(api: &Api, area: &str, id: &ObjectId, entry: &Entry, live: Live<'_>, simulated: bool) -> Check {
    let title = match area {
        "secrets" => format!("{id} has its keys"),
        "definitions" => format!("{id} is established"),
        "workloads" | "apis" => format!("{id} is available"),
        _ => format!("{id} is Ready"),
    };
    let apply = || Some("hoist apply".to_owned());
    let live = match live {
        Live::Ours(live) => live,
        Live::Absent => return Check::fail(area, title, "it does not exist", apply()),
        Live::Foreign => {
            return Check::fail(
                area,
                title,
                "an object of this name exists and is not ours",
                Some(hand_over(id)),
            );
        }
        Live::Unknown(why) => return Check::fail(area, title, why, Some(look_at(&id.of()))),
    };
    if area == "secrets" {
        return secret(title, entry.object.body(), live);
    }
    // Its controller would have said something by now; where pods run nothing it never will.
    let silent = live["status"]["conditions"].is_null();
    if simulated && (area == "apis" || silent && matches!(area, "issuers" | "certificates")) {
        let real = matches!(readiness(live), Readiness::Ready);
        if !real || area != "apis" {
            return Check::skip(area, title, SIMULATED);
        }
    }
    match readiness(live) {
        Readiness::Ready if live["kind"] == "DaemonSet" && live["status"]["desiredNumberScheduled"] == 0 => {
            Check::fail(area, title, "it runs on no node", Some("kubectl get nodes".to_owned()))
        }
        Readiness::Ready if simulated && area == "workloads" => {
            Check::pass(area, title, format!("{}, on simulated nodes", evidence(live)))
        }
        Readiness::Ready => Check::pass(area, title, evidence(live)),
        Readiness::InProgress(why) | Readiness::Failed(why) => {
            let why = match tokio::time::timeout(EXPLAINING, explain(api, live)).await {
                Ok(Some(cause)) => format!("{why} ({cause})"),
                _ => why,
            };
            Check::fail(area, title, why, Some(kubectl("describe", id)))
        }
    }
}

fn secret(title: String, wanted: &Value, live: &Value) -> Check {
    let keys: BTreeMap<&String, &Value> = wanted["data"].as_object().into_iter().flatten().collect();
    let missing: Vec<&str> = keys
        .keys()
        .filter(|key| live["data"][key.as_str()].as_str().is_none_or(str::is_empty))
        .map(|key| key.as_str())
        .collect();
    if missing.is_empty() {
        let names: Vec<&str> = keys.keys().map(|key| key.as_str()).collect();
        return Check::pass("secrets", title, names.join(", "));
    }
    Check::fail(
        "secrets",
        title,
        format!("without {}", missing.join(", ")),
        Some("hoist apply".to_owned()),
    )
}

/// What there is to show for an object that is ready.
fn evidence(live: &Value) -> String {
    let number = |path: &str| live["status"][path].as_i64();
    let wanted = live["spec"]["replicas"].as_i64();
    match live["kind"].as_str().unwrap_or_default() {
        "Deployment" | "StatefulSet" => {
            format!(
                "{}/{} available",
                number("availableReplicas").unwrap_or(0),
                wanted.unwrap_or(1)
            )
        }
        "DaemonSet" => format!(
            "{}/{} available",
            number("numberAvailable").unwrap_or(0),
            number("desiredNumberScheduled").unwrap_or(0)
        ),
        "Job" => format!("{} succeeded", number("succeeded").unwrap_or(0)),
        "Certificate" => live["status"]["notAfter"]
            .as_str()
            .map_or_else(|| "Ready".to_owned(), |end| format!("valid until {end}")),
        kind => {
            let name = match kind {
                "CustomResourceDefinition" => "Established",
                "APIService" => "Available",
                _ => "Ready",
            };
            condition(live, name).map_or_else(
                || name.to_owned(),
                |condition| condition["reason"].as_str().unwrap_or(name).to_owned(),
            )
        }
    }
}
