//! Load balancers: kept with their services and targets; no traffic goes through them.

use std::net::Ipv4Addr;

use axum::http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::action::Step;
use super::call::{self, Call, IdOrName, Protect, Reply, unique};
use super::catalog::{LOCATIONS, Location};
use super::error::{ApiError, ApiResult};
use super::labels::Labels;
use super::server_actions::answer;
use super::state::{Meta, find, find_mut, stamp};

/// A load balancer.
#[derive(Clone)]
pub(crate) struct LoadBalancer {
    pub(crate) meta: Meta,
    location: &'static Location,
    algorithm: Value,
    services: Vec<Value>,
    targets: Vec<Value>,
    address: Ipv4Addr,
    protected: bool,
}

impl LoadBalancer {
    pub(crate) fn targets_server(&self, server: u64) -> bool {
        self.targets.iter().any(|target| target["server"]["id"] == server)
    }

    pub(crate) fn forget_server(&mut self, server: u64) {
        self.targets.retain(|target| target["server"]["id"] != server);
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.meta.id,
            "name": self.meta.name,
            "labels": self.meta.labels,
            "created": stamp(self.meta.created),
            "location": self.location.json(),
            "load_balancer_type": type_json(),
            "algorithm": self.algorithm,
            "services": self.services,
            "targets": self.targets,
            "public_net": {
                "enabled": true,
                "ipv4": { "ip": self.address, "dns_ptr": null },
                "ipv6": { "ip": super::addresses::ipv6_network(self.meta.id), "dns_ptr": null },
            },
            "private_net": [],
            "protection": { "delete": self.protected },
            "included_traffic": 21_990_232_555_520_u64,
            "outgoing_traffic": 0,
            "ingoing_traffic": 0,
        })
    }
}

/// The only type that the sandbox sells.
pub(super) fn type_json() -> Value {
    let prices: Vec<Value> = LOCATIONS
        .iter()
        .map(|location| {
            json!({
                "location": location.name,
                "price_hourly": { "net": "0.0129000000", "gross": "0.0153510000000000" },
                "price_monthly": { "net": "7.9900000000", "gross": "9.5081000000000000" },
            })
        })
        .collect();
    json!({
        "id": 1, "name": "lb11", "description": "LB11", "max_connections": 10_000, "max_services": 5,
        "max_targets": 25, "max_assigned_certificates": 10, "deprecated": null, "prices": prices,
    })
}

pub(super) fn route(call: &mut Call<'_>, rest: &[&str]) -> ApiResult<Reply> {
    match (call.method.clone(), rest) {
        (Method::GET, []) => {
            let items = call.state.load_balancers.values().map(LoadBalancer::json);
            Ok(Reply::ok(call.query.list("load_balancers", items, &["name"])?))
        }
        (Method::POST, []) => create(call),
        (Method::GET, [id]) => show(call, id),
        (Method::PUT, [id]) => {
            let id = find(&call.state.load_balancers, "load_balancer", id)?.meta.id;
            let change = call::rename(call, "load_balancer", id, |state| {
                state
                    .load_balancers
                    .values()
                    .map(|lb| (lb.meta.id, lb.meta.name.clone()))
                    .collect()
            })?;
            find_mut(&mut call.state.load_balancers, "load_balancer", id)?
                .meta
                .apply(change);
            show(call, id)
        }
        (Method::DELETE, [id]) => {
            let balancer = find(&call.state.load_balancers, "load_balancer", id)?;
            if balancer.protected {
                return Err(ApiError::protected("load_balancer"));
            }
            let id = balancer.meta.id;
            call.state.refuse_locked("load_balancer", id)?;
            if let Some(gone) = call.state.load_balancers.remove(&id) {
                call.state.addresses.give_back(gone.address);
            }
            Ok(Reply::nothing())
        }
        (Method::POST, [id, "actions", action]) => act(call, id, action),
        _ => Err(ApiError::no_route("load_balancers")),
    }
}

fn show(call: &Call<'_>, id: impl std::fmt::Display) -> ApiResult<Reply> {
    let balancer = find(&call.state.load_balancers, "load_balancer", id)?;
    Ok(Reply::ok(json!({ "load_balancer": balancer.json() })))
}

#[derive(Deserialize)]
struct Create {
    name: String,
    load_balancer_type: IdOrName,
    location: Option<IdOrName>,
    network_zone: Option<String>,
    algorithm: Option<Value>,
    #[serde(default)]
    services: Vec<Value>,
    #[serde(default)]
    targets: Vec<Value>,
    labels: Option<Labels>,
}

fn create(call: &mut Call<'_>) -> ApiResult<Reply> {
    let body: Create = call.body()?;
    let state = &mut *call.state;
    unique(
        "load_balancer",
        &body.name,
        state.load_balancers.values().map(|lb| lb.meta.name.clone()),
    )?;
    if !["lb11", "1"].contains(&body.load_balancer_type.to_string().as_str()) {
        return Err(ApiError::invalid("load_balancer_type", "the sandbox has lb11 only"));
    }
    let location = match (&body.location, &body.network_zone) {
        (Some(text), None) => Location::named(&text.to_string()),
        (None, Some(zone)) => LOCATIONS.iter().find(|location| location.zone == zone),
        _ => None,
    };
    let location = location
        .ok_or_else(|| ApiError::invalid("location", "exactly one known location or network zone is needed"))?;
    if state.load_balancers.len() >= state.quota.load_balancers {
        return Err(ApiError::limit("load balancer"));
    }
    let address = state.take_address()?;
    let meta = state.meta(&body.name, body.labels)?;
    let id = meta.id;
    let balancer = LoadBalancer {
        meta,
        location,
        algorithm: body.algorithm.unwrap_or_else(|| json!({ "type": "round_robin" })),
        services: body.services,
        targets: body.targets,
        address,
        protected: false,
    };
    let shown = balancer.json();
    state.load_balancers.insert(id, balancer);
    let action = state.begin_action("create_load_balancer", vec![("load_balancer", id)]);
    call.run(vec![Step::of(action, 2.0)]);
    Ok(answer(call, action, json!({ "load_balancer": shown })))
}

fn act(call: &mut Call<'_>, id: &str, action: &str) -> ApiResult<Reply> {
    let id = find(&call.state.load_balancers, "load_balancer", id)?.meta.id;
    call.state.refuse_locked("load_balancer", id)?;
    let body: Value = call.body()?;
    let protect: Protect = call.body()?;
    let balancer = find_mut(&mut call.state.load_balancers, "load_balancer", id)?;
    let port = |service: &Value| service["listen_port"].clone();
    let command = match action {
        "add_target" => {
            let same = |other: &Value| other["type"] == body["type"] && other[kind(&body)] == body[kind(&body)];
            if balancer.targets.iter().any(same) {
                return Err(ApiError::new(
                    409,
                    "target_already_defined",
                    "load balancer target is already defined",
                ));
            }
            balancer.targets.push(body);
            "add_target"
        }
        "remove_target" => {
            balancer.targets.retain(|other| other[kind(&body)] != body[kind(&body)]);
            "remove_target"
        }
        "add_service" => {
            if balancer.services.iter().any(|other| port(other) == port(&body)) {
                return Err(ApiError::new(
                    409,
                    "source_port_already_used",
                    "listen port is already used",
                ));
            }
            balancer.services.push(body);
            "add_service"
        }
        "delete_service" => {
            balancer.services.retain(|other| port(other) != port(&body));
            "delete_service"
        }
        "change_protection" => {
            balancer.protected = protect.delete.unwrap_or(balancer.protected);
            "change_protection"
        }
        _ => return Err(ApiError::no_route(&format!("load_balancers/{id}/actions/{action}"))),
    };
    let action = call.state.begin_action(command, vec![("load_balancer", id)]);
    call.run(vec![Step::of(action, 1.0)]);
    Ok(answer(call, action, json!({})))
}

/// The field that holds what a target is.
fn kind(target: &Value) -> &str {
    target["type"].as_str().unwrap_or("server")
}
