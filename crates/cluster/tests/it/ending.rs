//! The end of a cluster: only what holds something outside it goes, whoever made it.

use hoist_model::{Goal, Risk};
use serde_json::json;

use crate::server::raw;
use crate::world::World;

#[tokio::test]
async fn load_balancers_are_released_and_nothing_else_is_touched() {
    let world = World::new().await;
    let service = |name: &str, kind: &str| {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
        "spec": {"type": kind, "ports": [{"port": 80}]}})
    };
    let path = "/api/v1/namespaces/default/services";
    let balanced = format!("{}-lb", world.name);
    raw(
        &world.client,
        "POST",
        path,
        "application/json",
        service(&balanced, "LoadBalancer"),
    )
    .await;
    raw(
        &world.client,
        "POST",
        path,
        "application/json",
        service(&world.name, "ClusterIP"),
    )
    .await;
    let spec = world.spec(Vec::new());
    let round = world.survey(&spec, Goal::Destroy { abandon_cluster: false }).await;
    let keys: Vec<String> = round.draft.steps.iter().map(|step| step.key.to_string()).collect();
    assert_eq!(keys, [format!("Service/default/{balanced}")]);
    assert!(matches!(&round.draft.steps[0].risk, Risk::Destructive(lost) if lost.contains("load balancer")));
    world.perform(&round, &round.draft.steps[0]).await.unwrap();
    let again = world.survey(&spec, Goal::Destroy { abandon_cluster: false }).await;
    assert!(again.draft.steps.is_empty() && again.draft.blocked.is_empty());
}
