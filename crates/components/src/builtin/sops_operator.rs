//! sops-secrets-operator: decrypts SopsSecrets with the cluster's own age key.

use serde_json::{Value, json};

use super::sops_crd::crd;
use crate::object::{cluster_role, cluster_role_binding, deployment, restricted, service_account};
use crate::pins::SOPS_SECRETS_OPERATOR_IMAGE;

const NAME: &str = "sops-secrets-operator";
const NAMESPACE: &str = "sops-secrets-operator";
/// The Secret with the age key, which the spec's `secrets.bootstrap` fills.
const KEY_SECRET: &str = "sops-age-key-file";
const KEY_FOLDER: &str = "/etc/sops-age-key-file";

pub(crate) fn objects() -> Vec<Value> {
    vec![
        crd(),
        service_account(NAME, NAMESPACE),
        cluster_role(
            NAME,
            NAME,
            json!([
                { "apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["*"] },
                { "apiGroups": [""], "resources": ["configmaps", "secrets"], "verbs": ["*"] },
                { "apiGroups": [""], "resources": ["secrets/status"], "verbs": ["get", "patch", "update"] },
                { "apiGroups": ["", "events.k8s.io"], "resources": ["events"], "verbs": ["*"] },
                {
                    "apiGroups": ["isindir.github.com"],
                    "resources": ["sopssecrets"],
                    "verbs": ["create", "delete", "get", "list", "patch", "update", "watch"]
                },
                { "apiGroups": ["isindir.github.com"], "resources": ["sopssecrets/finalizers"], "verbs": ["update"] },
                {
                    "apiGroups": ["isindir.github.com"],
                    "resources": ["sopssecrets/status"],
                    "verbs": ["get", "patch", "update"]
                }
            ]),
        ),
        cluster_role_binding(NAME, NAME, NAME, NAMESPACE),
        workload(),
    ]
}

fn workload() -> Value {
    let probe = |path: &str| json!({ "path": path, "port": 8081 });
    deployment(
        NAME,
        NAMESPACE,
        json!({
            "securityContext": {
                "runAsNonRoot": true,
                "runAsUser": 13001,
                "runAsGroup": 13001,
                "fsGroup": 13001,
                "seccompProfile": { "type": "RuntimeDefault" }
            },
            "containers": [{
                "name": NAME,
                "image": SOPS_SECRETS_OPERATOR_IMAGE,
                "imagePullPolicy": "IfNotPresent",
                "command": ["/usr/local/bin/manager"],
                "args": [
                    "-health-probe-bind-address=:8081",
                    "-leader-elect",
                    "-requeue-decrypt-after=5",
                    "-zap-encoder=json",
                    "-zap-log-level=info"
                ],
                "env": [
                    { "name": "POD_NAME", "valueFrom": { "fieldRef": { "fieldPath": "metadata.name" } } },
                    { "name": "SOPS_AGE_KEY_FILE", "value": format!("{KEY_FOLDER}/key") }
                ],
                "livenessProbe": { "httpGet": probe("/healthz"), "initialDelaySeconds": 15, "periodSeconds": 20 },
                "readinessProbe": { "httpGet": probe("/readyz"), "initialDelaySeconds": 5, "periodSeconds": 10 },
                "resources": { "requests": { "cpu": "20m", "memory": "64Mi" } },
                "securityContext": restricted(),
                "volumeMounts": [
                    { "name": KEY_SECRET, "mountPath": KEY_FOLDER, "readOnly": true },
                    { "name": "tmp", "mountPath": "/tmp" }
                ]
            }],
            "volumes": [
                { "name": KEY_SECRET, "secret": { "secretName": KEY_SECRET } },
                { "name": "tmp", "emptyDir": {} }
            ]
        }),
    )
}
