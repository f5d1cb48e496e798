//! What keeps machines from running.

use std::path::PathBuf;

/// What keeps machines from running on this computer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostsError {
    /// A file or folder.
    #[error("cannot {what} {}: {source}", path.display())]
    File {
        /// What was to be done with it.
        what: &'static str,
        /// Which.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A program is missing.
    #[error(
        "the sandbox's machines need `{0}`, which is not on this computer: install util-linux and coreutils (Debian's packages of these names)"
    )]
    NoProgram(&'static str),
    /// Namespaces are forbidden.
    #[error(
        "the sandbox's machines need user namespaces, which this computer forbids: {0}. Allow them: `sysctl -w kernel.unprivileged_userns_clone=1` (Debian), `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` (Ubuntu), `--security-opt seccomp=unconfined --security-opt apparmor=unconfined` (Docker)"
    )]
    NoNamespaces(String),
    /// A boot went wrong.
    #[error("{0}")]
    Boot(String),
}

impl HostsError {
    pub(super) fn file(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { what, path, source }
    }
}
