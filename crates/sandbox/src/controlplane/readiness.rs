//! Makes a Node Ready once Cilium's agent runs on it: k3s without flannel has no network until then.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::runtime::watcher::{self, Event};
use kube::runtime::{WatchStreamExt as _, watcher as watch};
use kube::{Api, ResourceExt as _};

use super::{kwok, nodes};

/// The label of the agent's pods in Cilium's chart.
const AGENT: &str = "k8s-app=cilium";

/// Runs until it is aborted.
pub(crate) async fn run(client: kube::Client, wait_for_cni: bool) {
    // One is made an event and moved once: a box would cost more than the copy.
    #[expect(clippy::large_enum_variant)]
    enum Change {
        Pod(Event<Pod>),
        Node(Event<Node>),
    }
    let pods = watch(
        Api::<Pod>::all(client.clone()),
        watcher::Config::default().labels(AGENT),
    );
    let nodes = watch(Api::<Node>::all(client.clone()), watcher::Config::default());
    let mut changes = std::pin::pin!(futures::stream::select(
        pods.default_backoff().map_ok(Change::Pod),
        nodes.default_backoff().map_ok(Change::Node),
    ));
    let mut agents: BTreeMap<String, Arc<str>> = BTreeMap::new();
    let mut waiting: BTreeMap<String, bool> = BTreeMap::new();
    while let Some(change) = changes.next().await {
        match change {
            Ok(Change::Pod(Event::Init)) => agents.clear(),
            Ok(Change::Pod(Event::InitApply(pod) | Event::Apply(pod))) => match agent_of(&pod) {
                Some(node) => drop(agents.insert(key(&pod), node.into())),
                None => drop(agents.remove(&key(&pod))),
            },
            Ok(Change::Pod(Event::Delete(pod))) => drop(agents.remove(&key(&pod))),
            Ok(Change::Node(Event::Init)) => waiting.clear(),
            Ok(Change::Node(Event::InitApply(node) | Event::Apply(node))) => {
                waiting.insert(node.name_any(), is_ours(&node) && !nodes::is_ready(&node));
            }
            Ok(Change::Node(Event::Delete(node))) => drop(waiting.remove(&node.name_any())),
            Ok(Change::Pod(Event::InitDone) | Change::Node(Event::InitDone)) => {}
            // The watch begins again by itself.
            Err(error) => tracing::debug!(%error, "watching nodes and Cilium's agents"),
        }
        for (name, waits) in &mut waiting {
            if *waits && (!wait_for_cni || agents.values().any(|node| **node == **name)) {
                match nodes::mark_ready(&client, name).await {
                    Ok(()) => *waits = false,
                    Err(error) => tracing::debug!(%error, name, "marking the node ready"),
                }
            }
        }
    }
}

fn key(pod: &Pod) -> String {
    format!("{}/{}", pod.namespace().unwrap_or_default(), pod.name_any())
}

/// The node that a pod works on.
fn agent_of(pod: &Pod) -> Option<&str> {
    let running = pod.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Running");
    let node = pod.spec.as_ref()?.node_name.as_deref()?;
    (running && pod.metadata.deletion_timestamp.is_none()).then_some(node)
}

fn is_ours(node: &Node) -> bool {
    let (key, value) = kwok::ANNOTATION;
    node.annotations().get(key).is_some_and(|found| found == value)
}
