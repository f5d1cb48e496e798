//! `POST /servers`: everything is checked before anything is made.

use std::net::Ipv4Addr;

use serde::Deserialize;
use serde_json::json;

use super::action::{Step, Work};
use super::call::{Call, IdOrName, Reply, unique};
use super::catalog::{Location, Offer};
use super::error::{ApiError, ApiResult};
use super::firewalls::Target;
use super::labels::{self, Labels};
use super::primary_ips::{IpKind, PrimaryIp};
use super::server::{Nic, Server, forget, set_status};
use super::state::{State, find};
use super::{images, networks, placement_groups, volumes};

/// Hetzner's limit on user data.
pub(super) const USER_DATA_LIMIT: usize = 32 * 1024;

#[derive(Deserialize)]
struct Body {
    name: String,
    server_type: IdOrName,
    image: IdOrName,
    location: Option<IdOrName>,
    datacenter: Option<IdOrName>,
    start_after_create: Option<bool>,
    #[serde(default)]
    ssh_keys: Vec<IdOrName>,
    #[serde(default)]
    volumes: Vec<u64>,
    #[serde(default)]
    networks: Vec<u64>,
    #[serde(default)]
    firewalls: Vec<FirewallRef>,
    user_data: Option<String>,
    labels: Option<Labels>,
    placement_group: Option<u64>,
    public_net: Option<PublicNet>,
}

#[derive(Deserialize)]
struct FirewallRef {
    firewall: u64,
}

#[derive(Deserialize)]
struct PublicNet {
    #[serde(default = "yes")]
    enable_ipv4: bool,
    #[serde(default = "yes")]
    enable_ipv6: bool,
    ipv4: Option<u64>,
    ipv6: Option<u64>,
}

fn yes() -> bool {
    true
}

pub(super) fn create(call: &mut Call<'_>) -> ApiResult<Reply> {
    let body: Body = call.body()?;
    let server = plan(call.state, &body)?;
    let start = body.start_after_create.unwrap_or(true);
    if start && server.ipv4.is_none() && server.ipv6.is_none() && server.nics.is_empty() {
        return Err(ApiError::invalid(
            "public_net",
            "a server without any network cannot be started",
        ));
    }
    let root_password = body.ssh_keys.is_empty().then(password);
    let chain_start = place(call, server, &body, start);
    let (id, actions) = chain_start;
    let action = call.state.action_json(actions[0]);
    let next: Vec<_> = actions[1..]
        .iter()
        .map(|action| call.state.action_json(*action))
        .collect();
    let server = find(&call.state.servers, "server", id)?;
    Ok(Reply::created(json!({
        "server": server.json(call.state),
        "action": action,
        "next_actions": next,
        "root_password": root_password,
    })))
}

/// Checks the request; what it returns is not yet in the project.
fn plan(state: &mut State, body: &Body) -> ApiResult<Server> {
    check_host_name(&body.name)?;
    unique(
        "server",
        &body.name,
        state.servers.values().map(|server| server.meta.name.clone()),
    )?;
    if body.datacenter.is_some() {
        return Err(ApiError::invalid(
            "datacenter",
            "was removed from the API: use location",
        ));
    }
    if body.user_data.as_ref().is_some_and(|data| data.len() > USER_DATA_LIMIT) {
        return Err(ApiError::invalid("user_data", "must not be longer than 32 KiB"));
    }
    labels::check(&body.labels.clone().unwrap_or_default())?;
    let location_text = body
        .location
        .as_ref()
        .map_or_else(|| "fsn1".to_owned(), ToString::to_string);
    let location = Location::named(&location_text)
        .ok_or_else(|| ApiError::invalid("location", format!("location '{location_text}' not found")))?;
    let kind = state
        .catalog
        .server_type(&body.server_type.to_string())
        .ok_or_else(|| ApiError::invalid("server_type", format!("server type '{}' not found", body.server_type)))?;
    let (type_name, architecture, disk) = (kind.name.to_owned(), kind.architecture(), kind.disk);
    match state.catalog.offer(kind, location) {
        Offer::Available => {}
        Offer::SoldOut => return Err(ApiError::new(412, "resource_unavailable", "error during placement")),
        Offer::Retired | Offer::Never => return Err(ApiError::invalid_message("unsupported location for server type")),
    }
    let image = images::resolve(state, &body.image, architecture)?;
    if state.servers.len() >= state.quota.servers {
        return Err(ApiError::limit("server"));
    }
    let mut ssh_keys = Vec::new();
    for key in &body.ssh_keys {
        let text = key.to_string();
        let found = state
            .ssh_keys
            .values()
            .find(|other| other.meta.id.to_string() == text || other.meta.name == text);
        let found = found.ok_or_else(|| ApiError::invalid("ssh_keys", format!("SSH key '{text}' not found")))?;
        ssh_keys.push(found.public_key.clone());
    }
    for reference in &body.firewalls {
        if !state.firewalls.contains_key(&reference.firewall) {
            return Err(ApiError::invalid(
                "firewalls",
                format!("firewall '{}' not found", reference.firewall),
            ));
        }
    }
    if let Some(group) = body.placement_group {
        placement_groups::room(state, group)?;
    }
    for volume in &body.volumes {
        volumes::attachable(state, *volume, location)?;
    }
    let mut nics: Vec<Nic> = Vec::new();
    for network in &body.networks {
        if nics.iter().any(|nic| nic.network == *network) {
            return Err(ApiError::invalid("networks", "the same network is named twice"));
        }
        let ip = networks::reserve(state, *network, location.zone, None, None)?;
        nics.push(Nic {
            network: *network,
            ip,
            alias_ips: Vec::new(),
            attached: false,
        });
    }
    let public = body.public_net.as_ref();
    for (wanted, kind) in [
        (public.and_then(|net| net.ipv4), IpKind::V4),
        (public.and_then(|net| net.ipv6), IpKind::V6),
    ] {
        if let Some(id) = wanted {
            let ip = find(&state.primary_ips, "primary_ip", id)?;
            if ip.assignee.is_some() || ip.kind() != kind || ip.location.name != location.name {
                return Err(ApiError::invalid(
                    "public_net",
                    format!("primary IP {id} cannot be used by this server"),
                ));
            }
        }
    }
    let machine_ip = machine_address(state, public)?;
    let meta = state.meta(&body.name, body.labels.clone())?;
    let mut server = Server {
        meta,
        status: "initializing",
        server_type: type_name,
        location,
        image,
        disk,
        ipv4: public.and_then(|net| net.ipv4),
        ipv6: public.and_then(|net| net.ipv6),
        machine_ip,
        nics,
        placement_group: body.placement_group,
        protected: (false, false),
        rescue: false,
        backups: false,
        user_data: body.user_data.clone().filter(|data| !data.is_empty()),
        ssh_keys,
        switched: 0,
        made: false,
    };
    if server.ipv4.is_none() && public.is_none_or(|net| net.enable_ipv4) {
        server.ipv4 = Some(PrimaryIp::for_server(state, IpKind::V4, Some(machine_ip), location));
    }
    if server.ipv6.is_none() && public.is_none_or(|net| net.enable_ipv6) {
        server.ipv6 = Some(PrimaryIp::for_server(state, IpKind::V6, None, location));
    }
    Ok(server)
}

/// The machine's address: that of the given primary IP, or a fresh one.
fn machine_address(state: &mut State, public: Option<&PublicNet>) -> ApiResult<Ipv4Addr> {
    let given = public
        .and_then(|net| net.ipv4)
        .and_then(|id| state.primary_ips.get(&id))
        .and_then(|ip| ip.ipv4);
    match given {
        Some(address) => Ok(address),
        None => state.take_address(),
    }
}

/// Puts the server into the project and leaves the work of its creation. Returns its id and the actions.
fn place(call: &mut Call<'_>, server: Server, body: &Body, start: bool) -> (u64, Vec<u64>) {
    let id = server.meta.id;
    for ip in [server.ipv4, server.ipv6].into_iter().flatten() {
        if let Some(ip) = call.state.primary_ips.get_mut(&ip) {
            ip.assignee = Some(id);
        }
    }
    for reference in &body.firewalls {
        if let Some(firewall) = call.state.firewalls.get_mut(&reference.firewall) {
            firewall.targets.push(Target::Server { id, applied: true });
        }
    }
    let networks: Vec<u64> = server.nics.iter().map(|nic| nic.network).collect();
    call.state.servers.insert(id, server);
    let created = call.state.begin_action("create_server", vec![("server", id)]);
    let mut actions = vec![created];
    let mut chain = vec![
        Step::of(created, 6.0)
            .finish(move |state| set_status(state, id, "off"))
            .undo(move |state| forget(state, id)),
    ];
    for network in networks {
        let action = call
            .state
            .begin_action("attach_to_network", vec![("server", id), ("network", network)]);
        actions.push(action);
        chain.push(Step::of(action, 1.0).begin(move |state| {
            let server = state.servers.get_mut(&id);
            if let Some(nic) = server.and_then(|server| server.nics.iter_mut().find(|nic| nic.network == network)) {
                nic.attached = true;
            }
        }));
    }
    for &volume in &body.volumes {
        let action = call
            .state
            .begin_action("attach_volume", vec![("server", id), ("volume", volume)]);
        actions.push(action);
        if let Some(volume) = call.state.volumes.get_mut(&volume) {
            volume.server = Some(id);
        }
        chain.push(Step::of(action, 1.0));
    }
    if start {
        let action = call.state.begin_action("start_server", vec![("server", id)]);
        actions.push(action);
        chain.push(
            Step::of(action, 3.0)
                .work(Work::Boot(id))
                .begin(move |state| set_status(state, id, "starting"))
                .finish(move |state| set_status(state, id, "running"))
                .undo(move |state| set_status(state, id, "off")),
        );
    }
    call.run(chain);
    (id, actions)
}

/// A name must be a host name, as it becomes one.
pub(super) fn check_host_name(name: &str) -> ApiResult<()> {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if name.len() <= 253 && name.split('.').all(label) {
        return Ok(());
    }
    Err(ApiError::invalid("name", "must be a valid hostname"))
}

/// A root password as Hetzner makes them: only shown, as no machine here takes passwords.
pub(super) fn password() -> String {
    use rand::Rng;
    rand::rng()
        .sample_iter(rand::distr::Alphanumeric)
        .take(20)
        .map(char::from)
        .collect()
}
