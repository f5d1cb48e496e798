//! Reboots, more than one server, the end of a cluster, and the end of the process that runs it.

use std::process::{Command, Stdio};

use hoist_sandbox::seams::Kubernetes as _;
use k8s_openapi::api::core::v1::{ConfigMap, Node};
use kube::Api;
use kube::api::PostParams;
use serde_json::json;

use super::cluster::{install_cilium, ready};
use super::harness::{RUNTIME, agent, client, eventually, host, server, up};

async fn note(client: &kube::Client, name: &str) {
    let api: Api<ConfigMap> = Api::namespaced(client.clone(), "default");
    let map = serde_json::from_value(json!({ "metadata": { "name": name } })).unwrap();
    api.create(&PostParams::default(), &map).await.unwrap();
}

async fn noted(client: &kube::Client, name: &str) -> bool {
    let api: Api<ConfigMap> = Api::namespaced(client.clone(), "default");
    api.get_opt(name).await.unwrap().is_some()
}

#[test]
fn a_reboot_keeps_data_and_certificates_and_forgetting_wipes_both() {
    RUNTIME.block_on(async {
        let up = up("reboot", |_| ()).await;
        note(&up.client, "before").await;
        up.plane.stop("control").await.unwrap();
        let refused = tokio::net::TcpStream::connect((up.node.address, 6443)).await;
        assert!(refused.is_err(), "the API server is still there");
        assert!(up.plane.kubeconfig().await.is_err());

        // An agent that boots meanwhile waits for the server.
        let worker = agent("worker", 11, &up);
        let (again, joined) = tokio::join!(up.plane.start(up.node.clone()), up.plane.start(worker));
        again.unwrap();
        joined.unwrap();
        // The client of before still trusts and is trusted.
        assert!(noted(&up.client, "before").await);
        let nodes: Api<Node> = Api::all(up.client.clone());
        assert!(nodes.get_opt("worker").await.unwrap().is_some());

        // A machine that goes off while nobody can note it is found to be off.
        install_cilium(&up.client).await;
        eventually("the agent to be ready", async || {
            (ready(&nodes.get("worker").await.ok()?) == "True").then_some(())
        })
        .await;
        up.plane.stop("control").await.unwrap();
        up.plane.stop("worker").await.unwrap();
        up.plane.start(up.node.clone()).await.unwrap();
        assert_eq!(ready(&nodes.get("worker").await.unwrap()), "False");

        up.plane.forget("control").await.unwrap();
        let new = up.plane.start(up.node.clone()).await.unwrap().unwrap();
        assert!(
            up.client.apiserver_version().await.is_err(),
            "a client of the old cluster is let in"
        );
        let client = client(&new, up.node.address).await;
        assert!(!noted(&client, "before").await);
        assert!(Api::<Node>::all(client).get_opt("worker").await.unwrap().is_none());
        up.plane.shutdown().await;
    });
}

#[test]
fn a_second_server_joins_and_carries_on_alone() {
    RUNTIME.block_on(async {
        let up = up("two", |_| ()).await;
        install_cilium(&up.client).await;
        let std::net::IpAddr::V4(address) = up.node.address else {
            unreachable!()
        };
        let mut second = server("second", host(address, 12), &up.state);
        let error = up.plane.start(second.clone()).await.unwrap_err().to_string();
        assert!(error.contains("control") && error.contains("join"), "{error}");
        second.join = Some("https://10.0.1.10:6443".to_owned());
        second.token = "guessed".into();
        let error = up.plane.start(second.clone()).await.unwrap_err().to_string();
        assert!(error.contains("token") && !error.contains("guessed"), "{error}");
        second.token = up.node.token.clone();
        let kubeconfig = up.plane.start(second.clone()).await.unwrap().unwrap();
        let other = client(&kubeconfig, second.address).await;
        note(&up.client, "written-to-the-first").await;
        assert!(noted(&other, "written-to-the-first").await);

        let nodes: Api<Node> = Api::all(other.clone());
        eventually("the first to be ready", async || {
            (ready(&nodes.get("control").await.ok()?) == "True").then_some(())
        })
        .await;
        up.plane.stop("control").await.unwrap();
        assert_eq!(ready(&nodes.get("control").await.unwrap()), "False");
        // Controllers went over to the server that is left.
        note(&other, "written-to-the-second").await;
        let namespaces: Api<k8s_openapi::api::core::v1::Namespace> = Api::all(other.clone());
        let name = json!({ "metadata": { "name": "late" } });
        namespaces
            .create(&PostParams::default(), &serde_json::from_value(name).unwrap())
            .await
            .unwrap();
        let accounts: Api<k8s_openapi::api::core::v1::ServiceAccount> = Api::namespaced(other.clone(), "late");
        eventually("the namespace's account", async || {
            accounts.get_opt("default").await.ok().flatten()
        })
        .await;

        up.plane.start(up.node.clone()).await.unwrap();
        assert!(noted(&up.client, "written-to-the-second").await);
        eventually("the first to be ready", async || {
            (ready(&nodes.get("control").await.ok()?) == "True").then_some(())
        })
        .await;
        up.plane.shutdown().await;
    });
}

#[test]
fn a_start_that_nobody_waits_for_any_more_harms_nobody() {
    RUNTIME.block_on(async {
        let up = up("aborted", |_| ()).await;
        let std::net::IpAddr::V4(address) = up.node.address else {
            unreachable!()
        };
        let mut second = server("second", host(address, 12), &up.state);
        second.join = Some("https://10.0.1.10:6443".to_owned());
        // Polled once and dropped: the machine was deleted while it started.
        let start = up.plane.start(second.clone());
        assert!(futures::FutureExt::now_or_never(start).is_none());
        up.plane.forget("second").await.unwrap();
        assert!(tokio::net::TcpStream::connect((second.address, 6443)).await.is_err());
        note(&up.client, "the-first-still-works").await;
        up.plane.shutdown().await;
    });
}

#[test]
fn a_first_server_that_does_not_come_up_leaves_the_way_free() {
    RUNTIME.block_on(async {
        let up = up("failed", |_| ()).await;
        up.plane.forget("control").await.unwrap();
        let mut broken = up.node.clone();
        broken.name = "broken".to_owned();
        broken.token = "another".into();
        broken.service_cidr = "10.43.0.0/99".to_owned();
        let error = up.plane.start(broken).await.unwrap_err().to_string();
        assert!(error.contains("10.43.0.0/99"), "{error}");
        up.plane.start(up.node.clone()).await.unwrap();
        up.plane.shutdown().await;
    });
}

#[test]
fn a_missing_program_is_named_with_the_way_to_get_it() {
    RUNTIME.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let tools = hoist_sandbox::controlplane::Tools::new([folder.path().to_owned()]);
        let error = tools.find("etcd-of-nowhere").unwrap_err().to_string();
        assert!(
            error.contains("etcd-of-nowhere") && error.contains("cargo xtask tools"),
            "{error}"
        );
        assert!(error.contains(folder.path().to_str().unwrap()), "{error}");
    });
}

/// Not a test of its own: what `nothing_is_left_when_the_process_is_killed` kills.
#[test]
#[ignore = "run by another test in a process of its own"]
fn victim() {
    RUNTIME.block_on(async {
        let up = up("victim", |_| ()).await;
        println!("VICTIM {}", up.state.display());
        std::future::pending::<()>().await;
    });
}

#[test]
fn nothing_is_left_when_the_process_is_killed() {
    use std::io::BufRead as _;
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "controlplane::lifecycle::victim", "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
    let state = lines
        .map_while(Result::ok)
        .find_map(|line| Some(line.split_once("VICTIM ")?.1.to_owned()));
    let Some(state) = state else {
        panic!("the victim did not come up: {:?}", child.wait());
    };
    assert!(processes_of(&state).len() >= 5, "{:?}", processes_of(&state));
    child.kill().unwrap();
    child.wait().unwrap();
    RUNTIME.block_on(eventually("its processes to go", async || {
        processes_of(&state).is_empty().then_some(())
    }));
}

/// The programs whose command line names a folder.
fn processes_of(folder: &str) -> Vec<String> {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = all.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(folder))
        .collect()
}
