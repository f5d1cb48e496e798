//! What the API speaks of. Every field that the API may leave out or null is optional, and every enum keeps values
//! that it does not know, so that a new status or type never breaks an old hoist.

mod action;
mod catalog;
mod firewall;
mod network;
mod open_enum;
mod server;
mod small;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

pub(crate) use open_enum::open_enum;

pub use action::{Action, ActionFailure, ActionStatus, Resource};
pub use catalog::{
    Deprecation, Image, Location, Price, PriceEntry, Pricing, ServerType, ServerTypeLocation, ServerTypePrice,
};
pub use firewall::{
    AppliedTo, Direction, Firewall, FirewallCreate, FirewallResource, Protocol, ResourceKind, Rule, ServerId,
};
pub use network::{Network, NetworkCreate, Subnet, SubnetKind};
pub use server::{
    Architecture, Datacenter, IpAssignment, PrivateNet, PublicNet, PublicNetCreate, Server, ServerCreate,
    ServerFirewall, ServerFirewallRef, ServerProtection, ServerStatus, UserData,
};
pub use small::{PlacementGroup, PlacementGroupCreate, PlacementGroupKind, Protection, SshKey, SshKeyCreate};

/// Labels of a resource.
pub type Labels = BTreeMap<String, String>;

/// Reads null as the default: the API writes null where it means none.
pub(crate) fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}
