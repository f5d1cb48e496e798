//! Why an object is not ready, from what lies behind it: a workload's pods and their events, a certificate's
//! request and challenge. Asked only when a wait has failed.

use serde_json::Value;

use crate::call::query;
use crate::readiness::pod_says;
use crate::{Api, Kind, Readiness, readiness};

/// The cause behind an object that is not ready, where one can be found.
pub async fn explain(api: &Api, live: &Value) -> Option<String> {
    let namespace = live["metadata"]["namespace"].as_str();
    match live["kind"].as_str()? {
        "Deployment" | "DaemonSet" | "StatefulSet" | "ReplicaSet" | "Job" => workload(api, live, namespace?).await,
        "Pod" => event_of(api, namespace?, live["metadata"]["name"].as_str()?, false).await,
        "Certificate" => certificate(api, live, namespace?).await,
        _ => None,
    }
}

async fn list(api: &Api, group: &str, kind: &str, namespace: &str, selector: &str) -> Option<Vec<Value>> {
    let resource = api.kinds().resource(&Kind::new(group, kind), None)?.clone();
    Some(api.list(&resource, Some(namespace), selector).await.ok()?.items)
}

async fn workload(api: &Api, live: &Value, namespace: &str) -> Option<String> {
    let labels = live["spec"]["selector"]["matchLabels"].as_object()?;
    let pairs: Vec<String> = labels
        .iter()
        .filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)))
        .collect();
    let selector = format!("labelSelector={}", query(&pairs.join(",")));
    let pods = list(api, "", "Pod", namespace, &selector).await?;
    // A pod that could not start says more than one that was not scheduled.
    let mut stuck: Vec<&Value> = pods.iter().filter(|pod| readiness(pod) != Readiness::Ready).collect();
    stuck.sort_by_key(|pod| pod["status"]["containerStatuses"].is_null());
    let Some(pod) = stuck.first() else {
        return event_of(api, namespace, live["metadata"]["name"].as_str()?, true).await;
    };
    let name = pod["metadata"]["name"].as_str()?;
    let says = pod_says(pod);
    Some(match event_of(api, namespace, name, false).await {
        Some(event) if !says.contains(&event) => format!("pod {name}: {says}; {event}"),
        _ => format!("pod {name}: {says}"),
    })
}

/// The last warning about an object, or about those whose names begin with its (a Deployment's ReplicaSets).
async fn event_of(api: &Api, namespace: &str, name: &str, and_children: bool) -> Option<String> {
    let selector = format!("fieldSelector={}", query("type=Warning"));
    let events = list(api, "", "Event", namespace, &selector).await?;
    let about = |event: &&Value| {
        let object = event["involvedObject"]["name"].as_str().unwrap_or_default();
        object == name || (and_children && object.strip_prefix(name).is_some_and(|rest| rest.starts_with('-')))
    };
    let time = |event: &&Value| {
        ["lastTimestamp", "eventTime"]
            .iter()
            .find_map(|field| event[field].as_str())
            .unwrap_or_default()
            .to_owned()
    };
    let last = events.iter().filter(about).max_by_key(time)?;
    let text = |field: &str| last[field].as_str().unwrap_or_default().trim().to_owned();
    Some(format!("{}: {}", text("reason"), text("message")))
}

async fn certificate(api: &Api, live: &Value, namespace: &str) -> Option<String> {
    let name = live["metadata"]["name"].as_str()?;
    let mut chain = Vec::new();
    let requests = list(api, "cert-manager.io", "CertificateRequest", namespace, "").await?;
    let ours = |request: &&Value| request["metadata"]["annotations"]["cert-manager.io/certificate-name"] == name;
    if let Some(request) = requests.iter().rfind(ours)
        && let Readiness::InProgress(why) | Readiness::Failed(why) = readiness(request)
    {
        chain.push(format!(
            "request {}: {why}",
            request["metadata"]["name"].as_str().unwrap_or("?")
        ));
    }
    let challenges = list(api, "acme.cert-manager.io", "Challenge", namespace, "")
        .await
        .unwrap_or_default();
    for challenge in &challenges {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (dns, state) = (text(&challenge["spec"]["dnsName"]), text(&challenge["status"]["state"]));
        chain.push(format!(
            "challenge for {dns} is {state}: {}",
            text(&challenge["status"]["reason"])
        ));
    }
    (!chain.is_empty()).then(|| chain.join("; "))
}
