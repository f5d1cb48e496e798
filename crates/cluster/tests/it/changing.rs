//! Changes: a value, a secret, an object that is gone, something that is not ready, a Job.

use hoist_model::Risk;
use serde_json::json;

use crate::server::raw;
use crate::world::{World, all, component, definitions, web};

#[tokio::test]
async fn one_value_names_its_object_and_field() {
    let world = World::new().await;
    world.apply(&world.spec(all(&world.name, "x:1", "secret"))).await;
    let spec = world.spec(all(&world.name, "x:2", "secret"));
    let round = world.plan(&spec).await;
    insta::assert_snapshot!(round.text(&world.name), @r"
    update Deployment.apps/NAME/web: spec.template.spec.containers[name=web].image: x:1 → x:2
    await ready/web: its objects change
    ");
    assert_eq!(world.phase.calls().of("dry-run"), 1);
    world.apply(&spec).await;
    assert_eq!(world.plan(&spec).await.text(&world.name), "");
}

#[tokio::test]
async fn one_secret_names_its_key_and_restarts_what_reads_it() {
    let world = World::new().await;
    world.apply(&world.spec(all(&world.name, "x:1", "first-value"))).await;
    let spec = world.spec(all(&world.name, "x:1", "other-value"));
    let round = world.plan(&spec).await;
    insta::assert_snapshot!(round.text(&world.name), @r"
    update Secret/NAME/token: data.token changed (secret)
    update Deployment.apps/NAME/web: Secret/NAME/token changes, which it reads
    await ready/web: its objects change
    ");
    let all_of_it = format!("{:?}{}", round.draft, round.text(&world.name));
    for value in ["first-value", "other-value", "Zmlyc3QtdmFsdWU", "b3RoZXItdmFsdWU"] {
        assert!(!all_of_it.contains(value), "{value} is in the plan");
    }
    // A crash between the Secret and its reader: the reader still restarts.
    let secret = round.step(&format!("Secret/{}/token", world.name));
    world.perform(&round, secret).await.unwrap();
    let round = world.plan(&spec).await;
    insta::assert_snapshot!(round.text(&world.name), @r"
    update Deployment.apps/NAME/web: Secret/NAME/token changes, which it reads
    await ready/web: its objects change
    ");
    world.apply(&spec).await;
    assert_eq!(world.plan(&spec).await.text(&world.name), "");
}

#[tokio::test]
async fn what_is_no_longer_wanted_goes_last_and_with_its_own_word() {
    let world = World::new().await;
    let name = &world.name;
    world.apply(&world.spec(all(name, "x:1", "secret"))).await;
    let spec = world.spec(vec![definitions(name)]);
    let round = world.plan(&spec).await;
    insta::assert_snapshot!(round.text(name), @r"
    delete Service/NAME/web: component web is no longer wanted
    delete Thing.NAME.example.com/NAME/one: component things is no longer wanted
    delete Deployment.apps/NAME/web: component web is no longer wanted
    delete ConfigMap/NAME/web: component web is no longer wanted
    delete Secret/NAME/token: component web is no longer wanted
    delete ServiceAccount/NAME/web: component web is no longer wanted
    delete Namespace/NAME: component web is no longer wanted
    delete ClusterRoleBinding.rbac.authorization.k8s.io/NAME-web: component web is no longer wanted
    delete ClusterRole.rbac.authorization.k8s.io/NAME-web: component web is no longer wanted
    ");
    let risks: Vec<String> = round
        .draft
        .steps
        .iter()
        .filter_map(|step| match &step.risk {
            Risk::Destructive(lost) => Some(format!("{}: {lost}", step.key).replace(name.as_str(), "NAME")),
            _ => None,
        })
        .collect();
    insta::assert_snapshot!(risks.join("\n"), @r"
    Namespace/NAME: everything in the namespace
    Secret/NAME/token: its values, unless they are kept elsewhere
    Thing.NAME.example.com/NAME/one: what its controller holds for it
    ");
    world.apply(&spec).await;
    assert_eq!(world.plan(&spec).await.text(name), "");
}

#[tokio::test]
async fn an_object_that_is_to_stay_is_not_pruned() {
    let world = World::new().await;
    let keep = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "kept", "annotations": {"helm.sh/resource-policy": "keep"}}});
    let both = world.spec(vec![component("a", &world.name, &[], vec![keep])]);
    world.apply(&both).await;
    let none = world.spec(vec![component("a", &world.name, &[], vec![])]);
    let text = world.plan(&none).await.text(&world.name);
    assert!(!text.contains("kept"), "{text}");
}

#[tokio::test]
async fn what_is_not_ready_is_awaited_although_nothing_changes() {
    let world = World::new().await;
    let spec = world.spec(vec![web(&world.name, "x:1", "secret")]);
    let round = world.plan(&spec).await;
    for step in hoist_engine::linearize(round.draft.steps.clone()).unwrap() {
        if step.verb.changes() {
            world.perform(&round, &step).await.unwrap();
        }
    }
    let round = world.plan(&spec).await;
    let text = round.text(&world.name);
    assert!(
        text.starts_with("await ready/web: not ready: Deployment.apps/NAME/web: "),
        "{text}"
    );
    assert_eq!(round.draft.steps.len(), 1);
    world.apply(&spec).await;
    assert_eq!(world.plan(&spec).await.text(&world.name), "");
}

#[tokio::test]
async fn a_deleted_object_and_a_field_changed_by_hand_come_back() {
    let world = World::new().await;
    let name = &world.name;
    let spec = world.spec(vec![web(name, "x:1", "secret")]);
    world.apply(&spec).await;
    let path = |rest: &str| format!("/api/v1/namespaces/{name}/{rest}");
    raw(
        &world.client,
        "DELETE",
        &path("services/web"),
        "application/json",
        json!({}),
    )
    .await;
    let by_hand = path("configmaps/web?fieldManager=kubectl-edit");
    raw(
        &world.client,
        "PATCH",
        &by_hand,
        "application/merge-patch+json",
        json!({"data": {"size": "9"}}),
    )
    .await;
    let round = world.plan(&spec).await;
    insta::assert_snapshot!(round.text(name), @r"
    update ConfigMap/NAME/web: data.size: 9 → 1
    create Service/NAME/web: does not exist
    await ready/web: its objects change
    ");
    world.apply(&spec).await;
    assert_eq!(world.plan(&spec).await.text(name), "");
}

#[tokio::test]
async fn a_changed_job_runs_again() {
    let world = World::new().await;
    let job = |image: &str| {
        let pod = json!({"restartPolicy": "Never", "containers": [{"name": "c", "image": image}]});
        let body = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"},
            "spec": {"suspend": true, "ttlSecondsAfterFinished": 1, "template": {"spec": pod}}});
        vec![component("a", &world.name, &[], vec![body])]
    };
    let first = world.spec(job("x:1"));
    let round = world.plan(&first).await;
    for step in hoist_engine::linearize(round.draft.steps.clone())
        .unwrap()
        .iter()
        .filter(|step| step.verb.changes())
    {
        world.perform(&round, step).await.unwrap();
    }
    let second = world.spec(job("x:2"));
    let round = world.plan(&second).await;
    insta::assert_snapshot!(round.text(&world.name), @r"
    replace Job.batch/NAME/j: a Job cannot be changed once it runs: it is made anew and runs again
    await ready/a: its objects change
    ");
    let replace = round.step(&format!("Job.batch/{}/j", world.name));
    world.perform(&round, replace).await.unwrap();
    let text = world.plan(&second).await.text(&world.name);
    assert_eq!(text, "await ready/a: not ready: Job.batch/NAME/j: is suspended");
}

#[tokio::test]
async fn an_object_that_somebody_is_deleting_is_made_anew() {
    let world = World::new().await;
    let name = &world.name;
    let held = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "held", "namespace": "default", "finalizers": ["example.com/hold"]}});
    let held = |finalizer: bool| {
        let mut body = held.clone();
        body["metadata"]["name"] = format!("{name}-held").into();
        if !finalizer {
            body["metadata"]["finalizers"].take();
        }
        world.spec(vec![component("a", "default", &[], vec![body])])
    };
    world.apply(&held(true)).await;
    let path = format!("/api/v1/namespaces/default/configmaps/{name}-held");
    raw(&world.client, "DELETE", &path, "application/json", json!({})).await;
    let spec = held(false);
    let round = world.plan(&spec).await;
    insta::assert_snapshot!(round.text(name), @"create ConfigMap/default/NAME-held: it is being deleted: it is made anew once it is gone");
    let step = round.step(&format!("ConfigMap/default/{name}-held"));
    let free = json!({"metadata": {"finalizers": null}});
    let (done, _) = tokio::join!(
        world.perform(&round, step),
        raw(&world.client, "PATCH", &path, "application/merge-patch+json", free)
    );
    done.unwrap();
    assert_eq!(world.plan(&spec).await.text(name), "");
}

#[tokio::test]
async fn a_key_that_leaves_a_secret_restarts_what_reads_it() {
    let world = World::new().await;
    let with = |more: serde_json::Value| {
        let mut web = web(&world.name, "x:1", "secret");
        for object in web.objects.iter_mut().filter(|object| object["kind"] == "Secret") {
            object["stringData"]["more"] = more.clone();
        }
        world.spec(vec![web])
    };
    world.apply(&with("value".into())).await;
    let spec = with(serde_json::Value::Null);
    let round = world.plan(&spec).await;
    insta::assert_snapshot!(round.text(&world.name), @r"
    update Secret/NAME/token: data.more changed (secret)
    update Deployment.apps/NAME/web: Secret/NAME/token changes, which it reads
    await ready/web: its objects change
    ");
    world.apply(&spec).await;
    assert_eq!(world.plan(&spec).await.text(&world.name), "");
}
