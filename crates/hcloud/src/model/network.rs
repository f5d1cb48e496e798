//! Private networks and their subnets.

use serde::{Deserialize, Serialize};

use super::open_enum::open_enum;
use super::{Labels, Protection, nullable};

open_enum! {
    /// A subnet's kind.
    SubnetKind {
        /// For cloud servers.
        Cloud = "cloud",
        /// The older word for it.
        Server = "server",
        /// With a vSwitch.
        Vswitch = "vswitch",
    }
}

/// A subnet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet {
    /// Its kind.
    #[serde(rename = "type", default)]
    pub kind: SubnetKind,
    /// Its addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_range: Option<String>,
    /// Its zone.
    #[serde(default, deserialize_with = "nullable")]
    pub network_zone: String,
    /// Its gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
}

/// A private network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// Its id.
    pub id: u64,
    /// Its name, unique in the project.
    pub name: String,
    /// Its addresses.
    #[serde(default, deserialize_with = "nullable")]
    pub ip_range: String,
    /// Its subnets.
    #[serde(default, deserialize_with = "nullable")]
    pub subnets: Vec<Subnet>,
    /// The ids of attached servers.
    #[serde(default, deserialize_with = "nullable")]
    pub servers: Vec<u64>,
    /// Labels.
    #[serde(default, deserialize_with = "nullable")]
    pub labels: Labels,
    /// Protection.
    #[serde(default, deserialize_with = "nullable")]
    pub protection: Protection,
}

/// A network to be made.
#[derive(Clone, Debug, Serialize)]
pub struct NetworkCreate {
    /// Its name.
    pub name: String,
    /// Its addresses.
    pub ip_range: String,
    /// Its subnets.
    pub subnets: Vec<Subnet>,
    /// Labels.
    pub labels: Labels,
}
