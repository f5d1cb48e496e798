//! Servers: what they are, how they look, and `/servers` but for creation and actions.

use std::net::Ipv4Addr;

use axum::http::Method;
use serde_json::{Value, json};

use super::action::{Step, Work};
use super::addresses::ipv6_network;
use super::call::{self, Call, Reply};
use super::catalog::Location;
use super::error::{ApiError, ApiResult};
use super::images::Image;
use super::primary_ips::PrimaryIp;
use super::state::{Meta, State, find, find_mut, stamp};
use super::{server_actions, server_create};
use crate::seams::MachineSpec;

/// A server's place in a private network.
#[derive(Clone, Debug)]
pub(crate) struct Nic {
    pub(crate) network: u64,
    pub(crate) ip: Ipv4Addr,
    pub(crate) alias_ips: Vec<Ipv4Addr>,
    /// False until the action that attaches it has begun; the address is reserved already.
    pub(crate) attached: bool,
}

/// A server.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) meta: Meta,
    pub(crate) status: &'static str,
    pub(crate) server_type: String,
    pub(crate) location: &'static Location,
    /// The image as it was: a deleted snapshot stays known.
    pub(crate) image: Image,
    pub(crate) disk: u32,
    pub(crate) ipv4: Option<u64>,
    pub(crate) ipv6: Option<u64>,
    /// Where its machine listens: the public address, or a hidden one where it has none.
    pub(crate) machine_ip: Ipv4Addr,
    pub(crate) nics: Vec<Nic>,
    pub(crate) placement_group: Option<u64>,
    pub(crate) protected: (bool, bool),
    pub(crate) rescue: bool,
    pub(crate) backups: bool,
    pub(crate) user_data: Option<String>,
    pub(crate) ssh_keys: Vec<String>,
    /// Counts how often its power was switched.
    pub(crate) switched: u64,
    /// True once its machine was made, which its first start does.
    pub(crate) made: bool,
}

impl Server {
    /// The address in its first private network.
    pub(crate) fn private_ipv4(&self) -> Option<Ipv4Addr> {
        self.nics.first().map(|nic| nic.ip)
    }

    pub(crate) fn json(&self, state: &State) -> Value {
        let id = self.meta.id;
        let kind = state.catalog.server_type(&self.server_type);
        let firewalls: Vec<Value> = state
            .firewalls
            .values()
            .filter_map(|firewall| Some(json!({ "id": firewall.meta.id, "status": firewall.status_on(self)? })))
            .collect();
        let nics: Vec<Value> = self
            .nics
            .iter()
            .filter(|nic| nic.attached)
            .map(|nic| {
                json!({
                    "network": nic.network,
                    "ip": nic.ip,
                    "alias_ips": nic.alias_ips,
                    "mac_address": mac(id, nic.network),
                })
            })
            .collect();
        let volumes: Vec<u64> = state
            .volumes
            .values()
            .filter(|volume| volume.server == Some(id))
            .map(|volume| volume.meta.id)
            .collect();
        let balancers: Vec<u64> = state
            .load_balancers
            .values()
            .filter(|balancer| balancer.targets_server(id))
            .map(|balancer| balancer.meta.id)
            .collect();
        json!({
            "id": id,
            "name": self.meta.name,
            "status": self.status,
            "created": stamp(self.meta.created),
            "public_net": {
                "ipv4": self.ipv4.and_then(|ip| state.primary_ips.get(&ip)).map(PrimaryIp::on_server),
                "ipv6": self.ipv6.and_then(|ip| state.primary_ips.get(&ip)).map(PrimaryIp::on_server),
                "floating_ips": [],
                "firewalls": firewalls,
            },
            "private_net": nics,
            "server_type": kind.map(|kind| state.catalog.json(kind)),
            "location": self.location.json(),
            "image": self.image.json(),
            "iso": null,
            "rescue_enabled": self.rescue,
            "locked": state.locked("server", id),
            "backup_window": self.backups.then_some("22-02"),
            "outgoing_traffic": 0,
            "ingoing_traffic": 0,
            "included_traffic": 21_990_232_555_520_u64,
            "protection": { "delete": self.protected.0, "rebuild": self.protected.1 },
            "labels": self.meta.labels,
            "volumes": volumes,
            "load_balancers": balancers,
            "primary_disk_size": self.disk,
            "placement_group": self
                .placement_group
                .and_then(|group| state.placement_groups.get(&group))
                .map(|group| group.json(state)),
        })
    }
}

/// A network card's address, fixed by server and network.
fn mac(server: u64, network: u64) -> String {
    let number = server.wrapping_mul(2_654_435_761) ^ network;
    let bytes = number.to_be_bytes();
    format!("86:00:00:{:02x}:{:02x}:{:02x}", bytes[5], bytes[6], bytes[7])
}

/// What the machine behind the server is made of.
pub(super) fn machine_spec(state: &State, id: u64) -> Option<MachineSpec> {
    let server = state.servers.get(&id)?;
    let kind = state.catalog.server_type(&server.server_type)?;
    Some(MachineSpec {
        id,
        name: server.meta.name.clone(),
        public_ipv4: server.machine_ip,
        private_ipv4: server.private_ipv4(),
        architecture: kind.architecture().to_owned(),
        image: server.image.machine_name(),
        user_data: server.user_data.clone(),
        ssh_keys: server.ssh_keys.clone(),
        memory_mib: u64::from(kind.memory_gib) * 1024,
    })
}

/// `/servers…`.
pub(super) fn route(call: &mut Call<'_>, rest: &[&str]) -> ApiResult<Reply> {
    match (call.method.clone(), rest) {
        (Method::GET, []) => {
            let state = &*call.state;
            let items = state.servers.values().map(|server| server.json(state));
            Ok(Reply::ok(call.query.list("servers", items, &["name", "status"])?))
        }
        (Method::POST, []) => server_create::create(call),
        (Method::GET, [id]) => {
            let server = find(&call.state.servers, "server", id)?;
            Ok(Reply::ok(json!({ "server": server.json(call.state) })))
        }
        (Method::PUT, [id]) => update(call, id),
        (Method::DELETE, [id]) => delete(call, id),
        (Method::POST, [id, "actions", action]) => server_actions::act(call, id, action),
        _ => Err(ApiError::no_route("servers")),
    }
}

fn update(call: &mut Call<'_>, id: &str) -> ApiResult<Reply> {
    let id = find(&call.state.servers, "server", id)?.meta.id;
    let change = call::rename(call, "server", id, |state| {
        state
            .servers
            .values()
            .map(|server| (server.meta.id, server.meta.name.clone()))
            .collect()
    })?;
    if let Some(name) = &change.name {
        server_create::check_host_name(name)?;
    }
    find_mut(&mut call.state.servers, "server", id)?.meta.apply(change);
    let server = find(&call.state.servers, "server", id)?;
    Ok(Reply::ok(json!({ "server": server.json(call.state) })))
}

fn delete(call: &mut Call<'_>, id: &str) -> ApiResult<Reply> {
    let server = find(&call.state.servers, "server", id)?;
    let (id, was) = (server.meta.id, server.status);
    if server.protected.0 {
        return Err(ApiError::protected("server"));
    }
    call.state.refuse_locked("server", id)?;
    let action = call.state.begin_action("delete_server", vec![("server", id)]);
    if let Some(server) = call.state.servers.get_mut(&id) {
        server.status = "deleting";
    }
    let step = Step::of(action, 4.0)
        .work(Work::Delete(id))
        .finish(move |state| forget(state, id))
        .undo(move |state| set_status(state, id, was));
    call.run(vec![step]);
    Ok(Reply::ok(json!({ "action": call.state.action_json(action) })))
}

/// Takes a server out of the world, with everything that goes along.
pub(super) fn forget(state: &mut State, id: u64) {
    let Some(server) = state.servers.remove(&id) else {
        return;
    };
    let mut address_released = false;
    for ip in [server.ipv4, server.ipv6].into_iter().flatten() {
        let Some(primary) = state.primary_ips.get_mut(&ip) else {
            continue;
        };
        primary.assignee = None;
        address_released |= primary.ipv4 == Some(server.machine_ip);
        if primary.auto_delete
            && let Some(gone) = state.primary_ips.remove(&ip)
            && let Some(address) = gone.ipv4
        {
            state.addresses.give_back(address);
        }
    }
    if !address_released {
        state.addresses.give_back(server.machine_ip);
    }
    for firewall in state.firewalls.values_mut() {
        firewall.forget_server(id);
    }
    for volume in state.volumes.values_mut().filter(|volume| volume.server == Some(id)) {
        volume.server = None;
    }
    for balancer in state.load_balancers.values_mut() {
        balancer.forget_server(id);
    }
}

pub(super) fn set_status(state: &mut State, id: u64, status: &'static str) {
    if let Some(server) = state.servers.get_mut(&id) {
        server.status = status;
    }
}

/// True where nothing switched its power since it was switched so often.
pub(super) fn untouched(state: &State, id: u64, switched: u64) -> bool {
    state.servers.get(&id).is_some_and(|server| server.switched == switched)
}

/// The text of a server's IPv6 network.
pub(super) fn ipv6_text(primary_ip: u64) -> String {
    format!("{}/64", ipv6_network(primary_ip))
}
