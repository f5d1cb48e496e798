//! Stands for sops-secrets-operator: the real sops decrypts SopsSecrets with the key that the operator's pod mounts.
//!
//! The plain text stays in memory; the key reaches sops by its environment. As the operator does, this ignores the MAC:
//! it covers the order of fields, which the API server does not keep.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams, PostParams};
use kube::{Api, Resource as _, ResourceExt as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use super::egress::is_running;
use super::stand_ins::roles;
use super::tools::Tools;

const IMAGE: &str = "sops-secrets-operator";
const KEY_FILE: &str = "SOPS_AGE_KEY_FILE";
/// The kind may not be there yet, so it is asked for rather than watched.
const PERIOD: Duration = Duration::from_millis(750);
const DECRYPTS: Duration = Duration::from_secs(20);

/// What a SopsSecret asks for, once it is decrypted.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Template {
    name: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    string_data: BTreeMap<String, String>,
    #[serde(default)]
    data: BTreeMap<String, String>,
}

/// What was done for a SopsSecret, and for which state of it and of the key.
#[derive(PartialEq)]
struct Done {
    object: (Option<String>, Option<i64>),
    key: Option<String>,
    secrets: Vec<String>,
}

/// Runs until it is aborted.
pub(crate) async fn run(client: kube::Client, tools: Tools) {
    let mut done: BTreeMap<(String, String), Done> = BTreeMap::new();
    loop {
        tokio::time::sleep(PERIOD).await;
        match round(&client, &tools, &mut done).await {
            Ok(()) => {}
            // Its CRD is not there, or not any more.
            Err(kube::Error::Api(status)) if status.code == 404 => done.clear(),
            Err(error) => tracing::debug!(%error, "working for SopsSecrets"),
        }
    }
}

fn resource() -> ApiResource {
    ApiResource::from_gvk(&GroupVersionKind::gvk("isindir.github.com", "v1alpha3", "SopsSecret"))
}

async fn round(
    client: &kube::Client,
    tools: &Tools,
    done: &mut BTreeMap<(String, String), Done>,
) -> Result<(), kube::Error> {
    let Some(pod) = operator(client).await? else {
        done.clear();
        return Ok(());
    };
    let (key, version) = key(client, &pod).await?;
    let all: Api<DynamicObject> = Api::all_with(client.clone(), &resource());
    for object in all.list(&ListParams::default()).await?.items {
        if object.metadata.deletion_timestamp.is_some() || object.data["spec"]["suspend"] == true {
            continue;
        }
        let namespace = object.namespace().unwrap_or_default();
        let id = (namespace.clone(), object.name_any());
        let state = (object.metadata.uid.clone(), object.metadata.generation);
        if let Some(before) = done.get(&id)
            && before.object == state
            && before.key == version
            && all_there(client, &namespace, &before.secrets).await?
        {
            continue;
        }
        let (message, secrets) = match make(client, tools, &object, key.as_ref()).await {
            Ok(secrets) => ("Healthy".to_owned(), secrets),
            Err(message) => (message, Vec::new()),
        };
        report(client, &namespace, &object, &message).await?;
        done.insert(
            id,
            Done {
                object: state,
                key: version.clone(),
                secrets,
            },
        );
    }
    Ok(())
}

/// A running pod of the operator.
async fn operator(client: &kube::Client) -> Result<Option<Pod>, kube::Error> {
    let pods = Api::<Pod>::all(client.clone()).list(&ListParams::default()).await?;
    Ok(pods
        .items
        .into_iter()
        .find(|pod| is_running(pod) && roles(pod).any(|role| role.image == IMAGE)))
}

/// The age key in the file that the pod's environment names: from the Secret that is mounted there.
async fn key(client: &kube::Client, pod: &Pod) -> Result<(Option<SecretString>, Option<String>), kube::Error> {
    let Some((secret, field)) = key_place(pod) else {
        return Ok((None, None));
    };
    let secrets: Api<Secret> = Api::namespaced(client.clone(), &pod.namespace().unwrap_or_default());
    let Some(secret) = secrets.get_opt(&secret).await? else {
        return Ok((None, None));
    };
    let version = secret.resource_version();
    let bytes = secret.data.and_then(|mut data| data.remove(&field));
    let text = bytes.and_then(|bytes| String::from_utf8(bytes.0).ok());
    Ok((text.map(SecretString::from), version))
}

/// The Secret and its field behind the pod's key file.
fn key_place(pod: &Pod) -> Option<(String, String)> {
    let spec = pod.spec.as_ref()?;
    spec.containers.iter().find_map(|container| {
        let file = container
            .env
            .iter()
            .flatten()
            .find(|variable| variable.name == KEY_FILE)?
            .value
            .as_ref()?;
        let (folder, field) = file.rsplit_once('/')?;
        let mount = container
            .volume_mounts
            .iter()
            .flatten()
            .find(|mount| mount.mount_path.trim_end_matches('/') == folder)?;
        let volume = spec.volumes.iter().flatten().find(|volume| volume.name == mount.name)?;
        Some((volume.secret.as_ref()?.secret_name.clone()?, field.to_owned()))
    })
}

async fn all_there(client: &kube::Client, namespace: &str, names: &[String]) -> Result<bool, kube::Error> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    for name in names {
        if secrets.get_metadata_opt(name).await?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Decrypts a SopsSecret and makes its Secrets; returns their names, or the message for its status.
async fn make(
    client: &kube::Client,
    tools: &Tools,
    object: &DynamicObject,
    key: Option<&SecretString>,
) -> Result<Vec<String>, String> {
    let key = key.ok_or("Decryption error: the operator's pod has no age key")?;
    let templates = decrypt(tools, object, key)
        .await
        .map_err(|why| format!("Decryption error: {why}"))?;
    let namespace = object.namespace().unwrap_or_default();
    let secrets: Api<Secret> = Api::namespaced(client.clone(), &namespace);
    let owner = object
        .controller_owner_ref(&resource())
        .ok_or("Child secret creation error: it has no uid")?;
    let mut names = Vec::new();
    for template in templates {
        let failed = |why: &dyn std::fmt::Display| format!("Child secret creation error: {}: {why}", template.name);
        let found = secrets.get_opt(&template.name).await.map_err(|error| failed(&error))?;
        let owned = found
            .as_ref()
            .is_none_or(|found| found.owner_references().iter().any(|o| o.uid == owner.uid));
        if !owned && object.data["spec"]["enforceOwnership"] != true {
            return Err(format!(
                "Child secret is not owned by controller error: {}",
                template.name
            ));
        }
        let secret: Secret = serde_json::from_value(json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": template.name,
                "namespace": namespace,
                "labels": template.labels,
                "annotations": template.annotations,
                "ownerReferences": [owner],
            },
            "type": template.kind.as_deref().unwrap_or("Opaque"),
            "stringData": template.string_data,
            "data": template.data,
        }))
        .map_err(|_| failed(&"its data are not base64"))?;
        let params = PatchParams::apply(IMAGE).force();
        let written = match found {
            None => secrets.create(&PostParams::default(), &secret).await,
            Some(_) => secrets.patch(&template.name, &params, &Patch::Apply(&secret)).await,
        };
        written.map_err(|error| failed(&error))?;
        names.push(template.name);
    }
    Ok(names)
}

async fn decrypt(tools: &Tools, object: &DynamicObject, key: &SecretString) -> Result<Vec<Template>, String> {
    let encrypted = json!({
        "apiVersion": "isindir.github.com/v1alpha3",
        "kind": "SopsSecret",
        "metadata": { "name": object.name_any(), "namespace": object.namespace() },
        "spec": object.data["spec"],
        "sops": object.data["sops"],
    });
    let sops = tools.find("sops").map_err(|error| error.to_string())?;
    let mut child = tokio::process::Command::new(sops)
        .args(["decrypt", "--ignore-mac", "--input-type=json", "--output-type=json"])
        .env_clear()
        .env("SOPS_AGE_KEY", key.expose_secret())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("starting sops: {error}"))?;
    let mut input = child.stdin.take().ok_or("sops has no input")?;
    let work = async {
        input.write_all(encrypted.to_string().as_bytes()).await?;
        drop(input);
        child.wait_with_output().await
    };
    let output = tokio::time::timeout(DECRYPTS, work)
        .await
        .map_err(|_| format!("sops took longer than {DECRYPTS:?}"))?;
    let output = output.map_err(|error| format!("sops: {error}"))?;
    if !output.status.success() {
        // sops names recipients and reasons here, never values.
        let says = String::from_utf8_lossy(&output.stderr);
        return Err(says.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    let plain: Value = serde_json::from_slice(&output.stdout).map_err(|_| "what sops gave is not JSON")?;
    serde_json::from_value(plain["spec"]["secretTemplates"].clone())
        .map_err(|_| "its secretTemplates are not understood".into())
}

async fn report(
    client: &kube::Client,
    namespace: &str,
    object: &DynamicObject,
    message: &str,
) -> Result<(), kube::Error> {
    if object.data["status"]["message"] == message {
        return Ok(());
    }
    let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &resource());
    let patch = Patch::Merge(json!({ "status": { "message": message } }));
    match api
        .patch_status(&object.name_any(), &PatchParams::default(), &patch)
        .await
    {
        // It went meanwhile.
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        other => other.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_found_where_the_pod_mounts_it() {
        let pod = |folder: &str| -> Pod {
            serde_json::from_value(json!({
                "metadata": { "name": "operator" },
                "spec": {
                    "containers": [{
                        "name": "c",
                        "env": [{ "name": KEY_FILE, "value": "/etc/keys/age.txt" }],
                        "volumeMounts": [{ "name": "v", "mountPath": folder }],
                    }],
                    "volumes": [{ "name": "v", "secret": { "secretName": "the-key" } }],
                },
            }))
            .unwrap()
        };
        assert_eq!(
            key_place(&pod("/etc/keys/")),
            Some(("the-key".to_owned(), "age.txt".to_owned()))
        );
        assert_eq!(key_place(&pod("/etc/other")), None);
    }
}
