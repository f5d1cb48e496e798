//! Each source: what it gives, how it fails, and that a value is in no error.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hoist_model::{ExposeSecret, Secret};
use hoist_secrets::{Environment, Resolver};
use hoist_spec::{Bitwarden, Source};

use crate::{resolver, script, variables};

fn env(name: &str) -> Source {
    Source::Env(name.parse().unwrap())
}

fn command(words: &[&str]) -> Source {
    Source::Command(words.iter().map(|word| (*word).to_owned()).collect())
}

fn bitwarden(item: &str) -> Source {
    Source::Bitwarden(Bitwarden { item: item.to_owned() })
}

async fn value(resolver: &Resolver, source: &Source) -> String {
    let value = resolver.resolve(source).await.unwrap_or_else(|error| panic!("{error}"));
    value.expose_secret().to_owned()
}

async fn failure(resolver: &Resolver, source: &Source) -> String {
    let error = resolver.resolve(source).await.expect_err("the source must fail");
    format!("{error}\n  hint: {}", error.hint)
}

fn private(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[tokio::test]
async fn each_source_gives_its_value_without_the_last_line_break() {
    let dir = tempfile::tempdir().unwrap();
    private(&dir.path().join("token"), "from a file\n");
    script(&dir.path().join("bin/print"), r#"printf '%s and %s\n\n' "$1" "$2""#);
    script(
        &dir.path().join("bin/bw"),
        r#"[ "$1 $2 $3" = "--nointeraction get notes" ] && [ "$BW_SESSION" = open ] && echo "notes of $4""#,
    );
    let path = format!("{}:/usr/bin:/bin", dir.path().join("bin").display());
    let resolver = resolver(
        dir.path(),
        variables(&[("A", " spaces stay "), ("PATH", &path), ("BW_SESSION", "open")]),
    );
    assert_eq!(value(&resolver, &env("A")).await, " spaces stay ");
    assert_eq!(value(&resolver, &Source::File("token".into())).await, "from a file");
    // One line break goes, the second is the value's own; no shell looks at the arguments.
    assert_eq!(
        value(&resolver, &command(&["print", "$HOME", "a b"])).await,
        "$HOME and a b\n"
    );
    assert_eq!(value(&resolver, &command(&["bin/print", "1", "2"])).await, "1 and 2\n");
    assert_eq!(value(&resolver, &bitwarden("my item")).await, "notes of my item");
}

#[tokio::test]
async fn a_failing_source_says_which_and_why_and_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("open"), "secret").unwrap();
    std::fs::set_permissions(dir.path().join("open"), std::fs::Permissions::from_mode(0o644)).unwrap();
    script(
        &dir.path().join("bin/fails"),
        "echo printed-secret; echo one >&2; echo two >&2; exit 3",
    );
    script(&dir.path().join("bin/silent"), "exit 0");
    let path = format!("{}:/usr/bin:/bin", dir.path().join("bin").display());
    let resolver = resolver(dir.path(), variables(&[("PATH", &path), ("EMPTY", "")]));
    let mut all = Vec::new();
    for source in [
        env("MISSING"),
        env("EMPTY"),
        Source::File("absent".into()),
        Source::File("open".into()),
        Source::File("bin".into()),
        command(&[]),
        command(&["no-such-program", "--password=argument-secret"]),
        command(&["fails", "--password=argument-secret"]),
        command(&["silent"]),
        bitwarden("x"),
    ] {
        all.push(failure(&resolver, &source).await);
    }
    let all = all.join("\n");
    assert!(
        !all.contains("secret\n") && !all.contains("argument-secret") && !all.contains("printed-secret"),
        "{all}"
    );
    insta::assert_snapshot!(all, @r"
    environment variable MISSING: it is not set
      hint: export it before you run hoist
    environment variable EMPTY: it is empty
      hint: a secret has at least one character
    file absent: there is no such file
      hint: paths are relative to the folder of hoist.yaml
    file open: others than its owner may open it (mode 0644)
      hint: chmod 600 it; if others have been on this machine, change the secret too
    file bin: it is not a file
      hint: paths are relative to the folder of hoist.yaml
    command (empty): the list is empty
      hint: the first word is the program, the others are its arguments, each as one item; there is no shell
    command no-such-program: there is no such program on PATH
      hint: the first word is the program, the others are its arguments, each as one item; there is no shell
    command fails: it failed (exit status: 3): one; two
      hint: run it by hand in the folder of hoist.yaml
    command silent: it is empty
      hint: a secret has at least one character
    Bitwarden item x: the program bw is not on PATH
      hint: install Bitwarden's command line (bw) and log in: bw login
    ");
}

#[tokio::test]
async fn bitwardens_failures_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let path = format!("{}:/usr/bin:/bin", dir.path().join("bin").display());
    let mut all = Vec::new();
    for (item, said) in [
        ("a", "You are not logged in."),
        ("b", "Vault is locked."),
        ("c", "Not found."),
        (
            "d",
            "More than one result was found. Try getting a specific object by id instead.",
        ),
        ("e", "Something else."),
    ] {
        script(&dir.path().join("bin/bw"), &format!("echo '{said}' >&2; exit 1"));
        let resolver = resolver(dir.path(), variables(&[("PATH", &path)]));
        all.push(failure(&resolver, &bitwarden(item)).await);
    }
    insta::assert_snapshot!(all.join("\n"), @r"
    Bitwarden item a: bw is not logged in
      hint: install Bitwarden's command line (bw) and log in: bw login
    Bitwarden item b: the vault is locked
      hint: unlock it in this shell: export BW_SESSION=$(bw unlock --raw)
    Bitwarden item c: the vault has no such item, or it has no notes
      hint: `bw list items --search NAME` shows what there is; `bw sync` fetches what is new
    Bitwarden item d: more than one item has this name
      hint: write the item's id instead, as `bw list items --search NAME` prints it
    Bitwarden item e: it failed (exit status: 1): Something else.
      hint: run `bw get notes ITEM` by hand
    ");
}

#[tokio::test]
async fn a_program_that_waits_is_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let resolver = resolver(dir.path(), variables(&[("PATH", "/usr/bin:/bin")])).deadline(Duration::from_millis(50));
    let error = resolver.resolve(&command(&["sleep", "600"])).await.unwrap_err();
    assert_eq!(error.why, "it gave no answer within 0.05 s and was stopped");
}

/// Counts how often each variable is read.
#[derive(Default)]
struct Counting(AtomicUsize);

impl Environment for Counting {
    fn var(&self, _: &str) -> Option<Secret> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Some(Secret::from("value"))
    }
}

#[tokio::test]
async fn a_source_is_read_once_however_often_and_at_the_same_time_it_is_asked_for() {
    let counting = Arc::new(Counting::default());
    let resolver = resolver(Path::new("."), Arc::clone(&counting));
    let source = env("A");
    let asked = (0..20).map(|_| resolver.resolve(&source));
    for result in futures::future::join_all(asked).await {
        assert_eq!(result.unwrap().expose_secret(), "value");
    }
    assert_eq!(counting.0.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_value_is_redacted_in_debug() {
    let resolver = resolver(Path::new("."), variables(&[("A", "canary")]));
    assert!(!format!("{:?}", resolver.resolve(&env("A")).await).contains("canary"));
}
