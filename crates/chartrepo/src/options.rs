//! How a store behaves: patience, limits, credentials, and who is told.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::docker::DockerConfig;
use crate::event::{FetchEvent, Listener};
use crate::refs::Credentials;

/// Gives the credentials for a host (`host` or `host:port`), if there are any. It must not block.
pub type CredentialHook = Arc<dyn Fn(&str) -> Option<Credentials> + Send + Sync>;

/// Where the content of a URL is served instead, if it is. It must not block.
pub type MirrorHook = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// How a [`Store`](crate::Store) behaves. The defaults are for real repositories.
#[derive(Clone)]
pub struct Options {
    /// How long one request may take, with its content.
    pub request_timeout: Duration,
    /// How long a chart or a file may take, with all requests and all waiting.
    pub deadline: Duration,
    /// How often one request is tried.
    pub attempts: u32,
    /// The wait before the second attempt; it doubles each time. A part of it is left to chance.
    pub first_delay: Duration,
    /// The longest wait between two attempts. A server that asks for a longer one is not waited for.
    pub longest_delay: Duration,
    /// The most that a chart's archive may have, in bytes.
    pub max_archive: u64,
    /// The most that an index may have, in bytes, unpacked.
    pub max_index: u64,
    /// The most that a file may have, in bytes.
    pub max_file: u64,
    /// How many charts and files are fetched at the same time.
    pub parallel: usize,
    /// Whether a chart's provenance file is asked for, and its digest compared.
    pub provenance: bool,
    /// Whether the network is left alone.
    pub offline: bool,
    /// A folder that [`Store::vendor`](crate::Store::vendor) filled. What the lock pins is looked for there first.
    pub vendor: Option<PathBuf>,
    /// Credentials by host. Those in a URL come before these, and these before Docker's.
    pub credentials: Option<CredentialHook>,
    /// Docker's credentials, for registries.
    pub docker_config: Option<DockerConfig>,
    /// Mirrors of what an index leads to: an index, and a mirror's too, may name archives elsewhere. The mirrors of
    /// repositories and files themselves stand in [`ChartRef`](crate::ChartRef) and [`FileRef`](crate::FileRef).
    pub mirror: Option<MirrorHook>,
    /// Registries (`host` or `host:port`) that speak plain HTTP. Those on this machine do anyway.
    pub plain_http: BTreeSet<String>,
    /// Certificates (PEM, one or several each) that are trusted beside those of this machine.
    pub authorities: Vec<String>,
    /// Is told of everything that happens.
    pub listener: Option<Listener>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            request_timeout: Duration::from_secs(90),
            deadline: Duration::from_secs(300),
            attempts: 4,
            first_delay: Duration::from_millis(500),
            longest_delay: Duration::from_secs(30),
            max_archive: 64 << 20,
            max_index: 256 << 20,
            max_file: 64 << 20,
            parallel: 4,
            provenance: false,
            offline: false,
            vendor: None,
            credentials: None,
            docker_config: None,
            mirror: None,
            plain_http: BTreeSet::new(),
            authorities: Vec::new(),
            listener: None,
        }
    }
}

impl Options {
    pub(crate) fn tell(&self, event: FetchEvent) {
        tracing::debug!(?event, "fetching");
        if let Some(listener) = &self.listener {
            listener(&event);
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("request_timeout", &self.request_timeout)
            .field("deadline", &self.deadline)
            .field("attempts", &self.attempts)
            .field("offline", &self.offline)
            .field("vendor", &self.vendor)
            .finish_non_exhaustive()
    }
}
