//! A server's places in private networks: attach, detach, alias addresses.

use std::net::Ipv4Addr;

use serde::Deserialize;
use serde_json::json;

use super::action::{Step, Work};
use super::call::{Call, Reply};
use super::error::{ApiError, ApiResult};
use super::networks;
use super::server::Nic;
use super::server_actions::answer;
use super::state::{State, find, find_mut};

#[derive(Deserialize)]
struct Attach {
    network: u64,
    ip: Option<Ipv4Addr>,
    #[serde(default)]
    alias_ips: Vec<Ipv4Addr>,
    ip_range: Option<String>,
}

pub(super) fn attach(call: &mut Call<'_>, id: u64) -> ApiResult<Reply> {
    let body: Attach = call.body()?;
    let server = find(&call.state.servers, "server", id)?;
    if server.nics.iter().any(|nic| nic.network == body.network) {
        return Err(ApiError::new(
            409,
            "server_already_attached",
            "server is already attached to this network",
        ));
    }
    let zone = server.location.zone;
    call.state.refuse_locked("network", body.network)?;
    let ip = networks::reserve(call.state, body.network, zone, body.ip, body.ip_range.as_deref())?;
    for alias in &body.alias_ips {
        networks::reserve(call.state, body.network, zone, Some(*alias), None)?;
    }
    let network = body.network;
    find_mut(&mut call.state.servers, "server", id)?.nics.push(Nic {
        network,
        ip,
        alias_ips: body.alias_ips,
        attached: false,
    });
    let action = call
        .state
        .begin_action("attach_to_network", vec![("server", id), ("network", network)]);
    let step = Step::of(action, 2.0)
        .work(Work::Private(id))
        .finish(move |state| {
            if let Some(nic) = nic(state, id, network) {
                nic.attached = true;
            }
        })
        .undo(move |state| drop_nic(state, id, network));
    call.run(vec![step]);
    Ok(answer(call, action, json!({})))
}

fn nic(state: &mut State, id: u64, network: u64) -> Option<&mut Nic> {
    state
        .servers
        .get_mut(&id)?
        .nics
        .iter_mut()
        .find(|nic| nic.network == network)
}

fn drop_nic(state: &mut State, id: u64, network: u64) {
    if let Some(server) = state.servers.get_mut(&id) {
        server.nics.retain(|nic| nic.network != network);
    }
}

#[derive(Deserialize)]
struct Detach {
    network: u64,
}

pub(super) fn detach(call: &mut Call<'_>, id: u64) -> ApiResult<Reply> {
    let network = call.body::<Detach>()?.network;
    if nic(call.state, id, network).is_none() {
        return Err(ApiError::not_found("network", network));
    }
    let action = call
        .state
        .begin_action("detach_from_network", vec![("server", id), ("network", network)]);
    let step = Step::of(action, 2.0)
        .begin(move |state| drop_nic(state, id, network))
        .work(Work::Private(id));
    call.run(vec![step]);
    Ok(answer(call, action, json!({})))
}

#[derive(Deserialize)]
struct AliasIps {
    network: u64,
    alias_ips: Vec<Ipv4Addr>,
}

pub(super) fn change_alias_ips(call: &mut Call<'_>, id: u64) -> ApiResult<Reply> {
    let body: AliasIps = call.body()?;
    let zone = find(&call.state.servers, "server", id)?.location.zone;
    let had = match nic(call.state, id, body.network) {
        Some(nic) => nic.alias_ips.clone(),
        None => return Err(ApiError::not_found("network", body.network)),
    };
    for alias in body.alias_ips.iter().filter(|alias| !had.contains(alias)) {
        networks::reserve(call.state, body.network, zone, Some(*alias), None)?;
    }
    let action = call
        .state
        .begin_action("change_alias_ips", vec![("server", id), ("network", body.network)]);
    call.run(vec![Step::of(action, 1.0).finish(move |state| {
        if let Some(nic) = nic(state, id, body.network) {
            nic.alias_ips = body.alias_ips;
        }
    })]);
    Ok(answer(call, action, json!({})))
}
