//! Applying converges: at once, a second plan is empty, and after a stop at any step.

use hoist_cluster::ClusterPhase;
use hoist_engine::linearize;
use hoist_model::{Phase, Status};

use crate::world::{Fixed, World, all};

#[tokio::test]
async fn a_second_plan_is_empty_and_costs_one_list_a_kind() {
    let world = World::new().await;
    let spec = world.spec(all(&world.name, "x:1", "secret"));
    world.apply(&spec).await;
    let before = world.phase.calls();
    let round = world.plan(&spec).await;
    assert_eq!(round.text(&world.name), "");
    let after = world.phase.calls();
    for (sort, count) in &after.0 {
        let made = count - before.of(sort);
        match sort.as_str() {
            list if list.starts_with("list ") => assert!(made <= 1, "{made} × {list}"),
            "discover" => assert_eq!(made, 2),
            other => assert_eq!(made, 0, "{other}"),
        }
    }
    let standing = world.phase.status(&round.desired, &round.observed);
    assert!(
        standing.iter().all(|(_, status)| *status == Status::Ready),
        "{standing:?}"
    );
}

#[tokio::test]
async fn stopped_after_each_step_it_goes_on() {
    let mut world = World::new().await;
    let spec = world.spec(all(&world.name, "x:1", "secret"));
    let first = world.plan(&spec).await.draft.steps.len();
    let mut rounds = 0;
    loop {
        // Another process knows nothing of the one before.
        world.phase = ClusterPhase::over(Fixed);
        let round = world.plan(&spec).await;
        assert!(round.draft.blocked.is_empty(), "{}", round.text(&world.name));
        let steps = linearize(round.draft.steps.clone()).unwrap();
        let Some(step) = steps.first() else { break };
        rounds += 1;
        assert!(rounds <= first + 2, "it does not converge: {}", round.text(&world.name));
        world.with_kubelet(world.perform(&round, step)).await.unwrap();
    }
    assert!(rounds >= first - 3, "{rounds} rounds for {first} steps");
}

#[tokio::test]
async fn each_step_may_be_repeated() {
    let world = World::new().await;
    let spec = world.spec(all(&world.name, "x:1", "secret"));
    let round = world.plan(&spec).await;
    world
        .with_kubelet(async {
            for step in linearize(round.draft.steps.clone()).unwrap() {
                for _ in 0..2 {
                    world
                        .perform(&round, &step)
                        .await
                        .unwrap_or_else(|error| panic!("{}: {error}", step.key));
                }
            }
        })
        .await;
    assert_eq!(world.plan(&spec).await.text(&world.name), "");
}
