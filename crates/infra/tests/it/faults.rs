//! The fault matrix: each effect of steps fails before and after it happened, each write of the API loses its answer;
//! after a new process has taken over, the project is as if nothing had been.

use std::time::Duration;

use hoist_sandbox::emulator::{Answer, Effect, Fault};

use crate::rig::{CONVERGE, DESTROY, Hook, MACHINES, Rig};

fn planes() -> String {
    format!(
        "{MACHINES}  plane-b: {{ serverType: cpx32, location: nbg1, role: server }}\n  plane-c: {{ serverType: cpx32, location: hel1, role: server }}\n"
    )
}

/// Making a cluster, changing it, taking it away.
const PARTS: usize = 3;

/// What happens in each part when nothing goes wrong, and the world after it.
struct Reference {
    machines: String,
    effects: [Vec<String>; PARTS],
    worlds: [String; PARTS],
    writes: [u64; PARTS],
}

fn part(rig: &Rig, machines: &str, index: usize) -> (hoist_spec::Spec, hoist_model::Goal) {
    match index {
        0 => (rig.spec(machines), CONVERGE),
        1 => (rig.spec(&machines.replace("cx43", "cx53")), CONVERGE),
        _ => (rig.spec(&machines.replace("cx43", "cx53")), DESTROY),
    }
}

async fn reference(machines: String) -> Reference {
    let rig = Rig::new().await;
    let mut reference = Reference {
        machines,
        effects: Default::default(),
        worlds: Default::default(),
        writes: Default::default(),
    };
    for index in 0..PARTS {
        let (spec, goal) = part(&rig, &reference.machines, index);
        let hook = Hook::quiet();
        rig.emulator.clear_requests();
        rig.converge(&spec, goal, &hook).await;
        reference.writes[index] = rig.emulator.counters().mutations;
        let mut effects = hook.effects.lock().unwrap().clone();
        // Its steps are those of the other control planes.
        effects.retain(|effect| !effect.contains("plane-c"));
        effects.sort();
        effects.dedup();
        reference.effects[index] = effects;
        reference.worlds[index] = rig.world();
    }
    reference
}

/// Goes the whole way, with one thing going wrong in each part where there is one.
async fn with_trouble(reference: &Reference, trouble: impl Fn(usize) -> Option<Trouble>) {
    let rig = Rig::new().await;
    for index in 0..PARTS {
        let (spec, goal) = part(&rig, &reference.machines, index);
        let trouble = trouble(index);
        let name = trouble
            .as_ref()
            .map(|trouble| format!("{trouble:?}"))
            .unwrap_or_default();
        rig.emulator.clear_requests();
        let hook = match trouble {
            Some(Trouble::Effect(effect)) => Hook::failing(&effect),
            Some(Trouble::Write(nth)) => {
                // Its request is lost, and then the answer to the second try, which is the next write.
                for (nth, effect) in [(nth, Effect::DropBefore), (nth + 1, Effect::DropAfter)] {
                    rig.emulator.fault(Fault::once("write", "**", nth, effect));
                }
                Hook::quiet()
            }
            None => Hook::quiet(),
        };
        rig.converge(&spec, goal, &hook).await;
        rig.emulator.clear_faults();
        assert_eq!(rig.world(), reference.worlds[index], "after part {index}, with {name}");
        let struck = if name.starts_with("Write") {
            rig.emulator.requests().iter().filter(|request| request.fault).count() == 2
        } else {
            hook.fail.lock().unwrap().is_empty()
        };
        assert!(struck, "{name} did not happen");
    }
}

#[derive(Debug)]
enum Trouble {
    Effect(String),
    Write(u64),
}

#[tokio::test]
async fn each_effect_fails_before_and_after_it_happened() {
    let reference = reference(planes()).await;
    assert!(reference.effects[0].len() >= 16, "{:?}", reference.effects);
    let longest = reference.effects.iter().map(Vec::len).max().unwrap();
    for number in 0..longest {
        with_trouble(&reference, |part| {
            Some(Trouble::Effect(reference.effects[part].get(number)?.clone()))
        })
        .await;
    }
}

#[tokio::test]
async fn each_write_loses_its_request_and_then_its_answer() {
    let reference = reference(MACHINES.to_owned()).await;
    let longest = *reference.writes.iter().max().unwrap();
    for nth in 1..=longest {
        with_trouble(&reference, |part| {
            (nth <= reference.writes[part]).then_some(Trouble::Write(nth))
        })
        .await;
    }
}

/// Whatever the moment is: in the middle of a request, while a server is locked, between two effects.
#[tokio::test]
async fn a_process_that_is_killed_at_any_moment_is_followed_by_one_that_finishes() {
    let calm = Rig::new().await;
    calm.converge(&calm.spec(MACHINES), CONVERGE, &Hook::quiet()).await;
    let made = calm.world();
    let lives = (0..24).map(|number| {
        let made = made.clone();
        async move {
            // A second of Hetzner's takes five milliseconds.
            let rig = Rig::with(|config| config.scale(0.005)).await;
            let spec = rig.spec(MACHINES);
            let before = rig.world();
            for (goal, after) in [(CONVERGE, &made), (DESTROY, &before)] {
                for kill in 1..=3 {
                    let moment = Duration::from_millis(number * 7 + kill * 5);
                    let life = rig.infra();
                    let killed = tokio::time::timeout(moment, rig.run(&life, &spec, goal, &Hook::quiet())).await;
                    drop(killed);
                }
                rig.converge(&spec, goal, &Hook::quiet()).await;
                assert_eq!(&rig.world(), after, "killed every {} ms", number * 7);
            }
        }
    });
    futures::future::join_all(lives).await;
}

#[tokio::test]
async fn what_is_locked_for_a_while_is_waited_for() {
    let rig = Rig::new().await;
    let locked = Answer {
        status: 423,
        code: "locked".into(),
        message: "server is locked".into(),
    };
    rig.emulator.fault(Fault {
        method: Some("POST".into()),
        path: "/servers/*/actions/attach_to_network".into(),
        nth: 1,
        times: 4,
        effect: Effect::Respond(locked),
    });
    let hook = Hook::quiet();
    let run = rig.run(&rig.infra(), &rig.spec(MACHINES), CONVERGE, &hook).await;
    assert!(run.converged, "{run:?}");
    let progress = hook.progress.lock().unwrap();
    assert!(
        progress
            .iter()
            .any(|line| line.contains("waiting, because") && line.contains("server is locked")),
        "{progress:?}"
    );
}
