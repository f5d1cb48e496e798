//! Many objects: what is asked of the API server grows with the kinds, not with the objects.

use futures::stream::{self, StreamExt};
use hoist_deploy::{Comparison, Inventory, Object, Snapshot, apply_one, compare_all};
use serde_json::json;

use crate::server::{connect, object, soon};

const KINDS: [(&str, &str); 4] = [
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "ServiceAccount"),
    ("rbac.authorization.k8s.io/v1", "Role"),
];

#[tokio::test]
async fn a_thousand_unchanged_objects_cost_four_lists() {
    let (api, name) = connect().await;
    let namespace = object(
        &name,
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}),
    );
    apply_one(&api, &namespace, soon(), |_| {}).await.unwrap();
    let mut objects: Vec<Object> = Vec::new();
    for index in 0..1000 {
        let (version, kind) = KINDS[index % 4];
        let metadata = json!({"name": format!("o{index}"), "namespace": name});
        objects.push(object(
            &name,
            json!({"apiVersion": version, "kind": kind, "metadata": metadata}),
        ));
    }
    let mut applying = Vec::new();
    for object in &objects {
        applying.push(apply_one(&api, object, soon(), |_| {}));
    }
    let applied: Vec<_> = stream::iter(applying).buffer_unordered(32).collect().await;
    assert!(applied.iter().all(Result::is_ok));

    let before = api.calls();
    let mut snapshot = Snapshot::new(&name);
    snapshot.look(&api, &Inventory::default().with(&objects).kinds()).await;
    let found = compare_all(&api, &objects, &snapshot).await;
    assert!(found.iter().all(|(_, comparison)| *comparison == Comparison::Unchanged));
    let calls = |calls: &hoist_deploy::Calls| calls.0.values().sum::<usize>();
    assert_eq!(calls(&api.calls()) - calls(&before), 4);
}
