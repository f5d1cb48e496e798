//! The Python environment of the tests, `target/tools/venv`: real clients of other people.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::install::{Fingerprint, Item};
use crate::run;
use crate::workspace::Workspace;

const REQUIREMENTS: &str = "venv-requirements.txt";

/// What there is to make.
pub(crate) fn item(workspace: &Workspace) -> Result<Item> {
    let mut fingerprint = Fingerprint::new("venv 1");
    fingerprint.add(&std::fs::read(workspace.pins().join(REQUIREMENTS))?);
    // An environment is tied to where it is.
    fingerprint.add(workspace.tools().to_string_lossy().as_bytes());
    Ok(Item {
        name: "venv".into(),
        fingerprint: fingerprint.finish(),
        outputs: vec!["venv".into()],
    })
}

/// Makes it. Scripts in a new environment name its first place, so they are not used: `venv/bin/python -m …` is.
pub(crate) fn build(workspace: &Workspace, into: &Path) -> Result<()> {
    let venv = into.join("venv");
    run::output(Command::new("python3").args(["-m", "venv"]).arg(&venv))
        .context("Python 3 with its venv module is needed (Debian: apt-get install python3-venv)")?;
    run::output(
        Command::new(venv.join("bin/python"))
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--no-deps",
                "--requirement",
            ])
            .arg(workspace.pins().join(REQUIREMENTS)),
    )
    .context("install the Python packages: look at the network and at `pip config list`")?;
    run::output(Command::new(venv.join("bin/python")).args(["-c", "import hcloud"]))?;
    Ok(())
}
