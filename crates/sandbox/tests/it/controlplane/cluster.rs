//! What a cluster must do: answer, schedule, run, keep secrets, and know its nodes.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use hoist_sandbox::seams::Kubernetes as _;
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Namespace, Node, Secret};
use kube::api::PostParams;
use kube::{Api, ResourceExt as _};
use serde_json::json;

use super::harness::{RUNTIME, Up, agent, eventually, shared, up};

/// Cilium's agent as far as the control plane cares.
pub(crate) fn cilium() -> DaemonSet {
    let labels = json!({ "k8s-app": "cilium" });
    serde_json::from_value(json!({
        "metadata": { "name": "cilium", "namespace": "kube-system" },
        "spec": {
            "selector": { "matchLabels": labels },
            "template": {
                "metadata": { "labels": labels },
                "spec": {
                    "hostNetwork": true,
                    "tolerations": [{ "operator": "Exists" }],
                    "containers": [{ "name": "cilium-agent", "image": "quay.io/cilium/cilium:v1.20.0" }],
                },
            },
        },
    }))
    .expect("a DaemonSet")
}

/// Makes every node of a cluster ready as reality does: by Cilium.
pub(crate) async fn install_cilium(client: &kube::Client) {
    let api: Api<DaemonSet> = Api::namespaced(client.clone(), "kube-system");
    match api.create(&PostParams::default(), &cilium()).await {
        Ok(_) => {}
        Err(kube::Error::Api(status)) if status.code == 409 => {}
        Err(error) => panic!("installing cilium: {error}"),
    }
}

pub(crate) fn ready(node: &Node) -> String {
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions
        .filter(|c| c.type_ == "Ready")
        .map(|c| c.status.clone())
        .collect()
}

#[test]
fn kubectl_reaches_the_cluster_with_the_file_on_the_host() {
    let Up {
        node,
        kubeconfig,
        state,
        ..
    } = RUNTIME.block_on(shared());
    let file = node.root.join("etc/rancher/k3s/k3s.yaml");
    assert_eq!(&std::fs::read_to_string(&file).unwrap(), kubeconfig);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(kubeconfig.contains("server: https://127.0.0.1:6443"), "{kubeconfig}");
    let outside = state.join("outside.yaml");
    std::fs::write(&outside, kubeconfig.replace("127.0.0.1", &node.address.to_string())).unwrap();
    let kubectl = super::harness::tools().find("kubectl").unwrap();
    let output = Command::new(kubectl)
        .args(["get", "--raw", "/version", "--kubeconfig"])
        .arg(&outside)
        .env("HOME", state)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("v1.36.3"),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_node_is_registered_as_k3s_does_and_ready_with_cilium_only() {
    RUNTIME.block_on(async {
        let up = up("node", |_| ()).await;
        let api: Api<Node> = Api::all(up.client.clone());
        let node = api.get("control").await.unwrap();
        let labels = node.labels();
        for (key, value) in [
            ("node-role.kubernetes.io/control-plane", "true"),
            ("kubernetes.io/hostname", "control"),
            ("kubernetes.io/arch", "amd64"),
            ("node.kubernetes.io/instance-type", "k3s"),
            ("example.com/pool", "control"),
        ] {
            assert_eq!(labels.get(key).map(String::as_str), Some(value), "{key}");
        }
        let status = node.status.clone().unwrap();
        assert_eq!(status.node_info.unwrap().kubelet_version, "v1.36.3+k3s1");
        let addresses: Vec<_> = status
            .addresses
            .unwrap()
            .into_iter()
            .map(|a| (a.type_, a.address))
            .collect();
        assert!(
            addresses.contains(&("InternalIP".into(), "10.0.1.10".into())),
            "{addresses:?}"
        );
        assert!(
            addresses.contains(&("ExternalIP".into(), up.node.address.to_string())),
            "{addresses:?}"
        );

        // It gets its range of pods while it has no network yet.
        eventually("the node's range of pods", async || {
            api.get("control").await.ok()?.spec?.pod_cidr
        })
        .await;
        assert_eq!(ready(&api.get("control").await.unwrap()), "False");
        install_cilium(&up.client).await;
        eventually("the node to be ready", async || {
            (ready(&api.get("control").await.ok()?) == "True").then_some(())
        })
        .await;
        eventually("the taint to go", async || {
            api.get("control")
                .await
                .ok()?
                .spec?
                .taints
                .unwrap_or_default()
                .is_empty()
                .then_some(())
        })
        .await;
        up.plane.shutdown().await;
    });
}

#[test]
fn a_deployment_becomes_available_and_a_job_completes() {
    RUNTIME.block_on(async {
        let client = &shared().await.client;
        install_cilium(client).await;
        let template = |policy: &str| {
            json!({
                "metadata": { "labels": { "app": "web" } },
                "spec": { "restartPolicy": policy, "containers": [{ "name": "web", "image": "web:1" }] },
            })
        };
        let deployment: Deployment = serde_json::from_value(json!({
            "metadata": { "name": "web" },
            "spec": { "replicas": 2, "selector": { "matchLabels": { "app": "web" } }, "template": template("Always") },
        }))
        .unwrap();
        let deployments: Api<Deployment> = Api::namespaced(client.clone(), "default");
        deployments.create(&PostParams::default(), &deployment).await.unwrap();
        let job: Job = serde_json::from_value(json!({
            "metadata": { "name": "once" },
            "spec": { "template": template("Never") },
        }))
        .unwrap();
        let jobs: Api<Job> = Api::namespaced(client.clone(), "default");
        jobs.create(&PostParams::default(), &job).await.unwrap();

        eventually("two available replicas", async || {
            (deployments.get("web").await.ok()?.status?.available_replicas? == 2).then_some(())
        })
        .await;
        eventually("the job's end", async || {
            (jobs.get("once").await.ok()?.status?.succeeded? == 1).then_some(())
        })
        .await;

        deployments.delete("web", &Default::default()).await.unwrap();
        let pods: Api<k8s_openapi::api::core::v1::Pod> = Api::namespaced(client.clone(), "default");
        let of_web = kube::api::ListParams::default()
            .labels("app=web")
            .fields("status.phase=Running");
        eventually("its pods to go", async || {
            pods.list(&of_web).await.ok()?.items.is_empty().then_some(())
        })
        .await;
    });
}

#[test]
fn secrets_are_not_readable_in_etcds_files() {
    RUNTIME.block_on(async {
        let up = shared().await;
        let canary = format!("canary-{}", uuid::Uuid::new_v4());
        let named = |kind: &str| format!("{kind}-{canary}");
        let secrets: Api<Secret> = Api::namespaced(up.client.clone(), "default");
        let secret = json!({ "metadata": { "name": "canary" }, "stringData": { "value": named("secret") } });
        secrets
            .create(&PostParams::default(), &serde_json::from_value(secret).unwrap())
            .await
            .unwrap();
        let namespaces: Api<Namespace> = Api::all(up.client.clone());
        let open = json!({ "metadata": { "name": "open", "annotations": { "value": named("open") } } });
        namespaces
            .create(&PostParams::default(), &serde_json::from_value(open).unwrap())
            .await
            .unwrap();

        let read = secrets.get("canary").await.unwrap();
        assert_eq!(read.data.unwrap()["value"].0, named("secret").into_bytes());
        let etcd = up.state.join("k/etcd");
        // What is not secret is there as it was written: the search can find something.
        assert!(anywhere(&etcd, named("open").as_bytes()));
        assert!(!anywhere(&etcd, named("secret").as_bytes()));
    });
}

#[test]
fn an_agent_needs_a_token_of_the_cluster() {
    RUNTIME.block_on(async {
        let up = shared().await;
        let mut node = agent("worker", 11, up);
        node.token = "guessed".into();
        let error = up.plane.start(node.clone()).await.unwrap_err().to_string();
        assert!(
            error.contains("worker") && error.contains("token") && !error.contains("guessed"),
            "{error}"
        );
        let api: Api<Node> = Api::all(up.client.clone());
        assert!(api.get_opt("worker").await.unwrap().is_none());

        node.token = "K10abc::node:the-agents-token".into();
        assert_eq!(up.plane.start(node).await.unwrap(), None);
        let registered = api.get("worker").await.unwrap();
        assert!(
            !registered
                .labels()
                .contains_key("node-role.kubernetes.io/control-plane")
        );
        install_cilium(&up.client).await;
        eventually("the agent to be ready", async || {
            (ready(&api.get("worker").await.ok()?) == "True").then_some(())
        })
        .await;

        up.plane.stop("worker").await.unwrap();
        assert_eq!(ready(&api.get("worker").await.unwrap()), "False");
        up.plane.forget("worker").await.unwrap();
        api.delete("worker", &Default::default()).await.unwrap();
    });
}

fn anywhere(folder: &std::path::Path, needle: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return anywhere(&path, needle);
        }
        std::fs::read(&path)
            .unwrap_or_default()
            .windows(needle.len())
            .any(|part| part == needle)
    })
}
