//! Waiting: a Deployment becomes ready, one that cannot is explained, a failure ends the wait.

use std::time::{Duration, Instant};

use hoist_deploy::{Api, DeployError, Object, Wait, apply_one, wait_ready};
use serde_json::{Value, json};

use crate::server::{PATIENCE, client, connect, object, pods_become_ready, raw, soon};

async fn apply(api: &Api, name: &str, bodies: Vec<Value>) -> Vec<Object> {
    let mut objects = Vec::new();
    for body in bodies {
        let object = object(name, body);
        apply_one(api, &object, soon(), |_| {}).await.unwrap();
        objects.push(object);
    }
    objects
}

fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

fn deployment(namespace: &str, name: &str) -> Value {
    let template =
        json!({"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "x"}]}});
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": template}})
}

/// The name of a pod of a namespace, once there is one.
async fn some_pod(client: &kube::Client, namespace: &str) -> String {
    let path = format!("/api/v1/namespaces/{namespace}/pods");
    let look = async {
        loop {
            let pods = raw(client, "GET", &path, "application/json", json!({})).await;
            if let Some(pod) = pods["items"][0]["metadata"]["name"].as_str() {
                return pod.to_owned();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let found = tokio::time::timeout(PATIENCE, look).await;
    found.unwrap_or_else(|_| panic!("no pod in {namespace} within {PATIENCE:?}"))
}

#[tokio::test]
async fn deployments_become_ready_together() {
    let (api, name) = connect().await;
    let client = client().await;
    let objects = apply(
        &api,
        &name,
        vec![namespace(&name), deployment(&name, "a"), deployment(&name, "b")],
    )
    .await;
    let ids: Vec<_> = objects.iter().map(|object| object.id().clone()).collect();
    let selector = format!("hoist.dev/discriminator={name}");
    let mut heard = Vec::new();
    let wait = wait_ready(
        &api,
        Wait {
            ids: &ids,
            selector: &selector,
            deadline: soon(),
        },
        |still| {
            heard.push(
                still
                    .iter()
                    .map(|s| format!("{}: {}", s.id, s.reason))
                    .collect::<Vec<_>>(),
            );
        },
    );
    let kubelet = async {
        let mut ready = 0;
        while ready < 2 {
            ready += pods_become_ready(&client, &name).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let (waited, kubelet) = tokio::join!(wait, tokio::time::timeout(PATIENCE, kubelet));
    waited.unwrap();
    kubelet.expect("both Deployments have pods");
    assert!(
        heard
            .iter()
            .flatten()
            .any(|line| line.starts_with(&format!("Deployment.apps/{name}/a: "))),
        "{heard:?}"
    );
    assert_eq!(api.calls().of("watch"), 2, "one a kind");
}

#[tokio::test]
async fn a_deadline_names_each_object_and_its_cause() {
    let (api, name) = connect().await;
    let client = client().await;
    let objects = apply(&api, &name, vec![namespace(&name), deployment(&name, "a")]).await;
    let path = format!("/api/v1/namespaces/{name}/pods");
    let pod = some_pod(&client, &name).await;
    let waiting = json!([{"name": "c", "image": "x", "imageID": "", "ready": false, "restartCount": 0,
        "state": {"waiting": {"reason": "ErrImagePull", "message": "no such image"}}}]);
    let status = json!({"status": {"containerStatuses": waiting}});
    raw(
        &client,
        "PATCH",
        &format!("{path}/{pod}/status"),
        "application/strategic-merge-patch+json",
        status,
    )
    .await;
    let missing = "ServiceAccount/none/none".parse().unwrap();
    let ids = [objects[1].id().clone(), "Pod/default/none".parse().unwrap(), missing];
    let deadline = Instant::now() + Duration::from_secs(3);
    let error = wait_ready(
        &api,
        Wait {
            ids: &ids,
            selector: "",
            deadline,
        },
        |_| {},
    )
    .await
    .unwrap_err();
    let DeployError::Deadline { waiting, .. } = &error else {
        panic!("{error}")
    };
    let told: Vec<String> = waiting
        .iter()
        .map(|still| format!("{}: {}", still.id, still.reason))
        .collect();
    assert_eq!(
        told,
        [
            "Pod/default/none: does not exist".to_owned(),
            format!(
                "Deployment.apps/{name}/a: 0 of 1 pods available (pod {pod}: container c: ErrImagePull: no such image)"
            )
        ]
    );
}

#[tokio::test]
async fn a_failed_job_ends_the_wait() {
    let (api, name) = connect().await;
    let client = client().await;
    let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j", "namespace": name},
        "spec": {"backoffLimit": 0, "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "x"}]}}}});
    let objects = apply(&api, &name, vec![namespace(&name), job]).await;
    let ids = [objects[1].id().clone()];
    let wait = wait_ready(
        &api,
        Wait {
            ids: &ids,
            selector: "",
            deadline: soon(),
        },
        |_| {},
    );
    let kubelet = async {
        let pod = some_pod(&client, &name).await;
        let status = json!({"status": {"phase": "Failed"}});
        raw(
            &client,
            "PATCH",
            &format!("/api/v1/namespaces/{name}/pods/{pod}/status"),
            "application/strategic-merge-patch+json",
            status,
        )
        .await;
    };
    let (waited, ()) = tokio::join!(wait, kubelet);
    let error = waited.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with(&format!("Job.batch/{name}/j failed: BackoffLimitExceeded")),
        "{error}"
    );
}
