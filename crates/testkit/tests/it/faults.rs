//! The fault matrix: each effect fails before it happens, fails after it, or the process is killed there; each time one run
//! after the other converges, a last plan is empty, nothing is there twice, and destroying leaves nothing.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::scenario;

/// More runs than there are effects is a run that does not converge.
const MOST_RUNS: usize = 120;

fn converges_under(fault: &str) {
    let scenario = scenario(fault, &[]);
    let clouds = ["HCLOUD_ENDPOINT", "CLOUDFLARE_API_BASE"];
    let before = clouds.map(|cloud| scenario.admin(cloud, "state"));
    let struck = scenario.folder().join("struck");
    let mut runs = 0;
    loop {
        runs += 1;
        let mut command = scenario.command(&["apply", "-y"]);
        command.env("HOIST_FAULT", fault).env("HOIST_FAULT_FILE", &struck);
        let output = command.output().unwrap();
        if output.status.code() == Some(0) {
            break;
        }
        let stderr = String::from_utf8_lossy(&output.stderr);
        let killed = output.status.code().is_none();
        assert!(killed == (fault == "kill-after"), "{}\n{stderr}", output.status);
        assert!(runs < MOST_RUNS, "no convergence after {runs} runs:\n{stderr}");
    }
    let struck = std::fs::read_to_string(&struck).unwrap();
    let kinds: Vec<&str> = struck.lines().collect();
    println!("{fault}: {} effects struck in {runs} runs", kinds.len());
    // Two servers are made at once: a kill at the one's making may catch the other's answer on its way.
    assert!(
        kinds
            .iter()
            .any(|kind| kind.starts_with("server/") && kind.ends_with(" create")),
        "{kinds:?}"
    );
    for expected in [
        "node/kube-control kexec",
        "node/kube-control nixos-install",
        "node/kube-control reboot",
        "Deployment.apps perform",
    ] {
        assert!(kinds.contains(&expected), "{expected} was not struck: {kinds:?}");
    }
    assert!(kinds.len() >= 30, "only {} effects were struck: {kinds:?}", kinds.len());
    let again = scenario.hoist(&["plan", "-o", "json"]).expect(0);
    assert!(again.json()["steps"].as_array().unwrap().is_empty(), "{}", again.stdout);
    no_name_is_there_twice(&scenario.admin("HCLOUD_ENDPOINT", "state"));
    scenario
        .hoist(&["destroy", "-y", "--allow", "delete:cluster/vanixiets"])
        .expect(0);
    assert_eq!(before, clouds.map(|cloud| scenario.admin(cloud, "state")));
}

fn no_name_is_there_twice(state: &Value) {
    for (kind, things) in state.as_object().unwrap() {
        let mut names = BTreeMap::new();
        for thing in things.as_array().into_iter().flatten() {
            if let Some(name) = thing["name"].as_str() {
                *names.entry(name).or_insert(0) += 1;
            }
        }
        assert!(names.values().all(|&times| times == 1), "{kind}: {names:?}");
    }
}

#[test]
fn each_effect_fails_before_it_happens() {
    converges_under("fail-before");
}

#[test]
fn each_effect_happens_and_fails() {
    converges_under("fail-after");
}

#[test]
fn the_process_is_killed_after_each_effect() {
    converges_under("kill-after");
}
