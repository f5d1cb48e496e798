//! Primary IPs: those that come with a server, and those that a person keeps.

use std::net::Ipv4Addr;

use axum::http::Method;
use chrono::Utc;
use serde::Deserialize;
use serde_json::{Value, json};

use super::action::Step;
use super::addresses::ipv6_network;
use super::call::{self, Call, IdOrName, Protect, Reply, unique};
use super::catalog::Location;
use super::error::{ApiError, ApiResult};
use super::labels::Labels;
use super::server::ipv6_text;
use super::server_actions::answer;
use super::state::{Meta, State, find, find_mut, stamp};

/// IPv4 or IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IpKind {
    V4,
    V6,
}

/// A primary IP.
#[derive(Clone)]
pub(crate) struct PrimaryIp {
    pub(crate) meta: Meta,
    /// Its address where it is an IPv4 one.
    pub(crate) ipv4: Option<Ipv4Addr>,
    pub(crate) location: &'static Location,
    pub(crate) assignee: Option<u64>,
    pub(crate) auto_delete: bool,
    protected: bool,
}

impl PrimaryIp {
    pub(crate) fn kind(&self) -> IpKind {
        if self.ipv4.is_some() { IpKind::V4 } else { IpKind::V6 }
    }

    /// Makes the one that a new server gets, and goes with it.
    pub(crate) fn for_server(
        state: &mut State,
        kind: IpKind,
        ipv4: Option<Ipv4Addr>,
        location: &'static Location,
    ) -> u64 {
        let id = state.new_id();
        let meta = Meta {
            id,
            name: format!("primary_ip-{id}"),
            labels: Labels::new(),
            created: Utc::now(),
        };
        let ip = Self {
            meta,
            ipv4: ipv4.filter(|_| kind == IpKind::V4),
            location,
            assignee: None,
            auto_delete: true,
            protected: false,
        };
        state.primary_ips.insert(id, ip);
        id
    }

    /// As the server that has it shows it.
    pub(crate) fn on_server(&self) -> Value {
        match self.ipv4 {
            Some(address) => {
                json!({ "id": self.meta.id, "ip": address, "blocked": false, "dns_ptr": pointer(address) })
            }
            None => json!({ "id": self.meta.id, "ip": ipv6_text(self.meta.id), "blocked": false, "dns_ptr": [] }),
        }
    }

    pub(crate) fn json(&self) -> Value {
        let pointers = match self.ipv4 {
            Some(address) => json!([{ "ip": address, "dns_ptr": pointer(address) }]),
            None => json!([]),
        };
        json!({
            "id": self.meta.id,
            "name": self.meta.name,
            "labels": self.meta.labels,
            "created": stamp(self.meta.created),
            "blocked": false,
            "location": self.location.json(),
            "ip": self.ipv4.map_or_else(|| ipv6_network(self.meta.id).to_string(), |address| address.to_string()),
            "dns_ptr": pointers,
            "protection": { "delete": self.protected },
            "type": if self.ipv4.is_some() { "ipv4" } else { "ipv6" },
            "auto_delete": self.auto_delete,
            "assignee_type": if self.assignee.is_some() { "server" } else { "unassigned" },
            "assignee_id": self.assignee,
        })
    }
}

fn pointer(address: Ipv4Addr) -> String {
    let [a, b, c, d] = address.octets();
    format!("static.{d}.{c}.{b}.{a}.clients.your-server.de")
}

pub(super) fn route(call: &mut Call<'_>, rest: &[&str]) -> ApiResult<Reply> {
    match (call.method.clone(), rest) {
        (Method::GET, []) => {
            let items = call.state.primary_ips.values().map(PrimaryIp::json);
            Ok(Reply::ok(call.query.list(
                "primary_ips",
                items,
                &["name", "ip", "type"],
            )?))
        }
        (Method::POST, []) => create(call),
        (Method::GET, [id]) => show(call, id),
        (Method::PUT, [id]) => update(call, id),
        (Method::DELETE, [id]) => delete(call, id),
        (Method::POST, [id, "actions", action]) => act(call, id, action),
        _ => Err(ApiError::no_route("primary_ips")),
    }
}

fn show(call: &Call<'_>, id: impl std::fmt::Display) -> ApiResult<Reply> {
    let ip = find(&call.state.primary_ips, "primary_ip", id)?;
    Ok(Reply::ok(json!({ "primary_ip": ip.json() })))
}

#[derive(Deserialize)]
struct Create {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    location: Option<IdOrName>,
    assignee_id: Option<u64>,
    #[serde(default)]
    auto_delete: bool,
    labels: Option<Labels>,
}

fn create(call: &mut Call<'_>) -> ApiResult<Reply> {
    let body: Create = call.body()?;
    let state = &mut *call.state;
    unique(
        "primary_ip",
        &body.name,
        state.primary_ips.values().map(|ip| ip.meta.name.clone()),
    )?;
    if body.assignee_id.is_some() {
        return Err(ApiError::invalid(
            "assignee_id",
            "the sandbox assigns primary IPs when a server is created",
        ));
    }
    let text = body
        .location
        .as_ref()
        .map_or_else(|| "fsn1".to_owned(), ToString::to_string);
    let location = Location::named(&text).ok_or_else(|| ApiError::invalid("location", "not found"))?;
    if state.primary_ips.len() >= state.quota.primary_ips {
        return Err(ApiError::limit("primary IP"));
    }
    let ipv4 = match body.kind.as_str() {
        "ipv4" => Some(state.take_address()?),
        "ipv6" => None,
        _ => return Err(ApiError::invalid("type", "must be ipv4 or ipv6")),
    };
    let meta = state.meta(&body.name, body.labels)?;
    let ip = PrimaryIp {
        meta,
        ipv4,
        location,
        assignee: None,
        auto_delete: body.auto_delete,
        protected: false,
    };
    let shown = ip.json();
    state.primary_ips.insert(ip.meta.id, ip);
    Ok(Reply::created(json!({ "primary_ip": shown, "action": null })))
}

fn update(call: &mut Call<'_>, id: &str) -> ApiResult<Reply> {
    #[derive(Deserialize)]
    struct AutoDelete {
        auto_delete: Option<bool>,
    }
    let id = find(&call.state.primary_ips, "primary_ip", id)?.meta.id;
    let change = call::rename(call, "primary_ip", id, |state| {
        state
            .primary_ips
            .values()
            .map(|ip| (ip.meta.id, ip.meta.name.clone()))
            .collect()
    })?;
    let auto: AutoDelete = call.body()?;
    let ip = find_mut(&mut call.state.primary_ips, "primary_ip", id)?;
    ip.meta.apply(change);
    ip.auto_delete = auto.auto_delete.unwrap_or(ip.auto_delete);
    show(call, id)
}

fn delete(call: &mut Call<'_>, id: &str) -> ApiResult<Reply> {
    let ip = find(&call.state.primary_ips, "primary_ip", id)?;
    if ip.protected {
        return Err(ApiError::protected("primary_ip"));
    }
    if ip.assignee.is_some() {
        return Err(ApiError::new(
            422,
            "must_be_unassigned",
            "primary IP must be unassigned before it is deleted",
        ));
    }
    let id = ip.meta.id;
    if let Some(address) = call.state.primary_ips.remove(&id).and_then(|ip| ip.ipv4) {
        call.state.addresses.give_back(address);
    }
    Ok(Reply::nothing())
}

fn act(call: &mut Call<'_>, id: &str, action: &str) -> ApiResult<Reply> {
    let ip = find_mut(&mut call.state.primary_ips, "primary_ip", id)?;
    let id = ip.meta.id;
    let command = match action {
        "change_protection" => "change_protection",
        "change_dns_ptr" => "change_dns_ptr",
        // Moving an address would mean moving a machine that listens on it.
        _ => return Err(ApiError::no_route(&format!("primary_ips/{id}/actions/{action}"))),
    };
    if command == "change_protection" {
        let body: Protect = call.body()?;
        let ip = find_mut(&mut call.state.primary_ips, "primary_ip", id)?;
        ip.protected = body.delete.unwrap_or(ip.protected);
    }
    let action = call.state.begin_action(command, vec![("primary_ip", id)]);
    call.run(vec![Step::of(action, 0.5)]);
    Ok(answer(call, action, json!({})))
}
