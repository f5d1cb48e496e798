//! Ctrl-C in the middle: running steps are finished, no other is begun, and the same command goes on from there.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::scenario;

#[test]
fn the_first_interrupt_finishes_what_runs_and_the_next_run_goes_on() {
    let scenario = scenario("stop", &[]);
    let mut command = scenario.command(&["apply", "-y", "-o", "json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut events = BufReader::new(child.stdout.take().unwrap()).lines().map(|line| {
        let line = line.unwrap();
        serde_json::from_str::<serde_json::Value>(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    });
    let installing = |event: &serde_json::Value| event["event"] == "stepStarted" && event["key"] == "node/kube-control";
    assert!(events.any(|event| installing(&event)), "the node was never installed");
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();

    let rest: Vec<_> = events.collect();
    let is = |event: &serde_json::Value, name: &str| event["event"] == name;
    assert!(rest.iter().any(|event| is(event, "stopping")), "{rest:?}");
    assert!(
        rest.iter()
            .any(|event| is(event, "stepFinished") && event["key"] == "node/kube-control"),
        "{rest:?}"
    );
    assert!(
        !rest.iter().any(|event| is(event, "stepStarted")),
        "a step was begun after the interrupt: {rest:?}"
    );
    assert_eq!(rest.last().unwrap()["converged"], false);
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(130),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );

    scenario.hoist(&["apply", "-y"]).expect(0);
    scenario.hoist(&["plan"]).expect(0);
}
