//! Cilium's chart in the cluster: its nodes get ready, its kinds appear, and its gateways work as far as one can see.

use std::path::{Path, PathBuf};
use std::process::Command;

use k8s_openapi::api::core::v1::Node;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, PostParams};
use serde_json::{Value, json};

use super::cluster::ready;
use super::harness::{RUNTIME, Up, eventually, tools, up};

/// A file or folder that `cargo xtask tools` made.
fn made(name: &str) -> PathBuf {
    let folders = [
        std::env::var_os("HOIST_TOOLS").map(PathBuf::from).unwrap_or_default(),
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools"),
    ];
    let found = folders
        .iter()
        .map(|folder| folder.join(name))
        .find(|path| path.exists());
    found.unwrap_or_else(|| panic!("{name} is missing; `cargo xtask tools` makes it"))
}

async fn install(up: &Up) {
    let outside = up.state.join("outside.yaml");
    std::fs::write(&outside, up.plane.kubeconfig().await.unwrap()).unwrap();
    let kubectl = |file: &Path| {
        let output = Command::new(tools().find("kubectl").unwrap())
            .args(["apply", "--server-side", "-f"])
            .arg(file)
            .arg("--kubeconfig")
            .arg(&outside)
            .env("HOME", &up.state)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}: {}",
            file.display(),
            String::from_utf8_lossy(&output.stderr)
        );
    };
    kubectl(&made("manifests/gateway-api-v1.6.1/standard"));
    let helm = Command::new(tools().find("helm").unwrap())
        .args([
            "template",
            "cilium",
            "--namespace=kube-system",
            "--set",
            "gatewayAPI.enabled=true",
        ])
        .args([
            "--set",
            "operator.replicas=1",
            "--api-versions",
            "gateway.networking.k8s.io/v1/GatewayClass",
        ])
        .arg(made("charts/cilium/cilium-1.20.0.tgz"))
        .env("HOME", &up.state)
        .output()
        .unwrap();
    assert!(helm.status.success(), "{}", String::from_utf8_lossy(&helm.stderr));
    let manifests = up.state.join("cilium.yaml");
    std::fs::write(&manifests, helm.stdout).unwrap();
    kubectl(&manifests);
}

fn says(object: &DynamicObject, kind: &str) -> bool {
    let conditions = object.data["status"]["conditions"].as_array();
    conditions.is_some_and(|all| all.iter().any(|c| c["type"] == kind && c["status"] == "True"))
}

#[test]
fn cilium_makes_nodes_ready_registers_its_kinds_and_programs_gateways() {
    RUNTIME.block_on(async {
        let up = up("cilium", |_| ()).await;
        install(&up).await;
        let nodes: Api<Node> = Api::all(up.client.clone());
        eventually("the node to be ready", async || {
            (ready(&nodes.get("control").await.ok()?) == "True").then_some(())
        })
        .await;
        let definitions: Api<CustomResourceDefinition> = Api::all(up.client.clone());
        eventually("Cilium's kinds", async || {
            let found = definitions
                .get_opt("ciliumloadbalancerippools.cilium.io")
                .await
                .ok()??;
            found
                .status?
                .conditions?
                .iter()
                .any(|c| c.type_ == "Established" && c.status == "True")
                .then_some(())
        })
        .await;

        let resource =
            |kind: &str| ApiResource::from_gvk(&GroupVersionKind::gvk("gateway.networking.k8s.io", "v1", kind));
        let classes: Api<DynamicObject> = Api::all_with(up.client.clone(), &resource("GatewayClass"));
        eventually("the class", async || {
            classes.get("cilium").await.ok().filter(|c| says(c, "Accepted"))
        })
        .await;
        let create = async |kind: &str, name: &str, spec: Value| {
            let api: Api<DynamicObject> = Api::namespaced_with(up.client.clone(), "default", &resource(kind));
            let object = json!({
                "apiVersion": "gateway.networking.k8s.io/v1",
                "kind": kind,
                "metadata": { "name": name },
                "spec": spec,
            });
            api.create(&PostParams::default(), &serde_json::from_value(object).unwrap())
                .await
                .unwrap();
            api
        };
        let listeners = json!([{ "name": "http", "port": 80, "protocol": "HTTP" }]);
        let gateways = create(
            "Gateway",
            "web",
            json!({ "gatewayClassName": "cilium", "listeners": listeners }),
        )
        .await;
        let foreign = create(
            "Gateway",
            "foreign",
            json!({ "gatewayClassName": "other", "listeners": listeners }),
        )
        .await;
        let routes = create("HTTPRoute", "web", json!({ "parentRefs": [{ "name": "web" }] })).await;
        let gateway = eventually("the gateway and its route", async || {
            let gateway = gateways
                .get("web")
                .await
                .ok()
                .filter(|gateway| says(gateway, "Programmed"))?;
            (gateway.data["status"]["listeners"][0]["attachedRoutes"] == 1).then_some(gateway)
        })
        .await;
        assert_eq!(gateway.data["status"]["addresses"][0]["value"], "10.0.1.10");
        eventually("the route to be accepted", async || {
            let route = routes.get("web").await.ok()?;
            (route.data["status"]["parents"][0]["conditions"][0]["type"] == "Accepted").then_some(())
        })
        .await;
        assert!(!says(&foreign.get("foreign").await.unwrap(), "Programmed"));
        up.plane.shutdown().await;
    });
}
