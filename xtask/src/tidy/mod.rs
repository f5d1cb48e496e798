//! `cargo xtask tidy`: what the project asks of its tree and the compiler does not check.
//!
//! Each check is a function from what there is to a list of findings, and an ordinary test here runs them all.

mod layers;
mod sources;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run;
use crate::workspace::Workspace;

/// Checks all, and prints each finding.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let findings = all(workspace)?;
    for finding in &findings {
        eprintln!("{finding}");
    }
    match findings.len() {
        0 => Ok(()),
        count => bail!("{count} findings"),
    }
}

fn all(workspace: &Workspace) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for path in tracked(workspace)? {
        // What is not text has nothing for us to read.
        let Ok(text) = std::fs::read_to_string(workspace.root.join(&path)) else {
            continue;
        };
        findings.extend(sources::check(&path, &text));
    }
    findings.extend(layers::check(&layers::Graph::read(workspace)?));
    Ok(findings)
}

/// What is or would be in git.
fn tracked(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let list = run::output(
        Command::new("git")
            .current_dir(&workspace.root)
            // A checkout may belong to another user, as in containers.
            .args([
                "-c",
                "safe.directory=*",
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ]),
    )
    .context("list the tree")?;
    let mut paths: Vec<_> = list
        .split('\0')
        .filter(|it| !it.is_empty())
        .map(|it| Path::new(it).to_owned())
        .collect();
    paths.sort();
    paths.dedup();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_tidy() {
        let workspace = Workspace::here();
        assert!(
            tracked(&workspace)
                .unwrap()
                .contains(&PathBuf::from("xtask/src/tidy/mod.rs"))
        );
        let findings = all(&workspace).unwrap();
        assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
    }
}
