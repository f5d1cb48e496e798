//! The Nodes, as k3s's kubelet registers them.

use std::net::IpAddr;

use k8s_openapi::api::core::v1::Node;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt as _};
use serde_json::{Value, json};

use super::config::port;
use super::error::Error;
use super::kwok;
use super::ranges::stand_in;
use crate::seams::K3sNode;

/// Who writes the Nodes.
const MANAGER: &str = "k3s";

/// Registers a node: it is not ready until a CNI is there.
pub(crate) async fn register(client: &kube::Client, node: &K3sNode, boot_id: &str) -> Result<(), Error> {
    let api: Api<Node> = Api::all(client.clone());
    let doing = || format!("registering the node {}", node.name);
    let exists = api.get_opt(&node.name).await.map_err(Error::api(doing()))?.is_some();
    let mut object = object(node);
    if !exists && !node.taints.is_empty() {
        // Taints are for the registration only, as with the kubelet.
        object["spec"]["taints"] = taints(node)?;
    }
    if exists {
        api.patch(&node.name, &PatchParams::default(), &Patch::Merge(&object))
            .await
            .map_err(Error::api(doing()))?;
    } else {
        let new: Node = serde_json::from_value(object).map_err(|error| Error::Config(error.to_string()))?;
        let params = kube::api::PostParams {
            field_manager: Some(MANAGER.to_owned()),
            ..Default::default()
        };
        api.create(&params, &new).await.map_err(Error::api(doing()))?;
    }
    let status = Patch::Merge(json!({ "status": status(node, boot_id) }));
    api.patch_status(&node.name, &PatchParams::default(), &status)
        .await
        .map_err(Error::api(doing()))?;
    Ok(())
}

/// Says that the node's CNI works; nothing of a node that goes down meanwhile.
pub(crate) async fn mark_ready(client: &kube::Client, name: &str) -> Result<(), kube::Error> {
    let node = Api::<Node>::all(client.clone()).get(name).await?;
    let (key, value) = kwok::ANNOTATION;
    if node.annotations().get(key).is_none_or(|found| found != value) {
        return Ok(());
    }
    let network = condition(
        "NetworkUnavailable",
        "False",
        "CiliumIsUp",
        "Cilium is running on this node",
    );
    let ready = condition("Ready", "True", "KubeletReady", "kubelet is posting ready status");
    patch_conditions(client, name, json!([network, ready]), node.metadata.resource_version).await
}

/// Says that the node goes down, as the kubelet does at a graceful shutdown; kwok lets go of it.
pub(crate) async fn shut_down(client: &kube::Client, name: &str) -> Result<(), kube::Error> {
    let api: Api<Node> = Api::all(client.clone());
    if api.get_opt(name).await?.is_none() {
        return Ok(());
    }
    let (key, _) = kwok::ANNOTATION;
    let release = Patch::Merge(json!({ "metadata": { "annotations": { key: null } } }));
    api.patch(name, &PatchParams::default(), &release).await?;
    let down = condition("Ready", "False", "KubeletNotReady", "node is shutting down");
    patch_conditions(client, name, json!([down]), None).await
}

/// True when the node's Ready condition is True.
pub(crate) fn is_ready(node: &Node) -> bool {
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_ref());
    conditions.is_some_and(|all| all.iter().any(|c| c.type_ == "Ready" && c.status == "True"))
}

/// With a version, a node that has changed since is left alone.
async fn patch_conditions(
    client: &kube::Client,
    name: &str,
    conditions: Value,
    version: Option<String>,
) -> Result<(), kube::Error> {
    let api: Api<Node> = Api::all(client.clone());
    let mut patch = json!({ "status": { "conditions": conditions } });
    if let Some(version) = version {
        patch["metadata"] = json!({ "resourceVersion": version });
    }
    // Strategic: conditions merge by type.
    let patch = Patch::Strategic(patch);
    api.patch_status(name, &PatchParams::default(), &patch).await.map(drop)
}

fn object(node: &K3sNode) -> Value {
    let name = &node.name;
    let mut labels = json!({
        "beta.kubernetes.io/arch": node.architecture,
        "beta.kubernetes.io/instance-type": "k3s",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": node.architecture,
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": "k3s",
    });
    if node.server {
        labels["node-role.kubernetes.io/control-plane"] = "true".into();
        labels["node-role.kubernetes.io/etcd"] = "true".into();
    }
    for (key, value) in &node.labels {
        labels[key] = value.as_str().into();
    }
    let (key, value) = kwok::ANNOTATION;
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": labels,
            "annotations": {
                "k3s.io/hostname": name,
                "k3s.io/internal-ip": internal(node).to_string(),
                "k3s.io/external-ip": node.address.to_string(),
                key: value,
            },
        },
        "spec": { "providerID": format!("k3s://{name}") },
    })
}

fn taints(node: &K3sNode) -> Result<Value, Error> {
    let taint = |text: &String| {
        let (rest, effect) = text.rsplit_once(':')?;
        let (key, value) = rest.split_once('=').unwrap_or((rest, ""));
        Some(json!({ "key": key, "value": value, "effect": effect }))
    };
    node.taints
        .iter()
        .map(|text| {
            taint(text).ok_or_else(|| Error::Node {
                node: node.name.clone(),
                why: format!("the taint {text:?} is not of the form KEY=VALUE:EFFECT"),
            })
        })
        .collect()
}

fn status(node: &K3sNode, boot_id: &str) -> Value {
    let resources = json!({ "cpu": "4", "memory": "8Gi", "ephemeral-storage": "80Gi", "pods": "110" });
    let machine = uuid::Uuid::new_v4().simple().to_string();
    json!({
        "addresses": [
            { "type": "InternalIP", "address": internal(node).to_string() },
            { "type": "ExternalIP", "address": node.address.to_string() },
            { "type": "Hostname", "address": node.name },
        ],
        "capacity": resources,
        "allocatable": resources,
        "conditions": [
            condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            condition(
                "Ready",
                "False",
                "KubeletNotReady",
                "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady \
                 message:Network plugin returns error: cni plugin not initialized",
            ),
        ],
        "daemonEndpoints": { "kubeletEndpoint": { "Port": port::KUBELET } },
        "nodeInfo": {
            "architecture": node.architecture,
            "bootID": boot_id,
            "containerRuntimeVersion": "containerd://2.2.1-k3s1",
            "kernelVersion": "6.12.0",
            "kubeProxyVersion": "",
            "kubeletVersion": node.version,
            "machineID": machine,
            "operatingSystem": "linux",
            "osImage": "NixOS 26.05",
            "systemUUID": machine,
        },
    })
}

/// The Node's internal address. A host without a private network has its public one; as that is loopback here and
/// pods of the host's network get it too, something outside of loopback stands for it.
fn internal(node: &K3sNode) -> IpAddr {
    stand_in(node.internal_address.unwrap_or(node.address))
}

fn condition(kind: &str, status: &str, reason: &str, message: &str) -> Value {
    let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    json!({
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastHeartbeatTime": now,
        "lastTransitionTime": now,
    })
}
