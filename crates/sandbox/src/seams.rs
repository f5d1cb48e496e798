//! The seams between the sandbox's parts, so that each can be built, tested and replaced alone.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use async_trait::async_trait;
use secrecy::SecretString;

/// A failure of one part, told to the part that asked.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SeamError(pub String);

/// What the cloud tells the machine behind a server when it is made or rebuilt.
#[derive(Clone, Debug)]
pub struct MachineSpec {
    /// The server's id in the Hetzner emulator; a machine is known by it.
    pub id: u64,
    /// The server's name, which is the machine's first host name.
    pub name: String,
    /// The loopback address that stands for the server's public IPv4 address.
    pub public_ipv4: Ipv4Addr,
    /// The server's address in the private network, where it has one.
    pub private_ipv4: Option<Ipv4Addr>,
    /// `x86` or `arm`, as Hetzner writes it.
    pub architecture: String,
    /// The image's name, such as `debian-12`.
    pub image: String,
    /// cloud-init user data as it was sent.
    pub user_data: Option<String>,
    /// Public keys (one OpenSSH line each) that the image puts into root's `authorized_keys`.
    pub ssh_keys: Vec<String>,
    /// Memory in MiB: kexec needs 1.5 GB.
    pub memory_mib: u64,
}

/// A power action on a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// Start it.
    On,
    /// Pull the plug.
    Off,
    /// Reset or reboot.
    Reset,
}

/// The machines behind the servers of the Hetzner emulator.
#[async_trait]
pub trait Machines: Send + Sync {
    /// Makes the machine and boots its image; returns when its first boot has begun. Making the same id again rebuilds it.
    async fn create(&self, spec: MachineSpec) -> Result<(), SeamError>;
    /// Switches its power. A machine that already is in that state stays so.
    async fn power(&self, id: u64, power: Power) -> Result<(), SeamError>;
    /// Tells the machine its address in the private network, or that it left it.
    async fn set_private_ipv4(&self, id: u64, address: Option<Ipv4Addr>) -> Result<(), SeamError>;
    /// Removes the machine and all that it held. Removing what is not there is fine.
    async fn delete(&self, id: u64) -> Result<(), SeamError>;
}

/// How k3s was configured on a host when it started: what the host's NixOS configuration and files say.
#[derive(Clone, Debug)]
pub struct K3sNode {
    /// The host's name, which becomes the Node's name.
    pub name: String,
    /// The address that the API server listens on (port 6443) and the Node's external address.
    pub address: IpAddr,
    /// The Node's internal address.
    pub internal_address: Option<IpAddr>,
    /// The host's root folder as the sandbox sees it from outside: files such as `etc/rancher/k3s/k3s.yaml` lie under it.
    pub root: PathBuf,
    /// True for a server (control plane), false for an agent.
    pub server: bool,
    /// k3s's version, such as `v1.36.3+k3s1`.
    pub version: String,
    /// Pod range.
    pub cluster_cidr: String,
    /// Service range.
    pub service_cidr: String,
    /// Additional names and addresses for the API server's certificate (`--tls-san`).
    pub tls_sans: Vec<String>,
    /// `amd64` or `arm64`.
    pub architecture: String,
    /// The cluster token that this node presents; a server that makes the cluster sets it, others must match it.
    pub token: SecretString,
    /// The token that agents must present, where the server has one of its own for them (`--agent-token-file`).
    pub agent_token: Option<SecretString>,
    /// Labels of the Node (`--node-label`).
    pub labels: BTreeMap<String, String>,
    /// Taints that the Node registers with (`--node-taint`), each `KEY=VALUE:EFFECT`.
    pub taints: Vec<String>,
    /// The address of the server that this node joins; none for the one that initialises the cluster.
    pub join: Option<String>,
}

/// What runs k3s's work when a host boots with it: the real control plane, and a Node that kwok keeps.
#[async_trait]
pub trait Kubernetes: Send + Sync {
    /// Starts k3s on a host; for the first server the API answers on `address:6443` when this returns.
    /// Returns the admin kubeconfig (server `https://127.0.0.1:6443`, as k3s writes it) for a server, nothing for an agent.
    async fn start(&self, node: K3sNode) -> Result<Option<String>, SeamError>;
    /// Stops k3s on a host (reboot, power off); the Node object and etcd's data stay.
    async fn stop(&self, name: &str) -> Result<(), SeamError>;
    /// The host is gone for good: a server's data goes with it.
    async fn forget(&self, name: &str) -> Result<(), SeamError>;
}
