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
        println!("\nNothing is left of it. `cargo xtask demo --keep` leaves it up, to play with.");
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
