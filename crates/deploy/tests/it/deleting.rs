//! Deleting: only what is ours, until it is gone, and with the reason where it does not go.

use std::time::{Duration, Instant};

use hoist_deploy::{DeployError, Propagation, apply_one, delete};
use serde_json::json;

use crate::server::{client, connect, object, raw, soon};

#[tokio::test]
async fn our_object_goes_and_a_second_time_is_fine() {
    let (api, name) = connect().await;
    let map = object(
        &name,
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}}),
    );
    apply_one(&api, &map, soon(), |_| {}).await.unwrap();
    assert!(
        delete(&api, map.id(), Some(&name), Propagation::Foreground, soon(), |_| {})
            .await
            .unwrap()
    );
    assert!(
        !delete(&api, map.id(), Some(&name), Propagation::Foreground, soon(), |_| {})
            .await
            .unwrap()
    );
    assert!(api.get(map.id()).await.unwrap().is_none());
}

#[tokio::test]
async fn an_object_of_another_deployment_stays() {
    let (api, name) = connect().await;
    let map = object(
        "another",
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}}),
    );
    apply_one(&api, &map, soon(), |_| {}).await.unwrap();
    let error = delete(&api, map.id(), Some(&name), Propagation::Foreground, soon(), |_| {})
        .await
        .unwrap_err();
    assert!(matches!(error, DeployError::NotOurs { .. }), "{error}");
    assert!(api.get(map.id()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_finalizer_that_holds_it_is_named() {
    let (api, name) = connect().await;
    let map = object(
        &name,
        json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default", "finalizers": ["example.com/hold"]}}),
    );
    apply_one(&api, &map, soon(), |_| {}).await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(3);
    let error = delete(&api, map.id(), Some(&name), Propagation::Background, deadline, |_| {})
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("waits for its finalizers: example.com/hold"),
        "{error}"
    );
    let path = format!("/api/v1/namespaces/default/configmaps/{name}");
    let free = json!({"metadata": {"finalizers": null}});
    let wait = delete(&api, map.id(), Some(&name), Propagation::Background, soon(), |_| {});
    let client = client().await;
    let (gone, _) = tokio::join!(wait, raw(&client, "PATCH", &path, "application/merge-patch+json", free));
    gone.unwrap();
}
