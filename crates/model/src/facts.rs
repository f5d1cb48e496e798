//! What the phases tell each other: how to reach what exists. Access data, not clients.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use async_trait::async_trait;

use crate::{Lookup, Secret, Why};

/// The host keys that a server is known by: SHA-256 fingerprints of OpenSSH public keys, base32 in lower case
/// without padding (52 characters), as they stand in the server's labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostKeyPins {
    /// The key it had when last seen (`hoist.dev/host-key`).
    pub current: Option<String>,
    /// The key that it is being given (`hoist.dev/host-key-next`): written before the host gets it, so that a crash
    /// between the two leaves no host that nobody trusts.
    pub next: Option<String>,
}

impl HostKeyPins {
    /// Each fingerprint that may be trusted.
    pub fn trusted(&self) -> impl Iterator<Item = &str> {
        self.current.iter().chain(&self.next).map(String::as_str)
    }
}

/// What is known of one server that this cluster owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFacts {
    /// Hetzner's id.
    pub id: u64,
    /// The address to reach it by, once it has one.
    pub address: Option<IpAddr>,
    /// Its address in the cluster's private network.
    pub private_ipv4: Option<Ipv4Addr>,
    /// The MAC address of its private interface.
    pub private_mac: Option<String>,
    /// Its host keys.
    pub host_keys: HostKeyPins,
    /// `x86` or `arm`, as Hetzner writes it.
    pub architecture: String,
    /// Whether it is running.
    pub running: bool,
}

/// A key pair of this run: `infra` puts the public half on new servers, `nodes` logs in with the private half.
/// It is made by `app` (with `hoist_ssh`), lives in memory only, and is gone with the process.
#[derive(Clone, Debug)]
pub struct DeployKey {
    /// The public half, one OpenSSH line.
    pub public: String,
    /// The private half, an OpenSSH PEM.
    pub private: Secret,
}

/// How to reach the cluster's API.
#[derive(Clone, Debug)]
pub struct ClusterAccess {
    /// An admin kubeconfig whose server URL is reachable from here.
    pub kubeconfig: Secret,
    /// That URL, for messages.
    pub server: String,
}

/// What observation has published so far. Empty before anything was observed.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Servers that carry our labels, by their name in the spec. Unknown when the cloud could not be asked.
    pub servers: BTreeMap<String, Lookup<ServerFacts>>,
    /// The cluster's API: absent when no control plane is installed, unknown when one is there and does not answer.
    pub cluster: Lookup<ClusterAccess>,
    /// Machines whose node is installed and current.
    pub installed: BTreeSet<String>,
    /// Machines that could not be looked at, with the reason.
    pub unreachable: BTreeMap<String, Why>,
}

impl Facts {
    /// The facts of one server, if it is known to exist.
    pub fn server(&self, name: &str) -> Option<&ServerFacts> {
        self.servers.get(name).and_then(Lookup::present)
    }
}

/// A pin could not be written.
#[derive(Clone, Debug, thiserror::Error)]
#[error("could not write the host-key pin of server {server}: {why}")]
pub struct PinError {
    /// The server.
    pub server: String,
    /// Why.
    pub why: String,
}

/// Where host-key pins are kept: the seam by which `nodes` writes them without knowing the cloud.
#[async_trait]
pub trait Pins: Send + Sync {
    /// Reads the pins of a server afresh.
    async fn read(&self, server: &str) -> Result<HostKeyPins, PinError>;
    /// Writes both pins of a server and leaves its other labels alone.
    async fn write(&self, server: &str, pins: &HostKeyPins) -> Result<(), PinError>;
}
