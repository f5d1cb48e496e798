//! metrics-server: the resource metrics API.

use hoist_spec::MetricsServer;
use serde_json::{Value, json};

use crate::object::{cluster_role, cluster_role_binding, deployment, labels, role_binding, service_account};
use crate::pins::METRICS_SERVER_IMAGE;

const NAME: &str = "metrics-server";
const NAMESPACE: &str = "kube-system";
const PORT: u16 = 10250;

pub(crate) fn objects(settings: &MetricsServer) -> Vec<Value> {
    let mut reader = cluster_role(
        NAME,
        "system:aggregated-metrics-reader",
        json!([{ "apiGroups": ["metrics.k8s.io"], "resources": ["pods", "nodes"], "verbs": ["get", "list", "watch"] }]),
    );
    for role in ["admin", "edit", "view"] {
        reader["metadata"]["labels"][format!("rbac.authorization.k8s.io/aggregate-to-{role}")] = json!("true");
    }
    vec![
        service_account(NAME, NAMESPACE),
        reader,
        cluster_role(
            NAME,
            "system:metrics-server",
            json!([
                { "apiGroups": [""], "resources": ["nodes/metrics"], "verbs": ["get"] },
                { "apiGroups": [""], "resources": ["pods", "nodes"], "verbs": ["get", "list", "watch"] }
            ]),
        ),
        cluster_role_binding(
            NAME,
            "metrics-server:system:auth-delegator",
            "system:auth-delegator",
            NAMESPACE,
        ),
        cluster_role_binding(NAME, "system:metrics-server", "system:metrics-server", NAMESPACE),
        role_binding(
            NAME,
            "metrics-server-auth-reader",
            "extension-apiserver-authentication-reader",
            NAMESPACE,
        ),
        json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": { "name": NAME, "namespace": NAMESPACE, "labels": labels(NAME) },
            "spec": {
                "selector": labels(NAME),
                "ports": [{ "name": "https", "port": 443, "targetPort": "https", "protocol": "TCP" }]
            }
        }),
        workload(settings),
        json!({
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": { "name": "v1beta1.metrics.k8s.io", "labels": labels(NAME) },
            "spec": {
                "group": "metrics.k8s.io",
                "version": "v1beta1",
                "groupPriorityMinimum": 100,
                "versionPriority": 100,
                // It makes its own certificate at each start.
                "insecureSkipTLSVerify": true,
                "service": { "name": NAME, "namespace": NAMESPACE, "port": 443 }
            }
        }),
    ]
}

fn workload(settings: &MetricsServer) -> Value {
    let mut args = vec![
        "--cert-dir=/tmp".to_owned(),
        format!("--secure-port={PORT}"),
        "--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname".to_owned(),
        "--kubelet-use-node-status-port".to_owned(),
        "--metric-resolution=15s".to_owned(),
    ];
    if settings.kubelet_insecure_tls {
        args.push("--kubelet-insecure-tls".to_owned());
    }
    let probe = |path: &str| json!({ "path": path, "port": "https", "scheme": "HTTPS" });
    let pod = json!({
        "priorityClassName": "system-cluster-critical",
        "nodeSelector": { "kubernetes.io/os": "linux" },
        "containers": [{
            "name": NAME,
            "image": METRICS_SERVER_IMAGE,
            "imagePullPolicy": "IfNotPresent",
            "args": args,
            "ports": [{ "name": "https", "containerPort": PORT, "protocol": "TCP" }],
            "livenessProbe": { "httpGet": probe("/livez"), "periodSeconds": 10, "failureThreshold": 3 },
            "readinessProbe": {
                "httpGet": probe("/readyz"),
                "initialDelaySeconds": 20,
                "periodSeconds": 10,
                "failureThreshold": 3
            },
            "resources": { "requests": { "cpu": "100m", "memory": "200Mi" } },
            "securityContext": {
                "allowPrivilegeEscalation": false,
                "capabilities": { "drop": ["ALL"] },
                "readOnlyRootFilesystem": true,
                "runAsNonRoot": true,
                "runAsUser": 1000,
                "seccompProfile": { "type": "RuntimeDefault" }
            },
            "volumeMounts": [{ "name": "tmp", "mountPath": "/tmp" }]
        }],
        "volumes": [{ "name": "tmp", "emptyDir": {} }]
    });
    let mut deployment = deployment(NAME, NAMESPACE, pod);
    deployment["spec"]["strategy"] = json!({ "type": "RollingUpdate", "rollingUpdate": { "maxUnavailable": 0 } });
    deployment
}
