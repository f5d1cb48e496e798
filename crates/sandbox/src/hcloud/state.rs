//! Everything that the project holds, and the small questions that every handler asks of it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::action::{Action, Outcome};
use super::addresses::AddressPool;
use super::catalog::{self, Catalog};
use super::config::Quota;
use super::error::{ApiError, ApiResult};
use super::firewalls::Firewall;
use super::images::Image;
use super::labels::{self, Labels};
use super::load_balancers::LoadBalancer;
use super::networks::Network;
use super::placement_groups::PlacementGroup;
use super::primary_ips::PrimaryIp;
use super::server::Server;
use super::ssh_keys::SshKey;
use super::volumes::Volume;

/// A resource's type as actions write it.
pub(crate) type Kind = &'static str;

/// What every resource has.
#[derive(Clone, Debug)]
pub(crate) struct Meta {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) labels: Labels,
    pub(crate) created: DateTime<Utc>,
}

/// The project.
pub(crate) struct State {
    next_id: u64,
    pub(crate) catalog: Catalog,
    pub(crate) quota: Quota,
    pub(crate) addresses: AddressPool,
    pub(crate) actions: BTreeMap<u64, Action>,
    running: BTreeSet<u64>,
    pub(crate) servers: BTreeMap<u64, Server>,
    pub(crate) networks: BTreeMap<u64, Network>,
    pub(crate) firewalls: BTreeMap<u64, Firewall>,
    pub(crate) placement_groups: BTreeMap<u64, PlacementGroup>,
    pub(crate) ssh_keys: BTreeMap<u64, SshKey>,
    pub(crate) volumes: BTreeMap<u64, Volume>,
    pub(crate) primary_ips: BTreeMap<u64, PrimaryIp>,
    pub(crate) load_balancers: BTreeMap<u64, LoadBalancer>,
    pub(crate) images: BTreeMap<u64, Image>,
}

impl State {
    pub(crate) fn new(addresses: AddressPool, quota: Quota) -> Self {
        Self {
            next_id: 10_000_000,
            catalog: Catalog::default(),
            quota,
            addresses,
            actions: BTreeMap::new(),
            running: BTreeSet::new(),
            servers: BTreeMap::new(),
            networks: BTreeMap::new(),
            firewalls: BTreeMap::new(),
            placement_groups: BTreeMap::new(),
            ssh_keys: BTreeMap::new(),
            volumes: BTreeMap::new(),
            primary_ips: BTreeMap::new(),
            load_balancers: BTreeMap::new(),
            images: catalog::images(),
        }
    }

    pub(crate) fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// What a new resource has, after its labels are checked.
    pub(crate) fn meta(&mut self, name: &str, labels: Option<Labels>) -> ApiResult<Meta> {
        let labels = labels.unwrap_or_default();
        labels::check(&labels)?;
        Ok(Meta {
            id: self.new_id(),
            name: name.to_owned(),
            labels,
            created: Utc::now(),
        })
    }

    /// Begins an action; its steps run once the request is answered.
    pub(crate) fn begin_action(&mut self, command: &'static str, resources: Vec<(Kind, u64)>) -> u64 {
        let id = self.new_id();
        self.actions.insert(id, Action::new(id, command, resources));
        self.running.insert(id);
        id
    }

    pub(crate) fn end_action(&mut self, id: u64, outcome: Outcome) {
        self.running.remove(&id);
        if let Some(action) = self.actions.get_mut(&id) {
            action.end(outcome);
        }
    }

    /// True while any action is running.
    pub(crate) fn busy(&self) -> bool {
        !self.running.is_empty()
    }

    pub(crate) fn action_json(&self, id: u64) -> Value {
        self.actions.get(&id).map_or(Value::Null, Action::json)
    }

    /// True while an action works on the resource.
    pub(crate) fn locked(&self, kind: Kind, id: u64) -> bool {
        self.running
            .iter()
            .filter_map(|action| self.actions.get(action))
            .any(|action| action.running() && action.resources.first() == Some(&(kind, id)))
    }

    pub(crate) fn refuse_locked(&self, kind: Kind, id: u64) -> ApiResult<()> {
        if self.locked(kind, id) {
            return Err(ApiError::locked(kind));
        }
        Ok(())
    }

    /// A public IPv4 address, or the error that Hetzner gives when it has none left.
    pub(crate) fn take_address(&mut self) -> ApiResult<Ipv4Addr> {
        self.addresses
            .take()
            .ok_or_else(|| ApiError::new(412, "resource_unavailable", "no public IPv4 address is available"))
    }

    /// Everything that exists, the same text for the same world: no actions, counters or budgets.
    pub(crate) fn json(&self) -> Value {
        json!({
            "servers": self.servers.values().map(|server| server.json(self)).collect::<Vec<_>>(),
            "networks": self.networks.values().map(|network| network.json(self)).collect::<Vec<_>>(),
            "firewalls": self.firewalls.values().map(|firewall| firewall.json(self)).collect::<Vec<_>>(),
            "placement_groups": self.placement_groups.values().map(|group| group.json(self)).collect::<Vec<_>>(),
            "ssh_keys": self.ssh_keys.values().map(SshKey::json).collect::<Vec<_>>(),
            "volumes": self.volumes.values().map(|volume| volume.json(self)).collect::<Vec<_>>(),
            "primary_ips": self.primary_ips.values().map(PrimaryIp::json).collect::<Vec<_>>(),
            "load_balancers": self.load_balancers.values().map(LoadBalancer::json).collect::<Vec<_>>(),
            "snapshots": self.images.values().filter(|image| !image.system()).map(Image::json).collect::<Vec<_>>(),
        })
    }
}

/// The resource with this id, which is a path segment or a number in a body.
pub(crate) fn find<T>(map: &BTreeMap<u64, T>, kind: Kind, id: impl std::fmt::Display) -> ApiResult<&T> {
    let text = id.to_string();
    text.parse()
        .ok()
        .and_then(|id: u64| map.get(&id))
        .ok_or_else(|| ApiError::not_found(kind, text))
}

/// The same, to change it.
pub(crate) fn find_mut<T>(map: &mut BTreeMap<u64, T>, kind: Kind, id: impl std::fmt::Display) -> ApiResult<&mut T> {
    let text = id.to_string();
    text.parse()
        .ok()
        .and_then(|id: u64| map.get_mut(&id))
        .ok_or_else(|| ApiError::not_found(kind, text))
}

/// A time as the API writes it.
pub(crate) fn stamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, false)
}
