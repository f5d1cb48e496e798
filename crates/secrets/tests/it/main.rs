//! Secrets as their users meet them: sources, the Secrets of the start, and the tokens, held against the real age.

mod bootstrap;
mod sources;
mod tokens;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hoist_secrets::{Environment, Resolver};

/// A tool that `cargo xtask tools` builds.
fn tool(name: &str) -> PathBuf {
    let mut folders: Vec<PathBuf> = std::env::var_os("HOIST_TOOLS").map(PathBuf::from).into_iter().collect();
    folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools"));
    folders
        .iter()
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("{name} is missing: run `cargo xtask tools` (looked in {folders:?})"))
}

fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn resolver(dir: &Path, environment: impl Environment + 'static) -> Resolver {
    Resolver::new(dir, Arc::new(environment))
}

/// Writes a program for `sh`.
fn script(path: &Path, body: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, format!("#!/bin/sh\n{body}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
