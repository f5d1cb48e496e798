//! An installed machine and the sandbox's real control plane: what k3s's boot brings up, and who reaches it.

use std::process::Stdio;

use tokio::io::AsyncReadExt;

use super::harness::{PORT, World, text, world_with_cluster};
use super::installing::{install, k3s, settings};

async fn server(world: &World) -> super::harness::Host {
    let host = world.debian("kube").await;
    // The address of its own is all that it has: no fixed one, which other machines of these tests have too.
    let k3s = k3s("server", "v1.36.3+k3s1").replace("--node-taint=gpu=yes:NoSchedule", "--node-label=b=c");
    install(&host, &settings(world, "kube", PORT, &k3s)).await;
    host.until("[ \"$(systemctl is-active k3s)\" != activating ]").await;
    host
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installed_server_is_a_real_cluster() {
    let (world, plane) = world_with_cluster();
    let host = server(&world).await;
    let journal = host.run("journalctl -u k3s -o cat").await;
    assert_eq!(
        host.run("systemctl is-active k3s || true").await,
        "active\n",
        "{journal}"
    );
    assert_eq!(host.run("k3s kubectl get --raw /readyz").await, "ok\n");
    let node: serde_json::Value =
        serde_json::from_str(&host.run("kubectl get --raw /api/v1/nodes/kube").await).unwrap();
    assert_eq!(node["metadata"]["labels"]["pool"], "a");
    assert_eq!(node["status"]["nodeInfo"]["kubeletVersion"], "v1.36.3+k3s1");
    let missing = host.script("kubectl get --raw /api/v1/nodes/other").await;
    assert!(text(&missing.stderr).contains("HTTP 404"), "{missing:?}");

    // The API through the machine, as its own loopback, by OpenSSH's own forwarding.
    let mut forwarding = host.ssh();
    forwarding
        .args(["-W", "127.0.0.1:6443"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    let mut forwarding = forwarding.spawn().unwrap();
    let mut greeting = forwarding.stdin.take().unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut greeting, b"GET / HTTP/1.0\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    forwarding
        .stdout
        .take()
        .unwrap()
        .read_to_end(&mut answer)
        .await
        .unwrap();
    assert!(
        text(&answer).contains("HTTP request to an HTTPS server"),
        "{}",
        text(&answer)
    );

    // The cluster is the same after a reboot.
    let uid = node["metadata"]["uid"].clone();
    host.reboot().await;
    host.until("kubectl get --raw /readyz").await;
    let node: serde_json::Value =
        serde_json::from_str(&host.run("kubectl get --raw /api/v1/nodes/kube").await).unwrap();
    assert_eq!(node["metadata"]["uid"], uid);
    world.hosts.stop().await;
    plane.shutdown().await;
}
