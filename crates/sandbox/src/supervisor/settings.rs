//! What a sandbox is started with, what it tells, and how it fails.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// How to start a sandbox, or which one is meant.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder that holds all sandboxes of this person; on a local file system, with a short path.
    pub base: PathBuf,
    /// Its name.
    pub name: String,
    /// What a second of the real cloud's takes here, in seconds; 0 for no waiting.
    pub scale: f64,
    /// Put things there that belong to nobody we know.
    pub with_foreign: bool,
    /// Folders to look for programs in, first come first.
    pub tools: Vec<PathBuf>,
}

impl Options {
    pub(super) fn folder(&self) -> PathBuf {
        self.base.join(&self.name)
    }

    pub(super) fn variables_file(&self) -> PathBuf {
        self.folder().join("variables.json")
    }

    pub(super) fn log_file(&self) -> PathBuf {
        self.folder().join("sandbox.log")
    }
}

/// The variables that point every client at the sandbox.
pub type Variables = BTreeMap<String, String>;

/// What keeps a sandbox from coming up or going down.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// A folder or file of its own.
    #[error("{what} {}: {source}", path.display())]
    File {
        /// What was done with it.
        what: &'static str,
        /// Which.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The name is not one.
    #[error("`{0}` is not a name for a sandbox: use lower-case letters, digits and dashes, 24 at most")]
    Name(String),
    /// Another process runs it.
    #[error("sandbox {0} is up already")]
    Running(String),
    /// It is not up.
    #[error("sandbox {0} is not up: `hoist sandbox up` brings it up")]
    NotUp(String),
    /// No loopback network is free.
    #[error("no loopback network is free for another sandbox: take one down first")]
    NoNetwork,
    /// A part did not start.
    #[error("{part} did not start: {why}")]
    Part {
        /// Which.
        part: &'static str,
        /// Why.
        why: String,
    },
    /// It did not come up in time, or ended while coming up.
    #[error("sandbox {name} did not come up: {why}")]
    Up {
        /// Its name.
        name: String,
        /// The end of its log.
        why: String,
    },
    /// It did not go down in time.
    #[error("sandbox {0} did not go down within 30 s, and could not be killed")]
    Down(String),
}

pub(super) fn file(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> SandboxError {
    let path = path.into();
    move |source| SandboxError::File { what, path, source }
}

/// Refuses names that could leave the folder or make paths too long for sockets.
pub(super) fn check_name(name: &str) -> Result<(), SandboxError> {
    let fine = !name.is_empty()
        && name.len() <= 24
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if fine {
        Ok(())
    } else {
        Err(SandboxError::Name(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_the_folder() {
        for name in ["default", "test-1"] {
            assert!(check_name(name).is_ok());
        }
        for name in ["", "..", "a/b", "UPPER", "a-name-that-is-much-too-long"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
