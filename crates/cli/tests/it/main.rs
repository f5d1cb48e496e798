//! The program without a network: help, exit codes, init, check, completion, a full disk.

mod chart;

use std::path::Path;
use std::process::{Command, Output};

fn hoist(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hoist"))
        .args(args)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HCLOUD_TOKEN", "not-a-token")
        .env("HCLOUD_ENDPOINT", "http://127.0.0.1:9/v1")
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn usage_errors_end_with_1_and_help_with_0() {
    let folder = tempfile::tempdir().unwrap();
    for args in [&["frobnicate"][..], &["plan", "--no-such-flag"], &[], &["replace"]] {
        assert_eq!(hoist(folder.path(), args).status.code(), Some(1), "{args:?}");
    }
    for args in [&["--help"][..], &["--version"], &["plan", "--help"]] {
        assert_eq!(hoist(folder.path(), args).status.code(), Some(0), "{args:?}");
    }
}

#[test]
fn init_writes_a_spec_that_check_accepts_and_never_overwrites_one() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(hoist(folder.path(), &["init", "new"]).status.code(), Some(0));
    let checked = hoist(folder.path(), &["check", "-f", "new/hoist.yaml"]);
    assert_eq!(checked.status.code(), Some(0), "{}", text(&checked.stderr));
    let again = hoist(folder.path(), &["init", "new"]);
    assert_eq!(again.status.code(), Some(1));
    insta::assert_snapshot!(text(&again.stderr), @r"
    error: new/hoist.yaml is there already
    hint: name another folder, or remove it first
    ");
}

#[test]
fn check_reports_each_problem_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    hoist(folder.path(), &["init", "."]);
    let file = folder.path().join("hoist.yaml");
    let spec = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{spec}\nclustre: {{}}\n")).unwrap();
    let checked = hoist(folder.path(), &["check"]);
    assert_eq!(checked.status.code(), Some(1));
    let stderr = text(&checked.stderr);
    assert!(stderr.contains("clustre") && stderr.contains("hoist.yaml:"), "{stderr}");
    let json: serde_json::Value =
        serde_json::from_slice(&hoist(folder.path(), &["check", "-o", "json"]).stdout).unwrap();
    assert_eq!(json["ok"], false);
    assert!(json["problems"][0]["span"]["line"].as_u64().is_some());
}

#[test]
fn a_missing_spec_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let planned = hoist(folder.path(), &["plan"]);
    assert_eq!(planned.status.code(), Some(1));
    assert!(
        text(&planned.stderr).contains("hoist.yaml"),
        "{}",
        text(&planned.stderr)
    );
}

#[test]
fn completion_names_the_commands() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let script = text(&hoist(folder.path(), &["completion", shell]).stdout);
        assert!(script.contains("kubeconfig"), "{shell}");
    }
}

#[test]
fn a_full_disk_under_the_journal_is_an_error_before_anything_is_done() {
    let folder = tempfile::tempdir().unwrap();
    hoist(folder.path(), &["init", "."]);
    std::fs::create_dir(folder.path().join(".hoist")).unwrap();
    // A small disk of its own, in a mount namespace of its own, filled to the last byte.
    let script = "mount -t tmpfs -o size=16k none .hoist && mkdir .hoist/journal && (cat /dev/zero > .hoist/fill || true) 2>/dev/null && exec \"$0\" apply -y";
    let ran = Command::new("unshare")
        .args(["-Urm", "sh", "-c", script, env!("CARGO_BIN_EXE_hoist")])
        .current_dir(folder.path())
        .env("HCLOUD_TOKEN", "not-a-token")
        .env("HCLOUD_ENDPOINT", "http://127.0.0.1:9/v1")
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(1), "{}", text(&ran.stderr));
    let stderr = text(&ran.stderr);
    let mut lines = stderr.lines();
    let first = lines.next().unwrap_or_default();
    assert!(
        first.starts_with("error: cannot write the journal ./.hoist/journal/")
            && first.contains("No space left on device"),
        "{stderr}"
    );
    insta::assert_snapshot!(lines.next().unwrap_or_default(), @"hint: make room on that disk, or run hoist where it may write; nothing in .hoist/ is needed to go on");
}
