//! What the control plane is told by who runs it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use url::Url;

use super::tools::Tools;

/// The fixed ports on the control plane's own loopback address.
pub(crate) mod port {
    /// The API servers' common front.
    pub(crate) const FRONT: u16 = 6443;
    /// etcd's clients.
    pub(crate) const ETCD: u16 = 2379;
    /// etcd's peers, of which there are none.
    pub(crate) const ETCD_PEER: u16 = 2380;
    /// etcd's health.
    pub(crate) const ETCD_HEALTH: u16 = 2381;
    /// The kubelet's API, which kwok answers.
    pub(crate) const KUBELET: u16 = 10250;
    /// The metrics API.
    pub(crate) const METRICS: u16 = 10260;
    /// The proxy that the stand-ins of pods reach the world through.
    pub(crate) const WORLD: u16 = 3128;
    /// The first of the ACME servers; each has two ports.
    pub(crate) const ACME: u16 = 14000;
}

/// How the control plane runs.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder for etcd's data, certificates, sockets and logs. It must be on a local file system, and its path
    /// short enough for a Unix socket in it (90 bytes).
    pub state: PathBuf,
    /// A loopback address that belongs to this control plane alone: etcd and all that has no host of its own listen on it.
    pub address: Ipv4Addr,
    /// Where the programs are.
    pub tools: Tools,
    /// The Cloudflare emulator, which stands for `https://api.cloudflare.com`: scheme, host and port.
    pub cloudflare: Option<Url>,
    /// The DNS server behind the Cloudflare emulator: what the ACME servers and cert-manager ask.
    pub dns: Option<SocketAddr>,
    /// Scales the delays that stand for a machine's work, such as pulling an image (1 is a real machine, 0 none).
    pub delay_scale: f64,
    /// True: a Node becomes Ready only when a pod of Cilium's agent runs on it, as on k3s without flannel.
    /// False: at once.
    pub wait_for_cni: bool,
}

impl Config {
    /// A control plane without delays and without a world beyond the cluster.
    pub fn new(state: impl Into<PathBuf>, address: Ipv4Addr, tools: Tools) -> Self {
        Self {
            state: state.into(),
            address,
            tools,
            cloudflare: None,
            dns: None,
            delay_scale: 0.0,
            wait_for_cni: true,
        }
    }

    /// The URL that the control plane's own programs reach an API server at, whichever runs.
    pub(crate) fn front(&self) -> String {
        format!("https://{}:{}", self.address, port::FRONT)
    }

    /// The folder of certificates and keys.
    pub(crate) fn pki(&self) -> PathBuf {
        self.state.join("pki")
    }

    /// The folder of logs, which is the programs' working folder too.
    pub(crate) fn logs(&self) -> PathBuf {
        self.state.join("logs")
    }

    /// The socket of the egress proxy.
    pub(crate) fn egress(&self) -> PathBuf {
        self.state.join("egress.sock")
    }
}
