//! Whether one object is ready: a pure function of what the API server says of it.
//!
//! kstatus's rules, mended where they mislead: a started Job is not done, a failed Pod is not current, a
//! LoadBalancer's address is awaited, and a claim that waits for its first consumer holds nothing up.

use serde_json::Value;

use crate::Kind;

/// How far an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It is ready.
    Ready,
    /// It is on its way, or waits for something.
    InProgress(String),
    /// It has failed, and waiting will not help.
    Failed(String),
}

use Readiness::{Failed, InProgress, Ready};

/// Whether objects of a kind are ready as soon as they exist, so that nothing needs to be watched.
pub fn immediate(kind: &Kind) -> bool {
    match &*kind.group {
        "" => !matches!(
            &*kind.kind,
            "Pod" | "PersistentVolumeClaim" | "Service" | "Namespace" | "Node" | "ReplicationController"
        ),
        "apps" => kind.kind == "ControllerRevision",
        "batch" => kind.kind == "CronJob",
        "rbac.authorization.k8s.io"
        | "storage.k8s.io"
        | "scheduling.k8s.io"
        | "networking.k8s.io"
        | "policy"
        | "admissionregistration.k8s.io"
        | "autoscaling"
        | "coordination.k8s.io"
        | "discovery.k8s.io"
        | "node.k8s.io" => true,
        _ => false,
    }
}

/// How far an object is.
pub fn readiness(object: &Value) -> Readiness {
    if !object["metadata"]["deletionTimestamp"].is_null() {
        return InProgress("is being deleted".into());
    }
    let (group, _) = object["apiVersion"]
        .as_str()
        .and_then(|text| text.split_once('/'))
        .unwrap_or(("", ""));
    let kind = Kind::new(group, object["kind"].as_str().unwrap_or_default());
    if immediate(&kind) {
        return Ready;
    }
    let (spec, status) = (&object["spec"], &object["status"]);
    let generation = object["metadata"]["generation"].as_i64().unwrap_or_default();
    if let Some(seen) = status["observedGeneration"].as_i64()
        && seen < generation
    {
        return InProgress("its controller has not seen the last change yet".into());
    }
    match (&*kind.group, &*kind.kind) {
        ("apps", "Deployment") => deployment(spec, status),
        ("apps", "DaemonSet") => daemon_set(spec, status),
        ("apps", "StatefulSet") => stateful_set(spec, status),
        ("apps", "ReplicaSet") | ("", "ReplicationController") => count(
            "available",
            status["availableReplicas"].as_i64(),
            spec["replicas"].as_i64().unwrap_or(1),
        ),
        ("batch", "Job") => job(spec, status),
        ("", "Pod") => pod(object),
        ("", "Namespace") => phase(status, "Active"),
        ("", "PersistentVolumeClaim") => match status["phase"].as_str() {
            Some("Lost") => Failed("its volume is lost".into()),
            _ => Ready,
        },
        ("", "Service") => service(spec, status),
        ("", "Node") => by_condition(status, "Ready", generation),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => crd(status, generation),
        ("apiregistration.k8s.io", "APIService") if spec["service"].is_null() => Ready,
        ("apiregistration.k8s.io", "APIService") => by_condition(status, "Available", generation),
        ("cert-manager.io", "Certificate" | "Issuer" | "ClusterIssuer") => by_condition(status, "Ready", generation),
        ("gateway.networking.k8s.io", "Gateway") => by_condition(status, "Programmed", generation),
        ("gateway.networking.k8s.io", "GatewayClass") => by_condition(status, "Accepted", generation),
        _ => generic(status, generation),
    }
}

fn condition<'a>(status: &'a Value, name: &str) -> Option<&'a Value> {
    status["conditions"]
        .as_array()?
        .iter()
        .find(|condition| condition["type"] == name)
}

fn says(condition: &Value) -> String {
    let text = |field: &str| condition[field].as_str().unwrap_or_default().trim().to_owned();
    match (text("reason"), text("message")) {
        (reason, message) if message.is_empty() => reason,
        (reason, message) if reason.is_empty() => message,
        (reason, message) => format!("{reason}: {message}"),
    }
}

fn by_condition(status: &Value, name: &str, generation: i64) -> Readiness {
    let Some(condition) = condition(status, name) else {
        return InProgress(format!("nothing has said yet whether it is {name}"));
    };
    if condition["observedGeneration"]
        .as_i64()
        .is_some_and(|seen| seen < generation)
    {
        return InProgress("its controller has not seen the last change yet".into());
    }
    if condition["status"] == "True" {
        Ready
    } else {
        InProgress(format!("not {name}: {}", says(condition)))
    }
}

fn generic(status: &Value, generation: i64) -> Readiness {
    let is_true = |name: &str| condition(status, name).filter(|condition| condition["status"] == "True");
    if let Some(stalled) = is_true("Stalled") {
        return Failed(says(stalled));
    }
    if let Some(reconciling) = is_true("Reconciling") {
        return InProgress(says(reconciling));
    }
    if condition(status, "Ready").is_some() {
        by_condition(status, "Ready", generation)
    } else {
        Ready
    }
}

fn phase(status: &Value, wanted: &str) -> Readiness {
    match status["phase"].as_str() {
        Some(phase) if phase == wanted => Ready,
        Some(phase) => InProgress(format!("is {phase}")),
        None => InProgress(format!("is not {wanted} yet")),
    }
}

fn count(word: &str, is: Option<i64>, wanted: i64) -> Readiness {
    let is = is.unwrap_or_default();
    if is >= wanted {
        Ready
    } else {
        InProgress(format!("{is} of {wanted} pods {word}"))
    }
}

/// The first that is not ready, or ready.
fn all(steps: impl IntoIterator<Item = Readiness>) -> Readiness {
    steps.into_iter().find(|step| *step != Ready).unwrap_or(Ready)
}

fn unseen(status: &Value) -> Option<Readiness> {
    status["observedGeneration"]
        .is_null()
        .then(|| InProgress("its controller has not seen it yet".into()))
}

fn deployment(spec: &Value, status: &Value) -> Readiness {
    if let Some(unseen) = unseen(status) {
        return unseen;
    }
    if let Some(progressing) = condition(status, "Progressing")
        && progressing["status"] == "False"
        && progressing["reason"] == "ProgressDeadlineExceeded"
    {
        return Failed(says(progressing));
    }
    let replicas = spec["replicas"].as_i64().unwrap_or(1);
    let updated = status["updatedReplicas"].as_i64();
    let old = status["replicas"].as_i64().unwrap_or_default() - updated.unwrap_or_default();
    let progress = all([
        count("updated", updated, replicas),
        if old > 0 {
            InProgress(format!("{old} old pods still run"))
        } else {
            Ready
        },
        count("available", status["availableReplicas"].as_i64(), replicas),
    ]);
    match (progress, condition(status, "ReplicaFailure")) {
        (InProgress(_), Some(failure)) if failure["status"] == "True" => InProgress(says(failure)),
        (progress, _) => progress,
    }
}

fn daemon_set(spec: &Value, status: &Value) -> Readiness {
    if let Some(unseen) = unseen(status) {
        return unseen;
    }
    let wanted = status["desiredNumberScheduled"].as_i64().unwrap_or_default();
    let updated = match spec["updateStrategy"]["type"].as_str() {
        Some("OnDelete") => Ready,
        _ => count("updated", status["updatedNumberScheduled"].as_i64(), wanted),
    };
    all([updated, count("available", status["numberAvailable"].as_i64(), wanted)])
}

fn stateful_set(spec: &Value, status: &Value) -> Readiness {
    if let Some(unseen) = unseen(status) {
        return unseen;
    }
    let replicas = spec["replicas"].as_i64().unwrap_or(1);
    let partition = spec["updateStrategy"]["rollingUpdate"]["partition"]
        .as_i64()
        .unwrap_or_default();
    let updated = match spec["updateStrategy"]["type"].as_str() {
        Some("OnDelete") => Ready,
        _ => count(
            "updated",
            status["updatedReplicas"].as_i64(),
            (replicas - partition).max(0),
        ),
    };
    let ready = status["availableReplicas"]
        .as_i64()
        .or(status["readyReplicas"].as_i64());
    all([updated, count("available", ready, replicas)])
}

fn job(spec: &Value, status: &Value) -> Readiness {
    let is_true = |name: &str| condition(status, name).filter(|condition| condition["status"] == "True");
    if is_true("Complete").is_some() {
        return Ready;
    }
    if let Some(failed) = is_true("Failed") {
        return Failed(says(failed));
    }
    if spec["suspend"] == true {
        return InProgress("is suspended".into());
    }
    let wanted = spec["completions"].as_i64().unwrap_or(1);
    InProgress(format!(
        "{} of {wanted} pods succeeded",
        status["succeeded"].as_i64().unwrap_or_default()
    ))
}

fn service(spec: &Value, status: &Value) -> Readiness {
    let address = status["loadBalancer"]["ingress"]
        .as_array()
        .is_some_and(|ingress| !ingress.is_empty());
    if spec["type"] == "LoadBalancer" && !address {
        return InProgress("has no external address yet".into());
    }
    Ready
}

fn crd(status: &Value, generation: i64) -> Readiness {
    if let Some(names) = condition(status, "NamesAccepted")
        && names["status"] == "False"
    {
        return Failed(says(names));
    }
    by_condition(status, "Established", generation)
}

fn pod(object: &Value) -> Readiness {
    let status = &object["status"];
    match status["phase"].as_str() {
        Some("Succeeded") => Ready,
        Some("Failed") => Failed(pod_says(object)),
        _ if condition(status, "Ready").is_some_and(|ready| ready["status"] == "True") => Ready,
        _ => InProgress(pod_says(object)),
    }
}

/// Why a pod is not ready, in the words of its containers or the scheduler.
pub(crate) fn pod_says(pod: &Value) -> String {
    let status = &pod["status"];
    if let Some(scheduled) = condition(status, "PodScheduled")
        && scheduled["status"] == "False"
    {
        return says(scheduled);
    }
    for list in ["initContainerStatuses", "containerStatuses"] {
        for container in status[list].as_array().map_or(&[][..], Vec::as_slice) {
            let name = container["name"].as_str().unwrap_or("?");
            let waiting = &container["state"]["waiting"];
            let usual = matches!(
                waiting["reason"].as_str(),
                Some("PodInitializing" | "ContainerCreating")
            );
            if waiting.is_object() && !usual {
                return format!("container {name}: {}", says(waiting));
            }
            let ended = &container["state"]["terminated"];
            if ended["exitCode"].as_i64().is_some_and(|code| code != 0) {
                return format!(
                    "container {name} ended with exit code {}: {}",
                    ended["exitCode"],
                    says(ended)
                );
            }
        }
    }
    if let Some(ready) = condition(status, "Ready") {
        return format!("{}: {}", status["phase"].as_str().unwrap_or("Pending"), says(ready));
    }
    status["phase"].as_str().unwrap_or("Pending").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(api_version: &str, kind: &str, spec: Value, status: Value, expect: &str) {
        let object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a", "generation": 2}, "spec": spec, "status": status});
        let found = match readiness(&object) {
            Ready => "ready".to_owned(),
            InProgress(why) => format!("… {why}"),
            Failed(why) => format!("! {why}"),
        };
        assert_eq!(found, expect, "{object}");
    }

    fn cond(name: &str, status: &str, reason: &str, message: &str) -> Value {
        json!({"conditions": [{"type": name, "status": status, "reason": reason, "message": message}]})
    }

    #[test]
    fn deployments() {
        let check = |spec, status, expect| check("apps/v1", "Deployment", spec, status, expect);
        check(json!({}), json!({}), "… its controller has not seen it yet");
        check(
            json!({}),
            json!({"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}),
            "… its controller has not seen the last change yet",
        );
        check(
            json!({}),
            json!({"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}),
            "ready",
        );
        check(
            json!({"replicas": 2}),
            json!({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 1, "availableReplicas": 2}),
            "… 1 of 2 pods updated",
        );
        check(
            json!({"replicas": 2}),
            json!({"observedGeneration": 2, "replicas": 3, "updatedReplicas": 2, "availableReplicas": 3}),
            "… 1 old pods still run",
        );
        check(
            json!({"replicas": 2}),
            json!({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 1}),
            "… 1 of 2 pods available",
        );
        check(json!({"replicas": 0}), json!({"observedGeneration": 2}), "ready");
        let mut stuck = cond("Progressing", "False", "ProgressDeadlineExceeded", "timed out");
        stuck["observedGeneration"] = 2.into();
        check(json!({}), stuck, "! ProgressDeadlineExceeded: timed out");
        let mut quota = cond("ReplicaFailure", "True", "FailedCreate", "exceeded quota");
        quota["observedGeneration"] = 2.into();
        check(json!({}), quota, "… FailedCreate: exceeded quota");
    }

    #[test]
    fn daemon_and_stateful_sets() {
        check(
            "apps/v1",
            "DaemonSet",
            json!({}),
            json!({"observedGeneration": 2, "desiredNumberScheduled": 0}),
            "ready",
        );
        check(
            "apps/v1",
            "DaemonSet",
            json!({}),
            json!({"observedGeneration": 2, "desiredNumberScheduled": 2, "updatedNumberScheduled": 1, "numberAvailable": 2}),
            "… 1 of 2 pods updated",
        );
        check(
            "apps/v1",
            "DaemonSet",
            json!({"updateStrategy": {"type": "OnDelete"}}),
            json!({"observedGeneration": 2, "desiredNumberScheduled": 2, "numberAvailable": 2}),
            "ready",
        );
        check(
            "apps/v1",
            "DaemonSet",
            json!({}),
            json!({"observedGeneration": 2, "desiredNumberScheduled": 1, "updatedNumberScheduled": 1}),
            "… 0 of 1 pods available",
        );
        check(
            "apps/v1",
            "StatefulSet",
            json!({"replicas": 2}),
            json!({"observedGeneration": 2, "updatedReplicas": 2, "availableReplicas": 1}),
            "… 1 of 2 pods available",
        );
        check(
            "apps/v1",
            "StatefulSet",
            json!({"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 2}}}),
            json!({"observedGeneration": 2, "updatedReplicas": 1, "availableReplicas": 3}),
            "ready",
        );
    }

    #[test]
    fn jobs_and_pods() {
        check(
            "batch/v1",
            "Job",
            json!({}),
            json!({"active": 1}),
            "… 0 of 1 pods succeeded",
        );
        check("batch/v1", "Job", json!({}), cond("Complete", "True", "", ""), "ready");
        check(
            "batch/v1",
            "Job",
            json!({}),
            cond("Failed", "True", "BackoffLimitExceeded", "gave up"),
            "! BackoffLimitExceeded: gave up",
        );
        check("batch/v1", "Job", json!({"suspend": true}), json!({}), "… is suspended");
        check("batch/v1", "CronJob", json!({}), json!({}), "ready");
        check("v1", "Pod", json!({}), json!({"phase": "Succeeded"}), "ready");
        check(
            "v1",
            "Pod",
            json!({}),
            json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}),
            "ready",
        );
        check(
            "v1",
            "Pod",
            json!({}),
            json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}]}),
            "… Unschedulable: 0/1 nodes",
        );
        check(
            "v1",
            "Pod",
            json!({}),
            json!({"phase": "Pending", "containerStatuses": [{"name": "c", "state": {"waiting": {"reason": "ErrImagePull", "message": "no"}}}]}),
            "… container c: ErrImagePull: no",
        );
        check(
            "v1",
            "Pod",
            json!({}),
            json!({"phase": "Failed", "containerStatuses": [{"name": "c", "state": {"terminated": {"exitCode": 3, "reason": "Error"}}}]}),
            "! container c ended with exit code 3: Error",
        );
    }

    #[test]
    fn the_rest_of_the_core() {
        check("v1", "ConfigMap", json!({}), json!({}), "ready");
        check("v1", "Namespace", json!({}), json!({"phase": "Active"}), "ready");
        check(
            "v1",
            "Namespace",
            json!({}),
            json!({"phase": "Terminating"}),
            "… is Terminating",
        );
        check(
            "v1",
            "PersistentVolumeClaim",
            json!({}),
            json!({"phase": "Pending"}),
            "ready",
        );
        check(
            "v1",
            "PersistentVolumeClaim",
            json!({}),
            json!({"phase": "Lost"}),
            "! its volume is lost",
        );
        check("v1", "Service", json!({"type": "ClusterIP"}), json!({}), "ready");
        check(
            "v1",
            "Service",
            json!({"type": "LoadBalancer"}),
            json!({"loadBalancer": {}}),
            "… has no external address yet",
        );
        check(
            "v1",
            "Service",
            json!({"type": "LoadBalancer"}),
            json!({"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}}),
            "ready",
        );
    }

    #[test]
    fn extensions_answer_by_their_conditions() {
        let crd = |status| ("apiextensions.k8s.io/v1", "CustomResourceDefinition", json!({}), status);
        let run = |(api, kind, spec, status), expect| check(api, kind, spec, status, expect);
        run(crd(json!({})), "… nothing has said yet whether it is Established");
        run(crd(cond("Established", "True", "", "")), "ready");
        run(
            crd(cond("NamesAccepted", "False", "ListKindConflict", "taken")),
            "! ListKindConflict: taken",
        );
        let api = |spec, status| ("apiregistration.k8s.io/v1", "APIService", spec, status);
        run(api(json!({}), json!({})), "ready");
        run(
            api(
                json!({"service": {"name": "m"}}),
                cond("Available", "False", "MissingEndpoints", "none"),
            ),
            "… not Available: MissingEndpoints: none",
        );
        check(
            "cert-manager.io/v1",
            "ClusterIssuer",
            json!({}),
            json!({}),
            "… nothing has said yet whether it is Ready",
        );
        let stale = json!({"conditions": [{"type": "Ready", "status": "True", "observedGeneration": 1}]});
        check(
            "cert-manager.io/v1",
            "Certificate",
            json!({}),
            stale,
            "… its controller has not seen the last change yet",
        );
        check("example.com/v1", "Thing", json!({}), json!({}), "ready");
        check(
            "example.com/v1",
            "Thing",
            json!({}),
            cond("Stalled", "True", "Bad", "no"),
            "! Bad: no",
        );
        check(
            "example.com/v1",
            "Thing",
            json!({}),
            cond("Ready", "False", "Wait", "so"),
            "… not Ready: Wait: so",
        );
    }

    #[test]
    fn what_is_being_deleted_is_not_ready() {
        let object =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}});
        assert_eq!(readiness(&object), InProgress("is being deleted".into()));
    }
}
