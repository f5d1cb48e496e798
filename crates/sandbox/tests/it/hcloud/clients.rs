//! The official clients, unadapted: only the endpoint and the token are ours.

use std::process::Stdio;
use std::time::Duration;

use super::{Lab, TOKEN, tool};

/// Runs a client to its end; it must say all of this, and leave the project as it was.
async fn check(program: &std::path::Path, arguments: &[&str], said: &[&str]) {
    let lab = Lab::with(|config| config.scale(0.002)).await;
    lab.emulator.seed_foreign().await;
    let before = lab.emulator.state();
    let command = tokio::process::Command::new(program)
        .args(arguments)
        .env("HCLOUD_ENDPOINT", lab.url("/v1"))
        .env("HCLOUD_TOKEN", TOKEN)
        .env_remove("HTTP_PROXY")
        .env_remove("http_proxy")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(Duration::from_secs(90), command)
        .await
        .expect("the client ends within 90 s")
        .expect("the client can be started");
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{}\n{out}{err}", program.display());
    assert_eq!(out.lines().collect::<Vec<_>>(), said);
    assert_eq!(
        lab.emulator.state(),
        before,
        "what the client made is gone, and nothing else changed"
    );
    assert!(lab.emulator.counters().mutations > 15);
}

#[tokio::test]
async fn the_official_python_library_works_unadapted() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/hcloud_python.py");
    let python = tool("venv/bin/python");
    check(
        &python,
        &[script],
        &[
            "catalogue",
            "ssh keys",
            "networks",
            "firewalls",
            "placement groups",
            "servers",
            "all deleted",
        ],
    )
    .await;
}

#[tokio::test]
async fn the_official_go_library_works_unadapted() {
    check(
        &tool("hcloud-go-check"),
        &[],
        &[
            "catalogue",
            "ssh keys",
            "networks",
            "firewalls",
            "placement groups",
            "servers",
            "all deleted",
        ],
    )
    .await;
}
