//! systemd's units as hoist uses them.

use super::harness::{text, world};

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_outlives_its_connection_and_is_joined_by_name() {
    let world = world();
    let host = world.debian("a").await;
    let show = "systemctl show -p ActiveState,SubState -p Result,ExecMainStatus w.service";
    let missing = host.run(show).await;
    assert_eq!(
        missing,
        "ActiveState=inactive\nSubState=dead\nResult=success\nExecMainStatus=0\n"
    );

    host.run("mkfifo /root/go; systemd-run --quiet --unit=w --remain-after-exit --description='a b' --setenv=A='x y' /bin/sh -c 'echo begins; read l </root/go; echo \"$A\" > /root/ran'").await;
    assert_eq!(
        host.run(show).await,
        "ActiveState=active\nSubState=running\nResult=success\nExecMainStatus=0\n"
    );
    let again = host.script("systemd-run --unit=w true").await;
    assert!(
        text(&again.stderr).contains("Unit w.service was already loaded"),
        "{again:?}"
    );
    assert_eq!(host.run("journalctl -u w -n 1 -o cat --no-pager").await, "begins\n");
    host.run("echo go > /root/go").await;
    host.until("systemctl show -p SubState w | grep -q exited").await;
    assert_eq!(host.run("cat /root/ran; systemctl is-active w").await, "x y\nactive\n");
    host.run("systemctl stop w.service").await;
    assert_eq!(host.run(show).await, missing);
    world.hosts.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_fails_says_how() {
    let world = world();
    let host = world.debian("a").await;
    let waited = host
        .script("systemd-run --quiet --wait --unit=f /bin/sh -c 'echo why; exit 3'")
        .await;
    assert_eq!(waited.status.code(), Some(3), "{waited:?}");
    assert_eq!(
        host.run(
            "systemctl show -p ActiveState,Result,ExecMainStatus f; systemctl is-failed f; journalctl -u f -o cat"
        )
        .await,
        "ActiveState=failed\nResult=exit-code\nExecMainStatus=3\nfailed\nwhy\n"
    );
    host.run("systemctl reset-failed f.service").await;
    assert_eq!(host.run("systemctl is-failed f || true").await, "inactive\n");
    let killed = host
        .script(
            "systemd-run --quiet --wait --unit=k /bin/sh -c 'kill -9 $$'; systemctl show -p Result,ExecMainStatus k",
        )
        .await;
    assert_eq!(text(&killed.stdout), "Result=signal\nExecMainStatus=9\n");
    let collected = host
        .script("systemd-run --quiet --wait --collect --unit=c false; systemctl show -p LoadState c")
        .await;
    assert_eq!(text(&collected.stdout), "LoadState=not-found\n");

    let piped = host
        .script("echo input | systemd-run --pipe --wait --collect --quiet --unit=p cat; echo $?")
        .await;
    assert_eq!(text(&piped.stdout), "input\n0\n", "{piped:?}");

    host.run("systemd-run --quiet --unit=s sleep 1000").await;
    host.until("grep -q s[l]eep /proc/[0-9]*/cmdline").await;
    host.run("systemctl stop s").await;
    assert_eq!(
        host.run(
            "systemctl is-active s || true; cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c 's[l]eep 1000' || true"
        )
        .await,
        "inactive\n0\n"
    );

    let unknown = host.script("systemd-run --frobnicate x").await;
    assert!(
        text(&unknown.stderr).contains("does not know --frobnicate"),
        "{unknown:?}"
    );
    let unknown = host.script("systemctl try-restart ssh.socket").await;
    assert_eq!(
        (
            unknown.status.code(),
            text(&unknown.stderr).contains("Unit ssh.socket not found")
        ),
        (Some(5), true)
    );
    world.hosts.stop().await;
}
