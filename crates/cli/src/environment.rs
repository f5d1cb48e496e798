//! The variables that hoist reads, each under the name that the field's own tools use.

use std::path::PathBuf;

use hoist_model::Secret;

/// A variable that is set and not empty.
pub(crate) fn var(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A variable that holds a secret.
pub(crate) fn secret(name: &str) -> Option<Secret> {
    var(name).map(Secret::from)
}

/// A variable that holds a path.
pub(crate) fn path(name: &str) -> Option<PathBuf> {
    var(name).map(PathBuf::from)
}

/// `URL=URL` pairs, separated by commas: where the sandbox serves what lies elsewhere in the world.
pub(crate) fn mirrors(name: &str) -> Vec<(String, String)> {
    let Some(value) = var(name) else { return Vec::new() };
    value
        .split(',')
        .filter_map(|pair| pair.split_once('='))
        .map(|(from, to)| (from.trim().to_owned(), to.trim().to_owned()))
        .collect()
}
