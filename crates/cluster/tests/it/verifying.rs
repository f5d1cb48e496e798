//! Verifying: by conditions, with evidence, and skipped where it cannot be told.

use hoist_model::{Check, CheckOutcome, Goal, Lookup};

use crate::world::{World, all, web};

fn lines(checks: &[Check], name: &str) -> String {
    let line = |check: &Check| match &check.outcome {
        CheckOutcome::Pass => format!("pass {}: {}", check.name, check.evidence.as_deref().unwrap_or("-")),
        CheckOutcome::Fail { why, .. } => format!("FAIL {}: {why}", check.name),
        CheckOutcome::Skip { why } => format!("skip {}: {why}", check.name),
    };
    checks
        .iter()
        .skip(1)
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
        .replace(name, "NAME")
}

#[tokio::test]
async fn what_is_deployed_and_ready_passes() {
    let world = World::new().await;
    let spec = world.spec(all(&world.name, "x:1", "secret"));
    world.apply(&spec).await;
    let checks = world
        .phase
        .checks(&world.at(&spec, Goal::Converge), &["gone".to_owned()])
        .await
        .unwrap();
    insta::assert_snapshot!(lines(&checks, &world.name), @r"
    FAIL node gone is Ready: it is not registered
    pass Deployment.apps/NAME/web is available: 1/1 available
    pass CustomResourceDefinition.apiextensions.k8s.io/things.NAME.example.com is established: InitialNamesAccepted
    pass Secret/NAME/token has its keys: token
    ");
}

#[tokio::test]
async fn what_is_missing_fails_and_no_cluster_too() {
    let mut world = World::new().await;
    let spec = world.spec(vec![web(&world.name, "x:1", "secret")]);
    let checks = world.phase.checks(&world.at(&spec, Goal::Converge), &[]).await.unwrap();
    insta::assert_snapshot!(lines(&checks, &world.name), @r"
    FAIL Deployment.apps/NAME/web is available: it does not exist
    FAIL Secret/NAME/token has its keys: it does not exist
    ");
    world.facts.cluster = Lookup::Absent;
    let checks = world.phase.checks(&world.at(&spec, Goal::Converge), &[]).await.unwrap();
    assert!(matches!(
        &checks[..],
        [Check {
            outcome: CheckOutcome::Fail { .. },
            ..
        }]
    ));
}
