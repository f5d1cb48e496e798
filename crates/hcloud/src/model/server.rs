//! Servers.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

use super::open_enum::open_enum;
use super::{Image, Labels, Location, PlacementGroup, ServerType, nullable};

open_enum! {
    /// What a server does.
    ServerStatus {
        /// It is being made.
        Initializing = "initializing",
        /// It starts.
        Starting = "starting",
        /// It runs.
        Running = "running",
        /// It shuts down.
        Stopping = "stopping",
        /// It is switched off.
        Off = "off",
        /// It is being deleted.
        Deleting = "deleting",
        /// It moves to another host.
        Migrating = "migrating",
        /// It is being rebuilt.
        Rebuilding = "rebuilding",
        /// The API does not know.
        Unknown = "unknown",
    }
}

open_enum! {
    /// A processor architecture.
    Architecture {
        /// x86-64.
        X86 = "x86",
        /// 64-bit Arm.
        Arm = "arm",
    }
}

/// A public address of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpAssignment {
    /// The id of the primary IP.
    #[serde(default)]
    pub id: Option<u64>,
    /// The address; for IPv6 the network (`2001:db8::/64`).
    #[serde(default, deserialize_with = "nullable")]
    pub ip: String,
}

/// A firewall on a server's public interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerFirewall {
    /// The firewall's id.
    pub id: u64,
    /// `applied` or `pending`.
    #[serde(default, deserialize_with = "nullable")]
    pub status: String,
}

/// A server's public interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicNet {
    /// Its IPv4 address.
    #[serde(default)]
    pub ipv4: Option<IpAssignment>,
    /// Its IPv6 network.
    #[serde(default)]
    pub ipv6: Option<IpAssignment>,
    /// Its firewalls.
    #[serde(default, deserialize_with = "nullable")]
    pub firewalls: Vec<ServerFirewall>,
}

/// A server's interface in a private network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateNet {
    /// The network's id.
    pub network: u64,
    /// The address there.
    #[serde(default, deserialize_with = "nullable")]
    pub ip: String,
    /// The interface's MAC address.
    #[serde(default, deserialize_with = "nullable")]
    pub mac_address: String,
}

/// What must not happen to a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerProtection {
    /// It must not be deleted.
    #[serde(default)]
    pub delete: bool,
    /// It must not be rebuilt.
    #[serde(default)]
    pub rebuild: bool,
}

/// What used to say where a server is, until July 2026.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Datacenter {
    /// Its location.
    #[serde(default, deserialize_with = "nullable")]
    pub location: Location,
}

/// A server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Server {
    /// Its id.
    pub id: u64,
    /// Its name, unique in the project.
    pub name: String,
    /// What it does.
    #[serde(default)]
    pub status: ServerStatus,
    /// Its public interface.
    #[serde(default, deserialize_with = "nullable")]
    pub public_net: PublicNet,
    /// Its private interfaces.
    #[serde(default, deserialize_with = "nullable")]
    pub private_net: Vec<PrivateNet>,
    /// Its type.
    #[serde(default, deserialize_with = "nullable")]
    pub server_type: ServerType,
    /// Its location (absent in answers older than July 2026: use [`Server::location_name`]).
    #[serde(default)]
    pub location: Option<Location>,
    /// The older place of the location.
    #[serde(default)]
    pub datacenter: Option<Datacenter>,
    /// The image that it was made from; gone when the image is.
    #[serde(default)]
    pub image: Option<Image>,
    /// Labels.
    #[serde(default, deserialize_with = "nullable")]
    pub labels: Labels,
    /// Protection.
    #[serde(default, deserialize_with = "nullable")]
    pub protection: ServerProtection,
    /// Its placement group.
    #[serde(default)]
    pub placement_group: Option<PlacementGroup>,
    /// The size of its disk in GB; a type with a smaller one is out of its reach.
    #[serde(default)]
    pub primary_disk_size: Option<u64>,
    /// Whether an action holds it now.
    #[serde(default)]
    pub locked: bool,
}

impl Server {
    /// The name of its location, wherever the API wrote it; empty when nowhere.
    pub fn location_name(&self) -> &str {
        match (&self.location, &self.datacenter) {
            (Some(location), _) => &location.name,
            (None, Some(datacenter)) => &datacenter.location.name,
            (None, None) => "",
        }
    }
}

/// A reference to a firewall, as server creation wants it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServerFirewallRef {
    /// The firewall's id.
    pub firewall: u64,
}

/// Which public addresses a new server gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PublicNetCreate {
    /// An IPv4 address.
    pub enable_ipv4: bool,
    /// An IPv6 network.
    pub enable_ipv6: bool,
}

/// cloud-init's user data. It can hold key material, so it is redacted in `Debug`.
#[derive(Clone)]
pub struct UserData(SecretString);

impl UserData {
    /// From its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }
}

impl fmt::Debug for UserData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserData(redacted)")
    }
}

impl Serialize for UserData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

/// A server to be made.
#[derive(Clone, Debug, Serialize)]
pub struct ServerCreate {
    /// Its name.
    pub name: String,
    /// Its type's name.
    pub server_type: String,
    /// Its image's name or id.
    pub image: String,
    /// Its location's name.
    pub location: String,
    /// Whether it starts at once. Off when a network is to be attached first.
    pub start_after_create: bool,
    /// Names or ids of ssh keys for root.
    pub ssh_keys: Vec<String>,
    /// Firewalls on the public interface.
    pub firewalls: Vec<ServerFirewallRef>,
    /// A placement group's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placement_group: Option<u64>,
    /// Labels.
    pub labels: Labels,
    /// cloud-init's user data, at most 32 KiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_data: Option<UserData>,
    /// Public addresses.
    pub public_net: PublicNetCreate,
}
