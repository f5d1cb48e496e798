//! `cargo xtask demo`: from an example's file to a verified cluster in the sandbox, before your eyes.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::run::{self, elapsed};
use crate::session::Session;
use crate::tools::{self, Selection};
use crate::workspace::Workspace;

/// Builds what is missing, brings the sandbox up, plans, applies, verifies, and takes it down.
pub(crate) fn run(workspace: &Workspace, keep: bool) -> Result<()> {
    let mut phases = Phases::default();
    phases.time("prepare the tools", || tools::prepare(workspace, &Selection::core()))?;
    phases.time("build hoist", || {
        run::run(
            Command::new("cargo")
                .current_dir(&workspace.root)
                .args(["build", "--quiet", "-p", "hoist-cli"]),
        )
    })?;
    let mut session = Session::new(workspace, workspace.target.join("debug/hoist"), "demo")?;
    let result = show(&mut session, &mut phases);
    if keep {
        let name = session.hoist(&[]).get_program().to_string_lossy().into_owned();
        let folder = session.keep();
        println!(
            "\nThe sandbox is up, and the spec is in {}. Try next:",
            folder.display()
        );
        println!("  cd {}", folder.display());
        println!("  eval \"$({name} sandbox env --name demo)\"");
        println!("  {name} status");
        println!("  $EDITOR hoist.yaml && {name} plan      # enable kube-worker-01");
        println!(
            "  {name} kubeconfig && KUBECONFIG=$PWD/kubeconfig {} get nodes",
            workspace.tool("kubectl").display()
        );
        println!("  {name} destroy");
        println!("  {name} sandbox down --name demo");
    } else {
        phases.time("sandbox down", || session.down())?;
    }
    phases.print();
    result?;
    if !keep {
        println!("\nNothing is left of it. Try next:");
        println!("  cargo xtask demo --keep              # the same, and the cluster stays up to play with");
        println!("  cargo install --path crates/cli      # hoist itself; then `hoist --help`");
        println!("  hoist init my-cluster                # a commented hoist.yaml of your own");
    }
    Ok(())
}

fn show(session: &mut Session, phases: &mut Phases) -> Result<()> {
    phases.time("sandbox up", || session.up())?;
    phases.time("plan", || step(session, &["plan"], 2))?;
    phases.time("apply", || step(session, &["apply", "-y"], 0))?;
    phases.time("verify", || step(session, &["verify", "--wait", "120"], 0))?;
    phases.time("plan again: nothing to do", || step(session, &["plan"], 0))
}

fn step(session: &Session, args: &[&str], expected: i32) -> Result<()> {
    println!("\n$ hoist {}", args.join(" "));
    let status = session.hoist(args).status().context("start hoist")?;
    if status.code() != Some(expected) {
        bail!(
            "`hoist {}` ended with {status}, where {expected} was expected",
            args.join(" ")
        );
    }
    Ok(())
}

/// How long each part took.
#[derive(Default)]
struct Phases(Vec<(&'static str, Duration)>);

impl Phases {
    fn time(&mut self, name: &'static str, work: impl FnOnce() -> Result<()>) -> Result<()> {
        let start = Instant::now();
        let result = work().context(name);
        self.0.push((name, start.elapsed()));
        result
    }

    fn print(&self) {
        println!();
        for (name, time) in &self.0 {
            println!("{name:<28} {:>12}", elapsed(*time));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::*;

    /// Stands for hoist: writes down what it was asked, and with which cloud; fails at what the file `fail` names.
    const PROGRAM: &str = r#"#!/bin/sh
here=$(dirname "$0")
echo "$* [${HCLOUD_ENDPOINT-none}]" >> "$here/asked"
case "$*" in
    "sandbox env"*) echo "export HCLOUD_ENDPOINT='http://127.1.2.3:8080/v1'" ;;
    plan) [ -e "$here/applied" ] || exit 2 ;;
    apply*) grep -q 'ssh-ed25519 AAAA' hoist.yaml && : > "$here/applied" ;;
esac
[ "$1" != "$(cat "$here/fail" 2>/dev/null)" ]
"#;

    fn demonstrate(fail: &str) -> (Result<()>, String) {
        let root = tempfile::tempdir().unwrap();
        let here = Workspace::here();
        assert!(
            here.tool("age-keygen").is_file(),
            "age-keygen is missing: `cargo xtask tools age` builds it"
        );
        let (example, target) = (root.path().join("examples/vanixiets"), root.path().join("target"));
        fs::create_dir_all(&example).unwrap();
        fs::create_dir_all(&target).unwrap();
        symlink(here.tools(), target.join("tools")).unwrap();
        fs::write(example.join("hoist.yaml"), "access:\n  keys: [ssh-ed25519 old]\n").unwrap();
        let program = root.path().join("hoist");
        executable(&program, PROGRAM);
        fs::write(root.path().join("fail"), fail).unwrap();

        let workspace = Workspace {
            root: root.path().into(),
            target,
        };
        let mut session = Session::new(&workspace, program, "demo").unwrap();
        let result = show(&mut session, &mut Phases::default());
        drop(session);
        (result, fs::read_to_string(root.path().join("asked")).unwrap())
    }

    /// Copied into place by another process: a file that this one had open for writing cannot be run as long as any
    /// child started meanwhile by another test still holds it.
    fn executable(path: &Path, text: &str) {
        fs::write(path.with_extension("sh"), text).unwrap();
        run::run(
            Command::new("install")
                .args(["-m", "755"])
                .arg(path.with_extension("sh"))
                .arg(path),
        )
        .unwrap();
    }

    #[test]
    fn it_goes_the_whole_way_and_leaves_nothing_up() {
        let (result, asked) = demonstrate("");
        result.unwrap();
        let sandbox = "[http://127.1.2.3:8080/v1]";
        let expected = [
            "sandbox down --name demo [none]".to_owned(),
            "sandbox up --name demo [none]".to_owned(),
            "sandbox env --name demo [none]".to_owned(),
            format!("plan {sandbox}"),
            format!("apply -y {sandbox}"),
            format!("verify --wait 120 {sandbox}"),
            format!("plan {sandbox}"),
            format!("sandbox down --name demo {sandbox}"),
        ];
        assert_eq!(asked.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_failing_step_is_named_and_the_sandbox_goes_down_all_the_same() {
        let (result, asked) = demonstrate("verify");
        let error = format!("{:#}", result.unwrap_err());
        assert!(error.contains("hoist verify"), "{error}");
        assert!(asked.lines().last().unwrap().starts_with("sandbox down"), "{asked}");
    }
}
