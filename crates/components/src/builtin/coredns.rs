//! CoreDNS, in place of k3s's own: the cluster's DNS at the 10th address of the service network.

use hoist_spec::{Coredns, Spec};
use serde_json::{Value, json};

use crate::object::{cluster_role, cluster_role_binding, labels, service_account};
use crate::pins::COREDNS_IMAGE;

const NAME: &str = "coredns";
const NAMESPACE: &str = "kube-system";
const ROLE: &str = "system:coredns";

pub(crate) fn objects(spec: &Spec, settings: &Coredns) -> Vec<Value> {
    let nodes = spec
        .machines_enabled()
        .filter(|(_, machine)| machine.role.is_some())
        .count();
    let replicas = settings.replicas.unwrap_or(if nodes > 1 { 2 } else { 1 });
    let address = spec.cluster.service_cidr.nth(10).map(|address| address.to_string());
    vec![
        service_account(NAME, NAMESPACE),
        cluster_role(
            NAME,
            ROLE,
            json!([
                { "apiGroups": [""], "resources": ["endpoints", "services", "pods", "namespaces"], "verbs": ["list", "watch"] },
                { "apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"] }
            ]),
        ),
        cluster_role_binding(NAME, ROLE, ROLE, NAMESPACE),
        config(),
        deployment(replicas),
        json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                // Others find the cluster's DNS by this name.
                "name": "kube-dns",
                "namespace": NAMESPACE,
                "labels": {
                    "app.kubernetes.io/name": NAME,
                    "k8s-app": "kube-dns",
                    "kubernetes.io/cluster-service": "true",
                    "kubernetes.io/name": "CoreDNS"
                },
                "annotations": { "prometheus.io/port": "9153", "prometheus.io/scrape": "true" }
            },
            "spec": {
                "clusterIP": address,
                "selector": { "k8s-app": "kube-dns" },
                "ports": [
                    { "name": "dns", "port": 53, "targetPort": 53, "protocol": "UDP" },
                    { "name": "dns-tcp", "port": 53, "targetPort": 53, "protocol": "TCP" },
                    { "name": "metrics", "port": 9153, "targetPort": 9153, "protocol": "TCP" }
                ]
            }
        }),
    ]
}

fn config() -> Value {
    let corefile = "\
.:53 {
    errors
    health {
        lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
        max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
";
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": NAME, "namespace": NAMESPACE, "labels": labels(NAME) },
        "data": { "Corefile": corefile }
    })
}

fn deployment(replicas: u16) -> Value {
    let probe = |path: &str, port: u16| json!({ "path": path, "port": port, "scheme": "HTTP" });
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": NAME,
            "namespace": NAMESPACE,
            "labels": { "app.kubernetes.io/name": NAME, "k8s-app": "kube-dns", "kubernetes.io/name": "CoreDNS" }
        },
        "spec": {
            "replicas": replicas,
            "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxUnavailable": 1 } },
            "selector": { "matchLabels": { "k8s-app": "kube-dns" } },
            "template": {
                "metadata": { "labels": { "app.kubernetes.io/name": NAME, "k8s-app": "kube-dns" } },
                "spec": {
                    "serviceAccountName": NAME,
                    "priorityClassName": "system-cluster-critical",
                    "dnsPolicy": "Default",
                    "nodeSelector": { "kubernetes.io/os": "linux" },
                    "tolerations": [
                        { "key": "CriticalAddonsOnly", "operator": "Exists" },
                        { "key": "node-role.kubernetes.io/control-plane", "operator": "Exists", "effect": "NoSchedule" }
                    ],
                    "topologySpreadConstraints": [{
                        "maxSkew": 1,
                        "topologyKey": "kubernetes.io/hostname",
                        "whenUnsatisfiable": "ScheduleAnyway",
                        "labelSelector": { "matchLabels": { "k8s-app": "kube-dns" } }
                    }],
                    "containers": [{
                        "name": NAME,
                        "image": COREDNS_IMAGE,
                        "imagePullPolicy": "IfNotPresent",
                        "args": ["-conf", "/etc/coredns/Corefile"],
                        "resources": { "requests": { "cpu": "100m", "memory": "70Mi" }, "limits": { "memory": "170Mi" } },
                        "ports": [
                            { "name": "dns", "containerPort": 53, "protocol": "UDP" },
                            { "name": "dns-tcp", "containerPort": 53, "protocol": "TCP" },
                            { "name": "metrics", "containerPort": 9153, "protocol": "TCP" }
                        ],
                        "livenessProbe": {
                            "httpGet": probe("/health", 8080),
                            "initialDelaySeconds": 60,
                            "timeoutSeconds": 5,
                            "periodSeconds": 10,
                            "failureThreshold": 3
                        },
                        "readinessProbe": { "httpGet": probe("/ready", 8181), "periodSeconds": 2, "failureThreshold": 3 },
                        "securityContext": {
                            "allowPrivilegeEscalation": false,
                            "capabilities": { "add": ["NET_BIND_SERVICE"], "drop": ["ALL"] },
                            "readOnlyRootFilesystem": true
                        },
                        "volumeMounts": [{ "name": "config", "mountPath": "/etc/coredns", "readOnly": true }]
                    }],
                    "volumes": [{
                        "name": "config",
                        "configMap": { "name": NAME, "items": [{ "key": "Corefile", "path": "Corefile" }] }
                    }]
                }
            }
        }
    })
}
