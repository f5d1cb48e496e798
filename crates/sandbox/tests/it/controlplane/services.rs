//! What the API server reaches through the egress proxy: aggregated APIs, Services, pods and kubelets.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Namespace, Pod, Service};
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::APIService;
use kube::Api;
use kube::api::{ListParams, LogParams, PostParams};
use serde_json::{Value, json};

use super::cluster::install_cilium;
use super::harness::{RUNTIME, eventually, shared};

/// Makes a namespace with a Deployment and a Service of one name.
async fn deploy(client: &kube::Client, name: &str, image: &str, port: u16) {
    install_cilium(client).await;
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let namespace = json!({ "metadata": { "name": name } });
    namespaces
        .create(&PostParams::default(), &serde_json::from_value(namespace).unwrap())
        .await
        .unwrap();
    let labels = json!({ "app": name });
    let deployment: Deployment = serde_json::from_value(json!({
        "metadata": { "name": name },
        "spec": {
            "selector": { "matchLabels": labels },
            "template": {
                "metadata": { "labels": labels },
                "spec": { "containers": [{
                    "name": "main",
                    "image": image,
                    "ports": [{ "name": "main", "containerPort": port }],
                }] },
            },
        },
    }))
    .unwrap();
    let api: Api<Deployment> = Api::namespaced(client.clone(), name);
    api.create(&PostParams::default(), &deployment).await.unwrap();
    let service: Service = serde_json::from_value(json!({
        "metadata": { "name": name },
        "spec": { "selector": labels, "ports": [{ "port": 443, "targetPort": "main" }] },
    }))
    .unwrap();
    let services: Api<Service> = Api::namespaced(client.clone(), name);
    services.create(&PostParams::default(), &service).await.unwrap();
    eventually("a pod", async || {
        (api.get(name).await.ok()?.status?.available_replicas? == 1).then_some(())
    })
    .await;
}

async fn get(client: &kube::Client, path: &str) -> Result<String, kube::Error> {
    client
        .request_text(http::Request::get(path).body(Vec::new()).unwrap())
        .await
}

#[test]
fn an_aggregated_api_answers_and_namespaces_can_be_deleted() {
    RUNTIME.block_on(async {
        let client = &shared().await.client;
        deploy(
            client,
            "metrics",
            "registry.k8s.io/metrics-server/metrics-server:v0.8.0",
            10250,
        )
        .await;
        let services: Api<APIService> = Api::all(client.clone());
        let service = json!({
            "metadata": { "name": "v1beta1.metrics.k8s.io" },
            "spec": {
                "group": "metrics.k8s.io",
                "version": "v1beta1",
                "groupPriorityMinimum": 100,
                "versionPriority": 100,
                "insecureSkipTLSVerify": true,
                "service": { "name": "metrics", "namespace": "metrics", "port": 443 },
            },
        });
        services
            .create(&PostParams::default(), &serde_json::from_value(service).unwrap())
            .await
            .unwrap();
        eventually("the API to be available", async || {
            let conditions = services.get("v1beta1.metrics.k8s.io").await.ok()?.status?.conditions?;
            conditions
                .iter()
                .any(|c| c.type_ == "Available" && c.status == "True")
                .then_some(())
        })
        .await;
        let text = get(client, "/apis/metrics.k8s.io/v1beta1/namespaces/metrics/pods")
            .await
            .unwrap();
        let metrics: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(metrics["items"][0]["containers"][0]["name"], "main", "{text}");
        let text = get(client, "/apis/metrics.k8s.io/v1beta1/nodes").await.unwrap();
        assert!(text.contains("\"control\""), "{text}");

        let namespaces: Api<Namespace> = Api::all(client.clone());
        let other = json!({ "metadata": { "name": "short-lived" } });
        namespaces
            .create(&PostParams::default(), &serde_json::from_value(other).unwrap())
            .await
            .unwrap();
        namespaces.delete("short-lived", &Default::default()).await.unwrap();
        eventually("the namespace to go", async || {
            namespaces.get_opt("short-lived").await.ok()?.is_none().then_some(())
        })
        .await;
        services
            .delete("v1beta1.metrics.k8s.io", &Default::default())
            .await
            .unwrap();
        namespaces.delete("metrics", &Default::default()).await.unwrap();
    });
}

#[test]
fn a_service_answers_through_the_api_servers_proxy_while_a_pod_runs() {
    RUNTIME.block_on(async {
        let client = &shared().await.client;
        deploy(client, "web", "web:1", 8080).await;
        let path = "/api/v1/namespaces/web/services/web:443/proxy/";
        let text = eventually("the Service's endpoint", async || get(client, path).await.ok()).await;
        assert!(text.contains("simulated pod web/web-"), "{text}");

        let pods: Api<Pod> = Api::namespaced(client.clone(), "web");
        let pod = pods
            .list(&ListParams::default())
            .await
            .unwrap()
            .items
            .remove(0)
            .metadata
            .name
            .unwrap();
        let text = get(client, &format!("/api/v1/namespaces/web/pods/{pod}:8080/proxy/"))
            .await
            .unwrap();
        assert!(text.contains(&pod), "{text}");
        let error = get(client, &format!("/api/v1/namespaces/web/pods/{pod}:9090/proxy/"))
            .await
            .unwrap_err();
        assert!(error.to_string().contains("9090"), "{error}");
        let log = pods.logs(&pod, &LogParams::default()).await.unwrap();
        assert!(log.contains("simulated"), "{log}");

        let deployments: Api<Deployment> = Api::namespaced(client.clone(), "web");
        let none = kube::api::Patch::Merge(json!({ "spec": { "replicas": 0 } }));
        deployments.patch("web", &Default::default(), &none).await.unwrap();
        eventually("the Service to be without endpoints", async || {
            get(client, path).await.err()
        })
        .await;
    });
}
