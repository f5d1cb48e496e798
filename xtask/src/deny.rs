//! `cargo xtask deny`: licences, sources and duplicate versions of the dependencies, by `deny.toml`.
//!
//! Advisories are not part of it: their database is a clone from the network, and its state changes without us.

use std::process::Command;

use anyhow::{Result, bail};

use crate::run;
use crate::workspace::Workspace;

/// Runs cargo-deny.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    // The environment of the tests brings it along; a person may have it from elsewhere.
    let own = workspace.tools().join("venv/bin/cargo-deny");
    let program = match () {
        () if run::installed("cargo-deny") => "cargo-deny".into(),
        () if own.is_file() => own,
        () => bail!("cargo-deny is not installed: `cargo xtask tools venv` brings it"),
    };
    // It looks into the source of every crate, also of those that this platform does not build.
    run::run(
        Command::new("cargo")
            .current_dir(&workspace.root)
            .args(["fetch", "--locked", "--quiet"]),
    )?;
    run::run(Command::new(program).current_dir(&workspace.root).args([
        "--offline",
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ]))
}
