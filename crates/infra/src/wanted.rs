//! The part of the spec that this phase reads, as plain data: the planner and its tests know nothing of YAML.

use std::collections::BTreeSet;

use ipnet::{IpNet, Ipv4Net};

/// Who may reach SSH and the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Admin {
    /// These addresses.
    Cidr(IpNet),
    /// Whoever runs hoist.
    Caller,
}

/// What a machine is in the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A control plane.
    Server,
    /// A worker.
    Agent,
}

impl Role {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Agent => "agent",
        }
    }
}

/// An enabled machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Machine {
    pub(crate) name: String,
    pub(crate) server_type: String,
    pub(crate) location: String,
    pub(crate) image: String,
    pub(crate) role: Option<Role>,
}

/// What the spec asks of the cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) cluster: String,
    pub(crate) network: Ipv4Net,
    pub(crate) zone: String,
    pub(crate) admins: Vec<Admin>,
    pub(crate) ssh_port: u16,
    /// Public keys of the people who may log in, one OpenSSH line each.
    pub(crate) user_keys: Vec<String>,
    /// Enabled machines, in the spec's order.
    pub(crate) machines: Vec<Machine>,
    /// Machines that the spec names and disables.
    pub(crate) disabled: BTreeSet<String>,
}
