//! Applying: what succeeds, what is refused and how it is told, what is tried again.

use std::time::{Duration, Instant};

use hoist_deploy::{DeployError, Wait, apply_one, wait_ready};
use serde_json::json;

use crate::server::{client, connect, object, raw, soon};

#[tokio::test]
async fn a_crd_and_its_object_go_in_one_run() {
    let (api, name) = connect().await;
    let crd = object(
        &name,
        json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("things.{name}.example.com")},
        "spec": {"group": format!("{name}.example.com"), "scope": "Cluster",
            "names": {"kind": "Thing", "plural": "things", "singular": "thing", "listKind": "ThingList"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object",
                "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}}}]}}),
    );
    let thing = object(
        &name,
        json!({"apiVersion": format!("{name}.example.com/v1"), "kind": "Thing",
        "metadata": {"name": "one"}, "spec": {"size": 3}}),
    );
    apply_one(&api, &crd, soon(), |_| {}).await.unwrap();
    let ids = [crd.id().clone()];
    wait_ready(
        &api,
        Wait {
            ids: &ids,
            selector: "",
            deadline: soon(),
        },
        |_| {},
    )
    .await
    .unwrap();
    // Discovery may lag behind Established: apply asks again until the kind is served.
    let live = apply_one(&api, &thing, soon(), |_| {}).await.unwrap();
    assert_eq!(live["spec"]["size"], 3);
}

#[tokio::test]
async fn a_misspelt_field_is_refused_at_once() {
    let (api, name) = connect().await;
    let map = object(
        &name,
        json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"}, "dota": {"a": "1"}}),
    );
    let began = Instant::now();
    let error = apply_one(&api, &map, soon(), |_| {}).await.unwrap_err();
    assert!(
        matches!(&error, DeployError::Invalid { message, .. } if message.contains("dota")),
        "{error}"
    );
    assert!(began.elapsed() < Duration::from_secs(5), "it was tried again");
}

#[tokio::test]
async fn a_missing_namespace_and_kind_are_waited_for_and_named() {
    let (api, name) = connect().await;
    let brief = || Instant::now() + Duration::from_secs(3);
    let map = object(
        &name,
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": name}}),
    );
    let mut said = Vec::new();
    let error = apply_one(&api, &map, brief(), |why| said.push(why.to_owned()))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("ConfigMap/{name}/a: its namespace does not exist")
    );
    assert!(!said.is_empty());
    let gadget = object(
        &name,
        json!({"apiVersion": "none.example.com/v1", "kind": "Gadget", "metadata": {"name": "a"}}),
    );
    let error = apply_one(&api, &gadget, brief(), |_| {}).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "apply Gadget.none.example.com/a: the API server does not serve Gadget.none.example.com"
    );
}

#[tokio::test]
async fn a_field_of_a_person_is_taken_and_one_of_a_controller_is_not() {
    let (api, name) = connect().await;
    let client = client().await;
    let map = |value: &str| {
        object(
            &name,
            json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"}, "data": {"a": value}}),
        )
    };
    apply_one(&api, &map("1"), soon(), |_| {}).await.unwrap();
    let by = |manager: &str| format!("/api/v1/namespaces/default/configmaps/{name}?fieldManager={manager}");
    let theirs = json!({"data": {"a": "theirs"}});
    raw(
        &client,
        "PATCH",
        &by("kubectl-edit"),
        "application/merge-patch+json",
        theirs.clone(),
    )
    .await;
    let live = apply_one(&api, &map("2"), soon(), |_| {}).await.unwrap();
    assert_eq!(live["data"]["a"], "2");
    raw(
        &client,
        "PATCH",
        &by("some-controller"),
        "application/merge-patch+json",
        theirs,
    )
    .await;
    let error = apply_one(&api, &map("3"), soon(), |_| {}).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("ConfigMap/default/{name}: a field is held by another manager: .data.a (some-controller)")
    );
}

#[tokio::test]
async fn a_field_that_cannot_change_is_told_as_such() {
    let (api, name) = connect().await;
    let binding = |role: &str| {
        object(
            &name,
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": name}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}}),
        )
    };
    apply_one(&api, &binding("view"), soon(), |_| {}).await.unwrap();
    let error = apply_one(&api, &binding("edit"), soon(), |_| {}).await.unwrap_err();
    assert!(matches!(error, DeployError::Immutable { .. }), "{error}");
}

#[tokio::test]
async fn a_silent_webhook_is_tried_again_until_the_deadline() {
    let (api, name) = connect().await;
    let hook = object(
        &name,
        json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": name}, "webhooks": [{"name": format!("{name}.example.com"), "sideEffects": "None",
            "admissionReviewVersions": ["v1"], "failurePolicy": "Fail", "timeoutSeconds": 1,
            "objectSelector": {"matchLabels": {"hooked": name}},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"]}],
            "clientConfig": {"service": {"name": "nobody", "namespace": "default", "path": "/"}}}]}),
    );
    apply_one(&api, &hook, soon(), |_| {}).await.unwrap();
    let map = object(
        &name,
        json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default", "labels": {"hooked": name}}}),
    );
    // A webhook's registration reaches admission a little later.
    let brief = || Instant::now() + Duration::from_secs(2);
    let mut error = None;
    for _ in 0..50 {
        match apply_one(&api, &map, brief(), |_| {}).await {
            Ok(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            Err(failed) => {
                error = Some(failed);
                break;
            }
        }
    }
    let error = error.expect("the webhook was never asked");
    assert!(
        matches!(&error, DeployError::WebhookSilent { message, .. } if message.contains(&name)),
        "{error}"
    );
    hoist_deploy::delete(
        &api,
        hook.id(),
        Some(&name),
        hoist_deploy::Propagation::Background,
        soon(),
        |_| {},
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn an_address_left_reserved_by_a_request_that_was_cut_off_is_freed_and_nobody_elses() {
    let (api, name) = connect().await;
    let client = client().await;
    let service = |name: &str, address: &str| {
        let spec = json!({"clusterIP": address, "ports": [{"port": 53}]});
        object(
            name,
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default"}, "spec": spec}),
        )
    };
    let reserve = async |address: &str, owner: &str| {
        let labels = json!({"ipaddress.kubernetes.io/ip-family": "IPv4", "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io"});
        let parent = json!({"resource": "services", "namespace": "default", "name": owner});
        let body = json!({"apiVersion": "networking.k8s.io/v1", "kind": "IPAddress",
            "metadata": {"name": address, "labels": labels}, "spec": {"parentRef": parent}});
        raw(
            &client,
            "POST",
            "/apis/networking.k8s.io/v1/ipaddresses",
            "application/json",
            body,
        )
        .await
    };
    reserve("10.43.0.77", &name).await;
    let live = apply_one(&api, &service(&name, "10.43.0.77"), soon(), |_| {})
        .await
        .unwrap();
    assert_eq!(live["spec"]["clusterIP"], "10.43.0.77");

    reserve("10.43.0.78", "somebody-elses").await;
    let other = format!("{name}-other");
    let error = apply_one(&api, &service(&other, "10.43.0.78"), soon(), |_| {})
        .await
        .unwrap_err();
    assert!(matches!(error, DeployError::Invalid { .. }), "{error}");
}
