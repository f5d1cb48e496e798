//! Comparing: what costs nothing, what costs one dry run, and what a change is told as.

use hoist_deploy::{Comparison, Inventory, Live, Mark, Object, Snapshot, apply_one, compare_all};
use serde_json::{Value, json};

use crate::server::{client, connect, object, raw, soon};

/// One of each sort of body that is hard to compare: defaulted keys, quantities, sets, atoms, maps.
fn sample(name: &str, image: &str, token: &str) -> Vec<Object> {
    let bodies: Vec<Value> = vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}),
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "app", "namespace": name}}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "app", "namespace": name, "annotations": {"a.b/c": "d"}},
            "data": {"Corefile": ".:53 {\n  errors\n}\n"}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "app", "namespace": name}, "stringData": {"token": token}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "app", "namespace": name},
            "spec": {"selector": {"app": "app"}, "ports": [{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53}]}}),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name},
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]}),
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "app", "namespace": name},
            "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "app"}}, "template": {
                "metadata": {"labels": {"app": "app"}},
                "spec": {"serviceAccountName": "app", "tolerations": [{"key": "a", "operator": "Exists"}],
                    "containers": [{"name": "app", "image": image, "args": ["-x"],
                        "ports": [{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53, "protocol": "TCP"}],
                        "env": [{"name": "T", "valueFrom": {"secretKeyRef": {"name": "app", "key": "token"}}}],
                        "resources": {"requests": {"cpu": "100m", "memory": "70Mi"}},
                        "securityContext": {"capabilities": {"drop": ["ALL"]}},
                        "volumeMounts": [{"name": "c", "mountPath": "/etc/c"}]}],
                    "volumes": [{"name": "c", "configMap": {"name": "app"}}]}}}}),
    ];
    bodies.into_iter().map(|body| object(name, body)).collect()
}

async fn look(api: &hoist_deploy::Api, discriminator: &str, objects: &[Object]) -> Snapshot {
    let mut snapshot = Snapshot::new(discriminator);
    snapshot.look(api, &Inventory::default().with(objects).kinds()).await;
    snapshot
}

#[tokio::test]
async fn what_was_applied_is_unchanged_without_a_dry_run() {
    let (api, name) = connect().await;
    let objects = sample(&name, "x:1", "secret");
    let before = look(&api, &name, &objects).await;
    for (id, found) in compare_all(&api, &objects, &before).await {
        assert_eq!(found, Comparison::Absent, "{id}");
    }
    for object in &objects {
        apply_one(&api, object, soon(), |_| {}).await.unwrap();
    }
    let began = api.calls();
    let after = look(&api, &name, &objects).await;
    for (id, found) in compare_all(&api, &objects, &after).await {
        assert_eq!(found, Comparison::Unchanged, "{id}");
    }
    let calls = api.calls();
    for object in &objects {
        let list = format!("list {}", object.id().of());
        assert_eq!(calls.of(&list) - began.of(&list), 1, "{list}");
    }
    assert_eq!(calls.of("dry-run"), 0);
    assert_eq!(calls.of("get"), began.of("get"));
}

#[tokio::test]
async fn a_changed_value_names_its_field_and_a_secret_its_key() {
    let (api, name) = connect().await;
    for object in &sample(&name, "x:1", "secret") {
        apply_one(&api, object, soon(), |_| {}).await.unwrap();
    }
    let wanted = sample(&name, "x:2", "other");
    let snapshot = look(&api, &name, &wanted).await;
    let mut told = Vec::new();
    for (id, found) in compare_all(&api, &wanted, &snapshot).await {
        match found {
            Comparison::Unchanged => {}
            Comparison::Changed(fields) => {
                for field in fields {
                    told.push(format!(
                        "{} {} {:?} {:?} {}",
                        id.kind, field.path, field.old, field.new, field.hidden
                    ));
                }
            }
            other => panic!("{id}: {other:?}"),
        }
    }
    assert_eq!(
        told,
        [
            "Secret data.token None None true",
            "Deployment spec.template.spec.containers[name=app].image Some(\"x:1\") Some(\"x:2\") false"
        ]
    );
    assert_eq!(api.calls().of("dry-run"), 2);
}

#[tokio::test]
async fn a_field_that_is_no_longer_desired_is_a_change() {
    let (api, name) = connect().await;
    let map = |data: Value| {
        object(
            &name,
            json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"}, "data": data}),
        )
    };
    apply_one(&api, &map(json!({"a": "1", "b": "2"})), soon(), |_| {})
        .await
        .unwrap();
    let wanted = [map(json!({"a": "1"}))];
    let snapshot = look(&api, &name, &wanted).await;
    let found = compare_all(&api, &wanted, &snapshot).await;
    let Comparison::Changed(fields) = &found[0].1 else {
        panic!("{found:?}")
    };
    assert_eq!(
        (fields[0].path.as_str(), fields[0].old.as_deref()),
        ("data.b", Some("2"))
    );
}

#[tokio::test]
async fn objects_of_others_are_known_by_name_and_left_alone() {
    let (api, name) = connect().await;
    let client = client().await;
    let theirs = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "theirs"}});
    raw(
        &client,
        "POST",
        "/api/v1/namespaces/default/configmaps",
        "application/json",
        theirs,
    )
    .await;
    let other = object(
        "another",
        json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": format!("{name}-other"), "namespace": "default"}}),
    );
    apply_one(&api, &other, soon(), |_| {}).await.unwrap();
    let wanted: Vec<Object> = [name.clone(), format!("{name}-other")]
        .map(|n| {
            object(
                &name,
                json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": n, "namespace": "default"}}),
            )
        })
        .into();
    let snapshot = look(&api, &name, &wanted).await;
    for (id, found) in compare_all(&api, &wanted, &snapshot).await {
        assert_eq!(found, Comparison::Foreign, "{id}");
    }
    assert_eq!(snapshot.ours().count(), 0);
}

#[tokio::test]
async fn a_conflict_shows_in_the_comparison() {
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
    let path = format!("/api/v1/namespaces/default/configmaps/{name}?fieldManager=some-controller");
    raw(
        &client,
        "PATCH",
        &path,
        "application/merge-patch+json",
        json!({"data": {"a": "theirs"}}),
    )
    .await;
    let wanted = [map("1")];
    let snapshot = look(&api, &name, &wanted).await;
    let found = compare_all(&api, &wanted, &snapshot).await;
    let Comparison::Refused(error) = &found[0].1 else {
        panic!("{found:?}")
    };
    assert!(error.to_string().contains("some-controller"), "{error}");
}

#[tokio::test]
async fn the_inventory_remembers_kinds() {
    let (api, name) = connect().await;
    let objects = sample(&name, "x:1", "secret");
    let mut inventory = Inventory::default().with(&objects).object(&name).unwrap();
    Mark {
        discriminator: name.clone(),
        component: "hoist".into(),
        tags: vec![],
    }
    .on(&mut inventory);
    apply_one(&api, &inventory, soon(), |_| {}).await.unwrap();
    let snapshot = look(&api, &name, std::slice::from_ref(&inventory)).await;
    assert!(matches!(snapshot.get(inventory.id()), Live::Ours(_)));
    let read = Inventory::read(&snapshot, &name);
    assert_eq!(read, Inventory::default().with(&objects));
}
