//! The real helm, with folders of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use hoist_helmpeer::tool;

/// Runs helm with its folders in `home`.
pub(crate) fn helm(home: &Path, args: &[&str]) -> Output {
    Command::new(tool("helm"))
        .args(args)
        .current_dir(home)
        .env_clear()
        .env("HOME", home)
        .env("HELM_CACHE_HOME", home.join("cache"))
        .env("HELM_CONFIG_HOME", home.join("config"))
        .env("HELM_DATA_HOME", home.join("data"))
        .output()
        .unwrap()
}

/// The one archive in a folder, with its name.
pub(crate) fn archive_in(folder: &Path) -> Option<(String, Vec<u8>)> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "tgz"))
        .collect();
    assert!(found.len() < 2, "{found:?}");
    let path = found.pop()?;
    Some((path.file_name()?.to_str()?.to_owned(), std::fs::read(path).unwrap()))
}
