//! `machines/NAME/settings.json`: what the spec and the cloud say of one machine, as the NixOS modules read it.
//!
//! The modules import it by `builtins.fromJSON (builtins.readFile ./settings.json)`, so that everything that differs
//! from machine to machine is data. It holds nothing secret: secrets are files on the host, and it names their paths.
//!
//! ```json
//! {
//!   "hostName": "kube-control",
//!   "domain": "example.com",
//!   "system": "x86_64-linux",
//!   "stateVersion": "26.05",
//!   "allowUnfree": false,
//!   "sshPort": 22,
//!   "rootKeys": ["ssh-ed25519 AAAA… cameron"],
//!   "users": [{ "name": "cameron", "keys": ["ssh-ed25519 AAAA… cameron"], "sudo": "nopasswd" }],
//!   "privateMac": "86:00:00:2a:7d:e6",
//!   "k3s": {
//!     "role": "server",
//!     "version": "v1.36.3+k3s1",
//!     "clusterCidr": "10.42.0.0/16",
//!     "serviceCidr": "10.43.0.0/16",
//!     "clusterDns": "10.43.0.10",
//!     "tlsSans": ["kube.example.com", "203.0.113.7"],
//!     "disable": ["coredns", "local-storage", "metrics-server", "servicelb", "traefik"],
//!     "flags": ["--flannel-backend=none", "--disable-kube-proxy"],
//!     "tokenFile": "/var/lib/hoist/k3s-token",
//!     "agentTokenFile": "/var/lib/hoist/k3s-agent-token",
//!     "environmentFile": "/var/lib/hoist/k3s.env"
//!   },
//!   "firewall": {
//!     "tcp": [2222, 4240, 4244, 6443],
//!     "udp": [4789, 6081, 8472],
//!     "betweenNodes": { "tcp": [2379, 2380, 10250], "from": ["10.0.0.0/16"] }
//!   }
//! }
//! ```
//!
//! `privateMac` is absent while it is not known. `sudo` is `nopasswd`, `password` or `none`. `k3s` is absent on a
//! machine without a role; `agentTokenFile` is a server's only, and an agent's `tokenFile` holds the agent token. The
//! environment file holds `K3S_CLUSTER_INIT=true` on the server that makes the cluster and `K3S_URL=https://…:6443` on
//! every other node.

use serde::Serialize;

/// The folder on a host that belongs to hoist, readable by root only.
pub const STATE_DIR: &str = "/var/lib/hoist";

/// One machine, as its modules read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// The host's name, which becomes the Node's.
    pub host_name: String,
    /// The domain under which it has its full name.
    pub domain: String,
    /// Nix's name of the platform.
    pub system: String,
    /// The NixOS release that its state was made with.
    pub state_version: String,
    /// Whether packages with an unfree licence may be used.
    pub allow_unfree: bool,
    /// The port of sshd.
    pub ssh_port: u16,
    /// Who may log in as root: the keys of users with sudo. hoist itself logs in this way.
    pub root_keys: Vec<String>,
    /// The people.
    pub users: Vec<User>,
    /// The MAC address of its interface in the private network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_mac: Option<String>,
    /// k3s on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub k3s: Option<K3s>,
    /// Its open ports.
    pub firewall: Firewall,
}

/// One person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The login name.
    pub name: String,
    /// Public keys, one OpenSSH line each.
    pub keys: Vec<String>,
    /// `nopasswd`, `password` or `none`.
    pub sudo: String,
}

/// k3s on one machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct K3s {
    /// `server` or `agent`.
    pub role: String,
    /// Its version, `v1.36.3+k3s1`: the minor one names the package in nixpkgs.
    pub version: String,
    /// The pods' range.
    pub cluster_cidr: String,
    /// The Services' range.
    pub service_cidr: String,
    /// The cluster DNS Service's address.
    pub cluster_dns: String,
    /// Names and addresses in the API server's certificate. Empty for an agent.
    pub tls_sans: Vec<String>,
    /// Parts of k3s that are not wanted. Empty for an agent.
    pub disable: Vec<String>,
    /// Further flags, in order.
    pub flags: Vec<String>,
    /// Where the token lies that this node presents.
    pub token_file: String,
    /// Where the token lies that agents must present; servers only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_token_file: Option<String>,
    /// Where the environment file lies by which the node learns whether to make or to join the cluster.
    pub environment_file: String,
}

/// Open ports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Firewall {
    /// TCP from anywhere. The cloud's own firewall stands before it.
    pub tcp: Vec<u16>,
    /// UDP from anywhere.
    pub udp: Vec<u16>,
    /// Ports that are for the other nodes only.
    pub between_nodes: BetweenNodes,
}

/// Ports for the other nodes only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BetweenNodes {
    /// TCP.
    pub tcp: Vec<u16>,
    /// The ranges that the nodes' addresses are of.
    pub from: Vec<String>,
}
