//! Private networks: ranges, subnets, routes, and the addresses that servers take in them.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use axum::http::Method;
use ipnet::Ipv4Net;
use serde::Deserialize;
use serde_json::{Value, json};

use super::action::Step;
use super::call::{self, Call, Protect, Reply, unique};
use super::catalog::LOCATIONS;
use super::error::{ApiError, ApiResult};
use super::labels::Labels;
use super::server_actions::answer;
use super::state::{Meta, State, find, find_mut, stamp};

/// A subnet.
#[derive(Clone, Debug)]
pub(crate) struct Subnet {
    kind: String,
    range: Ipv4Net,
    zone: String,
    vswitch: Option<u64>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Route {
    destination: Ipv4Net,
    gateway: Ipv4Addr,
}

/// A private network.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    pub(crate) meta: Meta,
    range: Ipv4Net,
    subnets: Vec<Subnet>,
    routes: Vec<Route>,
    protected: bool,
    expose_routes: bool,
}

impl Network {
    /// The first address of the network is the gateway of all its subnets.
    fn gateway(&self) -> Ipv4Addr {
        Ipv4Addr::from(u32::from(self.range.network()) + 1)
    }

    pub(crate) fn json(&self, state: &State) -> Value {
        let id = self.meta.id;
        let attached =
            |server: &&super::server::Server| server.nics.iter().any(|nic| nic.network == id && nic.attached);
        json!({
            "id": id,
            "name": self.meta.name,
            "ip_range": self.range,
            "subnets": self.subnets.iter().map(|subnet| json!({
                "type": subnet.kind,
                "ip_range": subnet.range,
                "network_zone": subnet.zone,
                "gateway": self.gateway(),
                "vswitch_id": subnet.vswitch,
            })).collect::<Vec<_>>(),
            "routes": self.routes.iter().map(|route| json!({
                "destination": route.destination,
                "gateway": route.gateway,
            })).collect::<Vec<_>>(),
            "servers": state.servers.values().filter(attached).map(|server| server.meta.id).collect::<Vec<_>>(),
            "load_balancers": [],
            "protection": { "delete": self.protected },
            "labels": self.meta.labels,
            "created": stamp(self.meta.created),
            "expose_routes_to_vswitch": self.expose_routes,
        })
    }
}

/// Finds a free address for a server in this zone: the wanted one, or the lowest. It is not yet taken.
pub(crate) fn reserve(
    state: &State,
    network: u64,
    zone: &str,
    wanted: Option<Ipv4Addr>,
    range: Option<&str>,
) -> ApiResult<Ipv4Addr> {
    let network = find(&state.networks, "network", network)?;
    let none_left = || ApiError::new(423, "no_subnet_available", "network has no subnet or free IP available");
    let gateway = network.gateway();
    let taken: BTreeSet<Ipv4Addr> = state
        .servers
        .values()
        .flat_map(|server| &server.nics)
        .filter(|nic| nic.network == network.meta.id)
        .flat_map(|nic| nic.alias_ips.iter().copied().chain([nic.ip]))
        .chain([gateway])
        .collect();
    let in_range = |subnet: &&Subnet| range.is_none_or(|range| subnet.range.to_string() == range);
    let subnets: Vec<&Subnet> = network
        .subnets
        .iter()
        .filter(|subnet| subnet.zone == zone)
        .filter(in_range)
        .collect();
    match wanted {
        None => subnets
            .iter()
            .flat_map(|subnet| subnet.range.hosts())
            .find(|address| !taken.contains(address))
            .ok_or_else(none_left),
        Some(_) if subnets.is_empty() => Err(none_left()),
        Some(ip) => {
            let inside = subnets.iter().any(|subnet| {
                subnet.range.contains(&ip) && ip != subnet.range.network() && ip != subnet.range.broadcast()
            });
            if !inside || taken.contains(&ip) {
                return Err(ApiError::new(
                    409,
                    "ip_not_available",
                    format!("IP {ip} is not available"),
                ));
            }
            Ok(ip)
        }
    }
}

pub(super) fn route(call: &mut Call<'_>, rest: &[&str]) -> ApiResult<Reply> {
    match (call.method.clone(), rest) {
        (Method::GET, []) => {
            let state = &*call.state;
            let items = state.networks.values().map(|network| network.json(state));
            Ok(Reply::ok(call.query.list("networks", items, &["name"])?))
        }
        (Method::POST, []) => create(call),
        (Method::GET, [id]) => show(call, id),
        (Method::PUT, [id]) => update(call, id),
        (Method::DELETE, [id]) => delete(call, id),
        (Method::POST, [id, "actions", action]) => act(call, id, action),
        _ => Err(ApiError::no_route("networks")),
    }
}

fn show(call: &Call<'_>, id: impl std::fmt::Display) -> ApiResult<Reply> {
    let network = find(&call.state.networks, "network", id)?;
    Ok(Reply::ok(json!({ "network": network.json(call.state) })))
}

#[derive(Deserialize)]
struct Create {
    name: String,
    ip_range: String,
    labels: Option<Labels>,
    #[serde(default)]
    subnets: Vec<SubnetBody>,
    #[serde(default)]
    routes: Vec<Route>,
    #[serde(default)]
    expose_routes_to_vswitch: bool,
}

#[derive(Deserialize)]
struct SubnetBody {
    #[serde(rename = "type")]
    kind: String,
    ip_range: Option<String>,
    network_zone: String,
    vswitch_id: Option<u64>,
}

fn create(call: &mut Call<'_>) -> ApiResult<Reply> {
    let body: Create = call.body()?;
    let state = &mut *call.state;
    unique(
        "network",
        &body.name,
        state.networks.values().map(|network| network.meta.name.clone()),
    )?;
    if state.networks.len() >= state.quota.networks {
        return Err(ApiError::limit("network"));
    }
    let range = private_range("ip_range", &body.ip_range)?;
    let meta = state.meta(&body.name, body.labels)?;
    let mut network = Network {
        meta,
        range,
        subnets: Vec::new(),
        routes: Vec::new(),
        protected: false,
        expose_routes: body.expose_routes_to_vswitch,
    };
    for subnet in body.subnets {
        let subnet = checked(&network, subnet)?;
        network.subnets.push(subnet);
    }
    for route in body.routes {
        check_route(&network, &route)?;
        network.routes.push(route);
    }
    let id = network.meta.id;
    state.networks.insert(id, network);
    let network = find(&state.networks, "network", id)?;
    Ok(Reply::created(json!({ "network": network.json(state) })))
}

/// A range of RFC 1918 that a network may have: host bits clear, between /8 and /24... /29 for a subnet is checked apart.
fn private_range(field: &str, text: &str) -> ApiResult<Ipv4Net> {
    let range: Ipv4Net = text
        .parse()
        .map_err(|_| ApiError::invalid(field, "must be an IPv4 range in CIDR notation"))?;
    if range.trunc() != range {
        return Err(ApiError::invalid(field, "must not have host bits set"));
    }
    let private = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]
        .iter()
        .filter_map(|text| text.parse::<Ipv4Net>().ok())
        .any(|allowed| allowed.contains(&range));
    if !private {
        return Err(ApiError::invalid(
            field,
            "must be within the private ranges of RFC 1918",
        ));
    }
    Ok(range)
}

fn overlaps(a: &Ipv4Net, b: &Ipv4Net) -> bool {
    a.contains(b) || b.contains(a)
}

fn checked(network: &Network, body: SubnetBody) -> ApiResult<Subnet> {
    if !["cloud", "server", "vswitch"].contains(&body.kind.as_str()) {
        return Err(ApiError::invalid("type", "must be one of cloud, server, vswitch"));
    }
    if !LOCATIONS.iter().any(|location| location.zone == body.network_zone) {
        return Err(ApiError::invalid(
            "network_zone",
            format!("network zone '{}' not found", body.network_zone),
        ));
    }
    if network.subnets.iter().any(|subnet| subnet.zone != body.network_zone) {
        return Err(ApiError::invalid(
            "network_zone",
            "all subnets of a network must be in one network zone",
        ));
    }
    let range = match &body.ip_range {
        Some(text) => private_range("ip_range", text)?,
        None => free_range(network)?,
    };
    if !network.range.contains(&range) || range.prefix_len() > 29 {
        return Err(ApiError::invalid(
            "ip_range",
            "must be a part of the network's range, of at least 8 addresses",
        ));
    }
    if network.subnets.iter().any(|subnet| overlaps(&subnet.range, &range)) {
        return Err(ApiError::invalid("ip_range", "overlaps with another subnet"));
    }
    Ok(Subnet {
        kind: body.kind,
        range,
        zone: body.network_zone,
        vswitch: body.vswitch_id,
    })
}

fn free_range(network: &Network) -> ApiResult<Ipv4Net> {
    let length = network.range.prefix_len().max(24);
    network
        .range
        .subnets(length)
        .ok()
        .and_then(|mut ranges| {
            ranges.find(|range| !network.subnets.iter().any(|subnet| overlaps(&subnet.range, range)))
        })
        .ok_or_else(|| ApiError::invalid("ip_range", "the network has no free range for a subnet"))
}

fn check_route(network: &Network, route: &Route) -> ApiResult<()> {
    if route.destination.trunc() != route.destination {
        return Err(ApiError::invalid("destination", "must not have host bits set"));
    }
    if !network.range.contains(&route.gateway) || route.gateway == network.gateway() {
        return Err(ApiError::invalid(
            "gateway",
            "must be an address of the network, and not its first",
        ));
    }
    if network
        .routes
        .iter()
        .any(|other| other.destination == route.destination)
    {
        return Err(ApiError::invalid("destination", "there is a route to it already"));
    }
    Ok(())
}

fn update(call: &mut Call<'_>, id: &str) -> ApiResult<Reply> {
    #[derive(Deserialize)]
    struct Expose {
        expose_routes_to_vswitch: Option<bool>,
    }
    let id = find(&call.state.networks, "network", id)?.meta.id;
    let change = call::rename(call, "network", id, |state| {
        state
            .networks
            .values()
            .map(|network| (network.meta.id, network.meta.name.clone()))
            .collect()
    })?;
    let expose: Expose = call.body()?;
    let network = find_mut(&mut call.state.networks, "network", id)?;
    network.meta.apply(change);
    network.expose_routes = expose.expose_routes_to_vswitch.unwrap_or(network.expose_routes);
    show(call, id)
}

fn delete(call: &mut Call<'_>, id: &str) -> ApiResult<Reply> {
    let network = find(&call.state.networks, "network", id)?;
    let id = network.meta.id;
    if network.protected {
        return Err(ApiError::protected("network"));
    }
    call.state.refuse_locked("network", id)?;
    let attached = |server: &super::server::Server| server.nics.iter().any(|nic| nic.network == id);
    if call.state.servers.values().any(attached) {
        return Err(ApiError::new(
            422,
            "service_error",
            "cannot remove network because servers are attached to it",
        ));
    }
    call.state.networks.remove(&id);
    Ok(Reply::nothing())
}

fn act(call: &mut Call<'_>, id: &str, action: &str) -> ApiResult<Reply> {
    let network = find(&call.state.networks, "network", id)?.clone();
    let id = network.meta.id;
    call.state.refuse_locked("network", id)?;
    let (command, changed) = match action {
        "add_subnet" => ("add_subnet", add_subnet(network, call.body()?)?),
        "delete_subnet" => ("delete_subnet", delete_subnet(call.state, network, call.body()?)?),
        "add_route" => {
            let route: Route = call.body()?;
            check_route(&network, &route)?;
            let mut changed = network;
            changed.routes.push(route);
            ("add_route", changed)
        }
        "delete_route" => {
            let route: Route = call.body()?;
            let mut changed = network;
            let before = changed.routes.len();
            changed.routes.retain(|other| *other != route);
            if changed.routes.len() == before {
                return Err(ApiError::invalid("destination", "there is no such route"));
            }
            ("delete_route", changed)
        }
        "change_ip_range" => ("change_ip_range", change_range(network, call.body()?)?),
        "change_protection" => {
            let body: Protect = call.body()?;
            let mut changed = network;
            changed.protected = body.delete.unwrap_or(changed.protected);
            ("change_protection", changed)
        }
        _ => return Err(ApiError::no_route(&format!("networks/{id}/actions/{action}"))),
    };
    let action = call.state.begin_action(command, vec![("network", id)]);
    call.run(vec![Step::of(action, 1.0).finish(move |state| {
        if let Some(network) = state.networks.get_mut(&id) {
            // Its name and labels may have changed meanwhile; nothing else can, as it is locked.
            let meta = network.meta.clone();
            *network = Network { meta, ..changed };
        }
    })]);
    Ok(answer(call, action, json!({})))
}

fn add_subnet(mut network: Network, body: SubnetBody) -> ApiResult<Network> {
    let subnet = checked(&network, body)?;
    network.subnets.push(subnet);
    Ok(network)
}

#[derive(Deserialize)]
struct RangeBody {
    ip_range: String,
}

fn delete_subnet(state: &State, mut network: Network, body: RangeBody) -> ApiResult<Network> {
    let Some(at) = network
        .subnets
        .iter()
        .position(|subnet| subnet.range.to_string() == body.ip_range)
    else {
        return Err(ApiError::invalid("ip_range", "there is no such subnet"));
    };
    let range = network.subnets[at].range;
    let id = network.meta.id;
    let used = |server: &super::server::Server| {
        server
            .nics
            .iter()
            .any(|nic| nic.network == id && range.contains(&nic.ip))
    };
    if state.servers.values().any(used) {
        return Err(ApiError::new(
            422,
            "service_error",
            "cannot remove subnet because servers are attached to it",
        ));
    }
    network.subnets.remove(at);
    Ok(network)
}

fn change_range(mut network: Network, body: RangeBody) -> ApiResult<Network> {
    let range = private_range("ip_range", &body.ip_range)?;
    if !range.contains(&network.range) {
        return Err(ApiError::invalid("ip_range", "a network can only grow"));
    }
    network.range = range;
    Ok(network)
}
