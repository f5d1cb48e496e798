//! Where the tools are that `cargo xtask tools` makes.

use std::path::{Path, PathBuf};

/// A program or folder that `cargo xtask tools` makes: in `HOIST_TOOLS`, else `target/tools`, else `PATH`.
///
/// Panics when it is nowhere, and says how to make it.
pub fn tool(name: &str) -> PathBuf {
    let mut folders: Vec<PathBuf> = std::env::var_os("HOIST_TOOLS").map(PathBuf::from).into_iter().collect();
    folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools"));
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    folders
        .iter()
        .map(|folder| folder.join(name))
        .find(|path| path.exists())
        .and_then(|path| path.canonicalize().ok())
        .unwrap_or_else(|| panic!("{name} is not in HOIST_TOOLS, target/tools or PATH: run `cargo xtask tools`"))
}

/// The folder of the packed charts: a Helm repository in each of its folders.
pub fn charts() -> PathBuf {
    tool("charts")
}

/// A packed chart, such as `chart("cilium", "cilium-1.20.0")`.
///
/// Panics when it is not there, and says how to make it.
pub fn chart(repo: &str, archive: &str) -> PathBuf {
    let path = charts().join(repo).join(format!("{archive}.tgz"));
    assert!(path.is_file(), "{} is missing: run `cargo xtask tools`", path.display());
    path
}
