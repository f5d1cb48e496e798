//! `cargo xtask coverage` and `cargo xtask fuzz`: what is too slow, or too talkative, for a test.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run;
use crate::tools::{self, Selection};
use crate::workspace::Workspace;

/// The charts whose sets of values must reach most of their templates, and how much of them, in percent.
const COVERED: &[(&str, &str, &str)] = &[
    ("cilium/cilium-1.20.0.tgz", "cilium", "1.20.0"),
    ("cilium/cilium-1.18.4.tgz", "cilium", "1.18.4"),
    ("jetstack/cert-manager-v1.21.1.tgz", "cert-manager", "v1.21.1"),
];
const ENOUGH: f64 = 85.0;

/// Tells how many outcomes of the branches of each chart the sets of values reach; fails below what is enough.
pub(crate) fn coverage(workspace: &Workspace, missing: bool) -> Result<()> {
    tools::prepare(workspace, &Selection::core())?;
    let program = workspace.release(&["-p", "hoist-chart", "--example", "coverage"], "examples/coverage")?;
    let mut short = Vec::new();
    for (archive, sets, version) in COVERED {
        let mut command = Command::new(&program);
        command.arg(workspace.tools().join("charts").join(archive)).arg(sets);
        if missing {
            command.arg("--missing");
        }
        let text = run::output(&mut command)?;
        print!("{text}");
        let percent = text.lines().next().and_then(|line| line.rsplit_once(": "));
        let percent: f64 = percent
            .and_then(|(_, percent)| percent.trim_end_matches(" %").parse().ok())
            .with_context(|| format!("read the sum of {sets} {version}"))?;
        if percent < ENOUGH {
            short.push(format!("{sets} {version} ({percent} %)"));
        }
    }
    if !short.is_empty() {
        bail!("less than {ENOUGH} % is reached of {}", short.join(", "));
    }
    Ok(())
}

/// Renders hostile templates with hostile values for some minutes.
pub(crate) fn fuzz(workspace: &Workspace, minutes: f64, seed: Option<u64>) -> Result<()> {
    tools::prepare(workspace, &Selection::core())?;
    let program = workspace.release(&["-p", "hoist-chart", "--example", "fuzz"], "examples/fuzz")?;
    let mut command = Command::new(&program);
    command
        .arg(format!("{:.0}", minutes * 60.0))
        .arg(workspace.tools().join("charts"));
    if let Some(seed) = seed {
        command.arg(seed.to_string());
    }
    run::run(&mut command)
}
