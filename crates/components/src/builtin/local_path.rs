//! local-path-provisioner: volumes in a folder of the machine that the pod runs on.

use hoist_spec::LocalPath;
use serde_json::{Value, json};

use crate::object::{
    cluster_role, cluster_role_binding, deployment, labels, restricted, role_binding, service_account,
};
use crate::pins::{LOCAL_PATH_HELPER_IMAGE, LOCAL_PATH_IMAGE};

const NAME: &str = "local-path-provisioner";
const NAMESPACE: &str = "local-path-storage";
const CONFIG: &str = "local-path-config";

pub(crate) fn objects(settings: &LocalPath) -> Vec<Value> {
    vec![
        service_account(NAME, NAMESPACE),
        cluster_role(
            NAME,
            NAME,
            json!([
                {
                    "apiGroups": [""],
                    "resources": ["nodes", "persistentvolumeclaims", "configmaps", "pods", "pods/log"],
                    "verbs": ["get", "list", "watch"]
                },
                {
                    "apiGroups": [""],
                    "resources": ["persistentvolumes"],
                    "verbs": ["get", "list", "watch", "create", "patch", "update", "delete"]
                },
                { "apiGroups": [""], "resources": ["events"], "verbs": ["create", "patch"] },
                { "apiGroups": ["storage.k8s.io"], "resources": ["storageclasses"], "verbs": ["get", "list", "watch"] }
            ]),
        ),
        cluster_role_binding(NAME, NAME, NAME, NAMESPACE),
        // The pods that make and remove folders run in its own namespace only.
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": { "name": NAME, "namespace": NAMESPACE, "labels": labels(NAME) },
            "rules": [{
                "apiGroups": [""],
                "resources": ["pods"],
                "verbs": ["get", "list", "watch", "create", "patch", "update", "delete"]
            }]
        }),
        role_binding(NAME, NAME, NAME, NAMESPACE),
        storage_class(settings),
        config(settings),
        workload(),
    ]
}

fn storage_class(settings: &LocalPath) -> Value {
    json!({
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": "local-path",
            "labels": labels(NAME),
            "annotations": {
                "storageclass.kubernetes.io/is-default-class": settings.default_class.to_string()
            }
        },
        "provisioner": "rancher.io/local-path",
        // The folder is made on the machine that the scheduler chooses for the pod.
        "volumeBindingMode": "WaitForFirstConsumer",
        "reclaimPolicy": "Delete"
    })
}

fn config(settings: &LocalPath) -> Value {
    let paths = json!({
        "nodePathMap": [{ "node": "DEFAULT_PATH_FOR_NON_LISTED_NODES", "paths": [settings.path] }]
    });
    let helper = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "name": "helper-pod" },
        "spec": {
            "priorityClassName": "system-node-critical",
            "tolerations": [{ "key": "node.kubernetes.io/disk-pressure", "operator": "Exists", "effect": "NoSchedule" }],
            "containers": [{
                "name": "helper-pod",
                "image": LOCAL_PATH_HELPER_IMAGE,
                "imagePullPolicy": "IfNotPresent"
            }]
        }
    });
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": CONFIG, "namespace": NAMESPACE, "labels": labels(NAME) },
        "data": {
            "config.json": paths.to_string(),
            "helperPod.yaml": helper.to_string(),
            "setup": "#!/bin/sh\nset -eu\nmkdir -m 0777 -p \"$VOL_DIR\"\n",
            "teardown": "#!/bin/sh\nset -eu\nrm -rf \"$VOL_DIR\"\n"
        }
    })
}

fn workload() -> Value {
    deployment(
        NAME,
        NAMESPACE,
        json!({
            "tolerations": [
                { "key": "node-role.kubernetes.io/control-plane", "operator": "Exists", "effect": "NoSchedule" }
            ],
            "containers": [{
                "name": NAME,
                "image": LOCAL_PATH_IMAGE,
                "imagePullPolicy": "IfNotPresent",
                "command": ["local-path-provisioner", "start", "--config", "/etc/config/config.json"],
                "env": [
                    { "name": "POD_NAMESPACE", "valueFrom": { "fieldRef": { "fieldPath": "metadata.namespace" } } },
                    { "name": "CONFIG_MOUNT_PATH", "value": "/etc/config/" }
                ],
                "resources": { "requests": { "cpu": "10m", "memory": "32Mi" } },
                "securityContext": restricted(),
                "volumeMounts": [{ "name": "config", "mountPath": "/etc/config/" }]
            }],
            "volumes": [{ "name": "config", "configMap": { "name": CONFIG } }]
        }),
    )
}
