//! Plans: of nothing, of a cluster out of reach, of what is in the way.

use hoist_model::{ClusterAccess, Facts, Goal, Lookup, Phase, Secret};
use serde_json::json;

use crate::server::raw;
use crate::world::{World, all, component, web};

#[tokio::test]
async fn the_plan_for_no_cluster_is_complete_and_in_order() {
    let mut world = World::new().await;
    world.facts = Facts::default();
    let spec = world.spec(all(&world.name, "x:1", "secret"));
    let round = world.plan(&spec).await;
    assert!(round.draft.steps.iter().all(|step| step.provisional));
    insta::assert_snapshot!(round.text(&world.name), @r"
    create ConfigMap/kube-system/hoist-inventory-NAME: does not exist
    create CustomResourceDefinition.apiextensions.k8s.io/things.NAME.example.com: does not exist
    await ready/definitions: its objects change
    create Namespace/NAME: does not exist
    create ConfigMap/NAME/web: does not exist
    create Secret/NAME/token: does not exist
    create Service/NAME/web: does not exist
    create ServiceAccount/NAME/web: does not exist
    create ClusterRole.rbac.authorization.k8s.io/NAME-web: does not exist
    create ClusterRoleBinding.rbac.authorization.k8s.io/NAME-web: does not exist
    create Deployment.apps/NAME/web: does not exist
    await ready/web: its objects change
    create Thing.NAME.example.com/NAME/one: does not exist
    await ready/things: its objects change
    ");
    let ready: Vec<String> = round
        .step(&format!("Thing.{0}.example.com/{0}/one", world.name))
        .needs
        .iter()
        .map(ToString::to_string)
        .collect();
    insta::assert_snapshot!(ready.join("\n").replace(&world.name, "NAME"), @r"
    ConfigMap/kube-system/hoist-inventory-NAME
    CustomResourceDefinition.apiextensions.k8s.io/things.NAME.example.com
    Namespace/NAME
    ready/definitions
    ready/web
    ");
    let standing = world.phase.status(&round.desired, &round.observed);
    assert!(
        standing
            .iter()
            .all(|(_, status)| *status == hoist_model::Status::Missing)
    );
    assert_eq!(world.phase.calls(), Default::default());
}

#[tokio::test]
async fn a_cluster_out_of_reach_blocks_and_is_not_taken_for_absent() {
    let mut world = World::new().await;
    let kubeconfig = crate::server::kubeconfig().replace(":6443", ":1");
    let server = "https://nobody:1".to_owned();
    world.facts.cluster = Lookup::Present(ClusterAccess {
        kubeconfig: Secret::from(kubeconfig),
        server,
    });
    let spec = world.spec(all(&world.name, "x:1", "secret"));
    let round = world.plan(&spec).await;
    insta::assert_snapshot!(round.text(&world.name), @"blocked cluster/NAME: the API server at https://nobody:1: discover what is served: the API server did not answer: Connection refused (os error 111)");
    world.facts.cluster = Lookup::Unknown("the host does not answer".into());
    let round = world.plan(&spec).await;
    insta::assert_snapshot!(round.text(&world.name), @"blocked cluster/NAME: the host does not answer");
    let destroy = world.survey(&spec, Goal::Destroy { abandon_cluster: false }).await;
    assert_eq!(destroy.draft.blocked.len(), 1);
    let abandon = world.survey(&spec, Goal::Destroy { abandon_cluster: true }).await;
    assert!(abandon.draft.steps.is_empty() && abandon.draft.blocked.is_empty());
}

#[tokio::test]
async fn an_object_of_others_is_in_the_way_and_left_alone() {
    let world = World::new().await;
    let name = &world.name;
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    raw(
        &world.client,
        "POST",
        "/api/v1/namespaces",
        "application/json",
        namespace,
    )
    .await;
    let theirs =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"size": "theirs"}});
    let path = format!("/api/v1/namespaces/{name}/configmaps");
    let before = raw(&world.client, "POST", &path, "application/json", theirs).await;
    let spec = world.spec(vec![web(name, "x:1", "secret")]);
    let round = world.plan(&spec).await;
    insta::assert_snapshot!(round.text(name), @r"
    create ConfigMap/kube-system/hoist-inventory-NAME: does not exist
    create Secret/NAME/token: does not exist
    create Service/NAME/web: does not exist
    create ServiceAccount/NAME/web: does not exist
    create ClusterRole.rbac.authorization.k8s.io/NAME-web: does not exist
    create ClusterRoleBinding.rbac.authorization.k8s.io/NAME-web: does not exist
    create Deployment.apps/NAME/web: does not exist
    await ready/web: its objects change
    blocked ConfigMap/NAME/web: an object of this name exists and does not belong to this cluster's hoist
    ");
    let deployment = round.step(&format!("Deployment.apps/{name}/web"));
    assert!(
        deployment
            .needs
            .iter()
            .any(|need| need.to_string() == format!("ConfigMap/{name}/web"))
    );
    let after = raw(
        &world.client,
        "GET",
        &format!("{path}/web"),
        "application/json",
        json!({}),
    )
    .await;
    assert_eq!(before, after);
}

#[tokio::test]
async fn what_cannot_be_is_said_before_anything_is_done() {
    let world = World::new().await;
    let map = || json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    let components = vec![
        component(
            "a",
            "x",
            &["b"],
            vec![map(), json!({"kind": "ConfigMap", "metadata": {"name": "b"}})],
        ),
        component("b", "x", &["a", "c"], vec![map()]),
    ];
    let spec = world.spec(components);
    let at = world.at(&spec, Goal::Converge);
    let inputs = world.phase.gather(&at).await.unwrap();
    let observed = world.phase.observe(&at).await;
    let Err(problems) = world.phase.desired(&at, &inputs, &observed) else {
        panic!("no problem was found")
    };
    insta::assert_snapshot!(problems, @r"
    component a needs itself, through what it needs
    component b needs c, which is not there
      hint: enable c
    component b needs itself, through what it needs
    component a: ConfigMap b has no `apiVersion`: each Kubernetes object needs apiVersion, kind and metadata.name
    ConfigMap/x/a is in component a and in component b
      hint: one object belongs to one component: take it out of one of them
    ");
}
