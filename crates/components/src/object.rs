//! Small builders for the objects that are written in Rust.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hoist_model::ExposeSecret;
use hoist_model::Secret;
use serde_json::{Map, Value, json};

/// Labels that all objects of a built-in component carry.
pub(crate) fn labels(name: &str) -> Value {
    json!({ "app.kubernetes.io/name": name })
}

pub(crate) fn namespace(name: &str) -> Value {
    json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } })
}

pub(crate) fn service_account(app: &str, namespace: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": { "name": app, "namespace": namespace, "labels": labels(app) }
    })
}

pub(crate) fn cluster_role(app: &str, name: &str, rules: Value) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": { "name": name, "labels": labels(app) },
        "rules": rules
    })
}

/// Binds a ClusterRole to the ServiceAccount of a component.
pub(crate) fn cluster_role_binding(app: &str, name: &str, role: &str, namespace: &str) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": { "name": name, "labels": labels(app) },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
        "subjects": [{ "kind": "ServiceAccount", "name": app, "namespace": namespace }]
    })
}

/// Binds a Role to the ServiceAccount of a component.
pub(crate) fn role_binding(app: &str, name: &str, role: &str, namespace: &str) -> Value {
    let mut binding = cluster_role_binding(app, name, role, namespace);
    binding["kind"] = json!("RoleBinding");
    binding["metadata"]["namespace"] = json!(namespace);
    binding["roleRef"]["kind"] = json!("Role");
    binding
}

/// A Deployment of one pod, which runs as the component's ServiceAccount.
pub(crate) fn deployment(app: &str, namespace: &str, mut pod: Value) -> Value {
    pod["serviceAccountName"] = json!(app);
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": app, "namespace": namespace, "labels": labels(app) },
        "spec": {
            "replicas": 1,
            "selector": { "matchLabels": labels(app) },
            "template": { "metadata": { "labels": labels(app) }, "spec": pod }
        }
    })
}

/// A Secret, with `data`: under server-side apply, `stringData` never removes a key.
pub(crate) fn secret<'a>(namespace: &str, name: &str, keys: impl Iterator<Item = (&'a String, &'a Secret)>) -> Value {
    let data: Map<String, Value> = keys
        .map(|(key, value)| (key.clone(), json!(STANDARD.encode(value.expose_secret()))))
        .collect();
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": name, "namespace": namespace },
        "type": "Opaque",
        "data": data
    })
}

/// What containers of ours may do: nothing beyond their process.
pub(crate) fn restricted() -> Value {
    json!({
        "allowPrivilegeEscalation": false,
        "capabilities": { "drop": ["ALL"] },
        "readOnlyRootFilesystem": true
    })
}
