//! SopsSecrets become Secrets where sops-secrets-operator runs with the right key.

use std::io::Write as _;
use std::process::{Command, Stdio};

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Namespace, Secret};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, PostParams};
use serde_json::{Value, json};

use super::cluster::install_cilium;
use super::harness::{RUNTIME, eventually, shared, tools};

fn run(tool: &str, args: &[&str], input: &str) -> String {
    let mut child = Command::new(tools().find(tool).unwrap())
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{tool}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn encrypted(name: &str, recipient: &str) -> DynamicObject {
    let plain = json!({
        "apiVersion": "isindir.github.com/v1alpha3",
        "kind": "SopsSecret",
        "metadata": { "name": name, "namespace": "sops" },
        "spec": { "secretTemplates": [{
            "name": name,
            "labels": { "made-by": "sops" },
            "stringData": { "password": "of the test" },
        }] },
    });
    let args = [
        "encrypt",
        "--age",
        recipient,
        "--encrypted-suffix=Templates",
        "--input-type=json",
        "--output-type=json",
    ];
    let text = run(
        "sops",
        &[&args[..], &["--filename-override=s.json"]].concat(),
        &plain.to_string(),
    );
    assert!(!text.contains("of the test"), "{text}");
    serde_json::from_str(&text).unwrap()
}

async fn create<K>(api: &Api<K>, value: Value)
where
    K: Clone + serde::Serialize + serde::de::DeserializeOwned + std::fmt::Debug,
{
    api.create(&PostParams::default(), &serde_json::from_value(value).unwrap())
        .await
        .unwrap();
}

#[test]
fn a_sops_secret_becomes_a_secret_with_the_right_key_only() {
    RUNTIME.block_on(async {
        let client = &shared().await.client;
        install_cilium(client).await;
        let schema = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
        let definition = json!({
            "metadata": { "name": "sopssecrets.isindir.github.com" },
            "spec": {
                "group": "isindir.github.com",
                "scope": "Namespaced",
                "names": { "kind": "SopsSecret", "plural": "sopssecrets" },
                "versions": [{
                    "name": "v1alpha3",
                    "served": true,
                    "storage": true,
                    "subresources": { "status": {} },
                    "schema": { "openAPIV3Schema": schema },
                }],
            },
        });
        create(&Api::<CustomResourceDefinition>::all(client.clone()), definition).await;
        create(
            &Api::<Namespace>::all(client.clone()),
            json!({ "metadata": { "name": "sops" } }),
        )
        .await;
        let identity = run("age-keygen", &[], "");
        let recipient = run("age-keygen", &["-y"], &identity);
        let secrets: Api<Secret> = Api::namespaced(client.clone(), "sops");
        create(
            &secrets,
            json!({ "metadata": { "name": "age" }, "stringData": { "key": identity } }),
        )
        .await;
        let operator = json!({
            "metadata": { "name": "operator" },
            "spec": {
                "selector": { "matchLabels": { "app": "operator" } },
                "template": {
                    "metadata": { "labels": { "app": "operator" } },
                    "spec": {
                        "containers": [{
                            "name": "operator",
                            "image": "isindir/sops-secrets-operator:0.20.1",
                            "env": [{ "name": "SOPS_AGE_KEY_FILE", "value": "/etc/age/key" }],
                            "volumeMounts": [{ "name": "age", "mountPath": "/etc/age" }],
                        }],
                        "volumes": [{ "name": "age", "secret": { "secretName": "age" } }],
                    },
                },
            },
        });
        create(&Api::<Deployment>::namespaced(client.clone(), "sops"), operator).await;

        let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("isindir.github.com", "v1alpha3", "SopsSecret"));
        let objects: Api<DynamicObject> = Api::namespaced_with(client.clone(), "sops", &kind);
        let other = run("age-keygen", &["-y"], &run("age-keygen", &[], ""));
        for object in [encrypted("ours", recipient.trim()), encrypted("theirs", other.trim())] {
            eventually("the kind to be served", async || {
                objects.create(&PostParams::default(), &object).await.ok()
            })
            .await;
        }
        let secret = eventually("the Secret", async || secrets.get_opt("ours").await.ok().flatten()).await;
        assert_eq!(secret.data.unwrap()["password"].0, b"of the test");
        assert_eq!(secret.metadata.labels.unwrap()["made-by"], "sops");
        let message = async |name: &str| {
            Some(
                objects.get(name).await.ok()?.data["status"]["message"]
                    .as_str()?
                    .to_owned(),
            )
        };
        assert_eq!(eventually("a status", || message("ours")).await, "Healthy");
        let error = eventually("a status", || message("theirs")).await;
        assert!(error.starts_with("Decryption error"), "{error}");
        assert!(secrets.get_opt("theirs").await.unwrap().is_none());

        // What somebody deletes comes back.
        secrets.delete("ours", &Default::default()).await.unwrap();
        eventually("the Secret again", async || {
            secrets.get_opt("ours").await.ok().flatten()
        })
        .await;
    });
}
