//! Faults on request.

use std::time::Duration;

use hoist_sandbox::hosts::Fault;

use super::harness::{output, text, world};

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_happens_once() {
    let world = world();
    let host = world.debian("a").await;
    let fault = Fault::Fail {
        program: "systemd-run".into(),
        status: 9,
        message: "no space left".into(),
    };
    assert!(world.hosts.fault(host.id, fault));
    let failed = host.script("systemd-run --wait --quiet true").await;
    assert_eq!(
        (failed.status.code(), text(&failed.stderr)),
        (Some(9), "no space left\n".into())
    );
    host.run("systemd-run --wait --quiet true").await;

    world.hosts.fault(
        host.id,
        Fault::Hang {
            program: "journalctl".into(),
        },
    );
    let hanging = host.script("timeout 0.3 journalctl; echo $?").await;
    assert_eq!(text(&hanging.stdout), "124\n");

    world.hosts.fault(host.id, Fault::OtherHostKey);
    host.run("systemctl restart ssh").await;
    let changed = host.script("true").await;
    assert!(
        text(&changed.stderr).contains("IDENTIFICATION HAS CHANGED"),
        "{changed:?}"
    );
    assert!(!world.hosts.fault(99_999, Fault::SilentSsh));
    world.hosts.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sshd_may_accept_and_never_answer() {
    let world = world();
    let host = world.debian("a").await;
    world.hosts.fault(host.id, Fault::SilentSsh);
    let mut command = host.ssh();
    command.args(["-o", "ConnectTimeout=1", "true"]);
    let silent = tokio::time::timeout(Duration::from_secs(20), output(command, b""))
        .await
        .unwrap();
    assert!(text(&silent.stderr).contains("timed out"), "{silent:?}");
    assert_eq!(host.run("echo in").await, "in\n");
    world.hosts.stop().await;
}
