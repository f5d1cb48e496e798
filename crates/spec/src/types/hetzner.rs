//! `hetzner`: the project in Hetzner Cloud, its network, and who may reach it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Source;
use crate::{AdminCidr, Cidr};

/// The project in Hetzner Cloud.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hetzner {
    /// Where the API token comes from. It needs to read and write; a read-only one suffices for `hoist plan`.
    #[serde(default = "token")]
    pub token: Source,
    /// The private network.
    #[serde(default)]
    pub network: Network,
    /// Who may reach SSH and the Kubernetes API from outside: networks, and `self` for the address that hoist is run
    /// from.
    #[serde(default = "caller")]
    pub admin_cidrs: Vec<AdminCidr>,
}

impl Default for Hetzner {
    fn default() -> Self {
        Self {
            token: token(),
            network: Network::default(),
            admin_cidrs: caller(),
        }
    }
}

fn token() -> Source {
    Source::Env("HCLOUD_TOKEN".parse().expect("a constant name"))
}

/// Not the whole internet: whoever wants that writes it.
fn caller() -> Vec<AdminCidr> {
    vec![AdminCidr::Caller]
}

/// The private network that all machines are in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Network {
    /// Its addresses: an IPv4 network.
    #[serde(default = "network_cidr")]
    pub cidr: Cidr,
    /// The network zone, which holds the machines' locations.
    #[serde(default)]
    pub zone: NetworkZone,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            cidr: network_cidr(),
            zone: NetworkZone::default(),
        }
    }
}

fn network_cidr() -> Cidr {
    "10.0.0.0/16".parse().expect("a constant network")
}

/// A network zone of Hetzner Cloud.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkZone {
    /// Falkenstein, Nuremberg, Helsinki.
    #[default]
    EuCentral,
    /// Ashburn.
    UsEast,
    /// Hillsboro.
    UsWest,
    /// Singapore.
    ApSoutheast,
}

impl NetworkZone {
    /// The name that Hetzner gives it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EuCentral => "eu-central",
            Self::UsEast => "us-east",
            Self::UsWest => "us-west",
            Self::ApSoutheast => "ap-southeast",
        }
    }
}
