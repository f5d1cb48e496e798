//! What helm would do with the rendered objects: namespaces for those that name none, hooks, tests.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Kinds of Kubernetes itself, and of charts that leave their CRDs to others, that live in no namespace.
const CLUSTER_SCOPED: &[(&str, &[&str])] = &[
    ("", &["Namespace", "Node", "PersistentVolume", "ComponentStatus"]),
    (
        "admissionregistration.k8s.io",
        &[
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        ],
    ),
    ("apiextensions.k8s.io", &["CustomResourceDefinition"]),
    ("apiregistration.k8s.io", &["APIService"]),
    (
        "certificates.k8s.io",
        &["CertificateSigningRequest", "ClusterTrustBundle"],
    ),
    ("cert-manager.io", &["ClusterIssuer"]),
    (
        "cilium.io",
        &[
            "CiliumBGPAdvertisement",
            "CiliumBGPClusterConfig",
            "CiliumBGPNodeConfig",
            "CiliumBGPPeerConfig",
            "CiliumCIDRGroup",
            "CiliumClusterwideEnvoyConfig",
            "CiliumClusterwideNetworkPolicy",
            "CiliumEgressGatewayPolicy",
            "CiliumExternalWorkload",
            "CiliumIdentity",
            "CiliumL2AnnouncementPolicy",
            "CiliumLoadBalancerIPPool",
            "CiliumNode",
            "CiliumPodIPPool",
        ],
    ),
    (
        "flowcontrol.apiserver.k8s.io",
        &["FlowSchema", "PriorityLevelConfiguration"],
    ),
    ("gateway.networking.k8s.io", &["GatewayClass"]),
    ("internal.apiserver.k8s.io", &["StorageVersion"]),
    ("networking.k8s.io", &["IngressClass", "IPAddress", "ServiceCIDR"]),
    ("node.k8s.io", &["RuntimeClass"]),
    ("rbac.authorization.k8s.io", &["ClusterRole", "ClusterRoleBinding"]),
    ("resource.k8s.io", &["DeviceClass", "ResourceSlice"]),
    ("scheduling.k8s.io", &["PriorityClass"]),
    (
        "storage.k8s.io",
        &[
            "CSIDriver",
            "CSINode",
            "StorageClass",
            "VolumeAttachment",
            "VolumeAttributesClass",
        ],
    ),
];

/// Whether objects of a kind live in no namespace, as far as can be told without asking a cluster.
fn is_cluster_scoped(group: &str, kind: &str) -> bool {
    CLUSTER_SCOPED
        .iter()
        .any(|(known, kinds)| *known == group && kinds.contains(&kind))
}

/// The API group of an object; empty for the core group.
pub(crate) fn group(object: &Value) -> &str {
    let api_version = object["apiVersion"].as_str().unwrap_or_default();
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Adds the object of a document, or those of a list one by one; nothing for an empty document.
pub(crate) fn flatten(document: Value, objects: &mut Vec<Value>) -> Result<(), String> {
    let Value::Object(mut map) = document else {
        return match document {
            Value::Null => Ok(()),
            // Its type and not its text: what is no manifest may hold anything, a password too.
            Value::Array(_) => Err("a document is a list, not an object".into()),
            _ => Err("a document is a single value, not an object".into()),
        };
    };
    if map.is_empty() {
        return Ok(());
    }
    let text = |key: &str| map.get(key).and_then(Value::as_str).unwrap_or_default();
    if text("kind").is_empty() || text("apiVersion").is_empty() {
        let keys: Vec<&str> = map.keys().map(String::as_str).collect();
        return Err(format!(
            "a document has no kind or no apiVersion (its fields are {})",
            keys.join(", ")
        ));
    }
    if text("kind").ends_with("List")
        && let Some(Value::Array(items)) = map.get_mut("items").map(Value::take)
    {
        return items.into_iter().try_for_each(|item| flatten(item, objects));
    }
    objects.push(Value::Object(map));
    Ok(())
}

/// Gives `namespace` to each object that lives in one and names none. CRDs among the objects tell the scope of theirs.
pub fn fill_namespace(objects: &mut [Value], namespace: &str) {
    let scopes: BTreeMap<(String, String), bool> = objects
        .iter()
        .filter(|object| object["kind"] == "CustomResourceDefinition")
        .map(|crd| {
            let text = |pointer: &str| crd.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let key = (text("/spec/group").to_owned(), text("/spec/names/kind").to_owned());
            (key, text("/spec/scope") == "Cluster")
        })
        .collect();
    for object in objects {
        let (group, kind) = (
            group(object).to_owned(),
            object["kind"].as_str().unwrap_or_default().to_owned(),
        );
        let cluster_scoped = scopes
            .get(&(group.clone(), kind.clone()))
            .copied()
            .unwrap_or_else(|| is_cluster_scoped(&group, &kind));
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            if cluster_scoped {
                // Some charts write one all the same; a strict API server warns of it.
                metadata.shift_remove("namespace");
            } else if metadata
                .get("namespace")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .is_empty()
            {
                metadata.insert("namespace".into(), json!(namespace));
            }
        }
    }
}

/// Whether an object belongs to what is installed. Hooks for tests, deletion and rollback do not; those around install
/// and upgrade are ordinary objects here.
pub(crate) fn is_installed(object: &Value) -> bool {
    match object
        .pointer("/metadata/annotations/helm.sh~1hook")
        .and_then(Value::as_str)
    {
        None => true,
        Some(hooks) => hooks.split(',').map(str::trim).any(|hook| {
            matches!(
                hook,
                "pre-install" | "post-install" | "pre-upgrade" | "post-upgrade" | "crd-install"
            )
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_are_filled_where_they_belong() {
        let mut objects = vec![
            json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a" } }),
            json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "b", "namespace": "own" } }),
            json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": { "name": "c", "namespace": "x" } }),
            json!({ "apiVersion": "e.io/v1", "kind": "Wide", "metadata": { "name": "d" } }),
            json!({ "apiVersion": "e.io/v1", "kind": "Narrow", "metadata": { "name": "e" } }),
            json!({ "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": { "name": "wides.e.io" },
                    "spec": { "group": "e.io", "scope": "Cluster", "names": { "kind": "Wide" } } }),
        ];
        fill_namespace(&mut objects, "apps");
        let found: Vec<_> = objects
            .iter()
            .map(|o| o.pointer("/metadata/namespace").and_then(Value::as_str))
            .collect();
        assert_eq!(found, [Some("apps"), Some("own"), None, None, Some("apps"), None]);
    }

    #[test]
    fn hooks_of_install_stay_and_tests_go() {
        for (hook, stays) in [
            ("pre-install,pre-upgrade", true),
            ("post-install", true),
            ("test", false),
            ("test-success", false),
            ("pre-delete", false),
            ("post-rollback", false),
        ] {
            let object = json!({ "metadata": { "annotations": { "helm.sh/hook": hook } } });
            assert_eq!(is_installed(&object), stays, "{hook}");
        }
        assert!(is_installed(&json!({ "metadata": { "name": "x" } })));
    }
}
