//! Takes a Node out of the cluster before its machine goes: no new pods, the old ones evicted by their budgets, then the
//! Node itself.

use std::time::{Duration, Instant};

use hoist_model::{Outcome, Secret, StepCx, StepError};
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::ResourceExt;
use kube::api::{Api, DeleteParams, EvictParams, ListParams, Patch, PatchParams};
use serde_json::json;

use crate::api;

/// How long pods may take to leave.
const PATIENCE: Duration = Duration::from_secs(300);
/// Between two looks at what is still there.
const PAUSE: Duration = Duration::from_secs(1);

/// Cordons, drains and deletes a Node. One that is gone is fine.
pub(crate) async fn remove(kubeconfig: &Secret, name: &str, cx: &StepCx) -> Result<Outcome, StepError> {
    let client = api::client(kubeconfig).await.map_err(StepError::passing)?;
    let nodes: Api<Node> = Api::all(client.clone());
    cx.progress("keeping new pods away");
    let cordon = json!({ "spec": { "unschedulable": true } });
    let cordoned = cx.effect("cordon", async {
        match nodes.patch(name, &PatchParams::default(), &Patch::Merge(&cordon)).await {
            Ok(_) => Ok(true),
            Err(error) if is(&error, 404) => Ok(false),
            Err(error) => Err(StepError::passing(format!(
                "Node {name} could not be cordoned: {}",
                api::chain(&error)
            ))),
        }
    });
    if !cordoned.await? {
        return Ok(Outcome::unchanged());
    }
    cx.effect("drain", drain(&client, name, cx)).await?;
    cx.progress("deleting the Node");
    let deleted = cx.effect("delete", async {
        match nodes.delete(name, &DeleteParams::default()).await {
            Ok(_) => Ok(()),
            Err(error) if is(&error, 404) => Ok(()),
            Err(error) => Err(StepError::passing(format!(
                "Node {name} could not be deleted: {}",
                api::chain(&error)
            ))),
        }
    });
    deleted.await?;
    Ok(Outcome::done())
}

async fn drain(client: &kube::Client, node: &str, cx: &StepCx) -> Result<(), StepError> {
    let all: Api<Pod> = Api::all(client.clone());
    let there = ListParams::default().fields(&format!("spec.nodeName={node}"));
    let begun = Instant::now();
    let patience = PATIENCE.min(cx.remaining());
    loop {
        let pods = all
            .list(&there)
            .await
            .map_err(|error| StepError::passing(api::chain(&error)))?;
        let staying: Vec<Pod> = pods.items.into_iter().filter(must_leave).collect();
        let Some(first) = staying.first() else { return Ok(()) };
        let first = format!("{}/{}", first.namespace().unwrap_or_default(), first.name_any());
        cx.progress(&format!(
            "waiting for {} pods to leave, {first} among them",
            staying.len()
        ));
        if begun.elapsed() >= patience {
            let message = format!(
                "Node {node}: {} pods have not left after {} s, {first} among them",
                staying.len(),
                patience.as_secs()
            );
            return Err(StepError::remote(message)
                .hint("a PodDisruptionBudget may hold them: give its workload another replica elsewhere"));
        }
        for pod in staying.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none()) {
            let pods: Api<Pod> = Api::namespaced(client.clone(), &pod.namespace().unwrap_or_default());
            match pods.evict(&pod.name_any(), &EvictParams::default()).await {
                Ok(_) => {}
                // Gone already, or its budget says not yet: the next look tells.
                Err(error) if is(&error, 404) || is(&error, 429) => {}
                Err(error) => {
                    return Err(StepError::passing(format!(
                        "{first} could not be evicted: {}",
                        api::chain(&error)
                    )));
                }
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Pods of DaemonSets and of the kubelet itself go with the Node; those that have ended are no work.
fn must_leave(pod: &Pod) -> bool {
    let owned = pod
        .owner_references()
        .iter()
        .any(|owner| owner.kind == "DaemonSet" || owner.kind == "Node");
    let ended = pod
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref())
        .is_some_and(|phase| phase == "Succeeded" || phase == "Failed");
    !owned && !ended
}

fn is(error: &kube::Error, code: u16) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == code)
}
