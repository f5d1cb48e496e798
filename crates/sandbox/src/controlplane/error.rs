//! What can go wrong in the control plane, and what to do about it.

use std::path::PathBuf;
use std::time::Duration;

use crate::seams::SeamError;

/// A failure of the control plane.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program that the control plane is made of is nowhere to be found.
    #[error("the program {name} is in none of {looked}; build it with `cargo xtask tools`")]
    MissingTool {
        /// The program's name.
        name: String,
        /// The folders that were searched.
        looked: String,
    },
    /// A program could not be started at all.
    #[error("starting {name} ({path}): {source}")]
    Spawn {
        /// The program's name.
        name: String,
        /// Its file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A program ended though it should run.
    #[error("{name} ended ({status}) while hoist's sandbox waited for {what}; the end of its log {log}:\n{tail}")]
    Ended {
        /// The program's name.
        name: String,
        /// What was waited for.
        what: String,
        /// Its exit status.
        status: String,
        /// Its log file.
        log: PathBuf,
        /// The last lines of its log.
        tail: String,
    },
    /// A wait took longer than its deadline.
    #[error("waited {waited:?} for {what} in vain{last}")]
    Deadline {
        /// What was waited for.
        what: String,
        /// How long.
        waited: Duration,
        /// The last answer or log lines, where there are some.
        last: String,
    },
    /// A file or folder of the state could not be read or written.
    #[error("{doing} {path}: {source}")]
    File {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A certificate or key could not be made or read.
    #[error("the certificate {name}: {source}; remove the sandbox (`hoist sandbox down`) and bring it up again")]
    Certificate {
        /// Its name.
        name: String,
        /// Why.
        source: rcgen::Error,
    },
    /// An address is already in use, so that a part cannot listen there.
    #[error(
        "listening on {address} for {what}: {source}; another program, or a sandbox that was not taken down, uses it"
    )]
    Listen {
        /// The address or socket.
        address: String,
        /// The part.
        what: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// The API server answered with an error.
    #[error("{doing}: {source}")]
    Api {
        /// What was being done.
        doing: String,
        /// What the API server or the way to it said.
        source: Box<kube::Error>,
    },
    /// A node may not start as it is configured.
    #[error("k3s on {node}: {why}")]
    Node {
        /// The node's name.
        node: String,
        /// Why, and what to do.
        why: String,
    },
    /// Something given to the control plane makes no sense.
    #[error("{0}")]
    Config(String),
}

impl Error {
    /// An error of the API server, with what was being done.
    pub(crate) fn api(doing: impl Into<String>) -> impl FnOnce(kube::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Api {
            doing,
            source: Box::new(source),
        }
    }

    /// An error of a file, with what was being done.
    pub(crate) fn file(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { doing, path, source }
    }
}

impl From<Error> for SeamError {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}
