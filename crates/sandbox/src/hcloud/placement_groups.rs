//! Placement groups: spread, at most ten servers each.

use axum::http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{self, Call, Reply, unique};
use super::error::{ApiError, ApiResult};
use super::labels::Labels;
use super::state::{Meta, State, find, find_mut, stamp};

/// Hetzner's limit.
const SERVERS: usize = 10;

/// A placement group.
#[derive(Clone, Debug)]
pub(crate) struct PlacementGroup {
    pub(crate) meta: Meta,
}

impl PlacementGroup {
    pub(crate) fn json(&self, state: &State) -> Value {
        json!({
            "id": self.meta.id,
            "name": self.meta.name,
            "labels": self.meta.labels,
            "type": "spread",
            "created": stamp(self.meta.created),
            "servers": members(state, self.meta.id).collect::<Vec<_>>(),
        })
    }
}

fn members(state: &State, group: u64) -> impl Iterator<Item = u64> {
    let inside = move |server: &&super::server::Server| server.placement_group == Some(group);
    state.servers.values().filter(inside).map(|server| server.meta.id)
}

/// Refuses a group that is full or not there.
pub(super) fn room(state: &State, group: u64) -> ApiResult<()> {
    if !state.placement_groups.contains_key(&group) {
        return Err(ApiError::invalid(
            "placement_group",
            format!("placement group '{group}' not found"),
        ));
    }
    if members(state, group).count() >= SERVERS {
        return Err(ApiError::limit("placement group server"));
    }
    Ok(())
}

pub(super) fn route(call: &mut Call<'_>, rest: &[&str]) -> ApiResult<Reply> {
    match (call.method.clone(), rest) {
        (Method::GET, []) => {
            let state = &*call.state;
            let items = state.placement_groups.values().map(|group| group.json(state));
            Ok(Reply::ok(call.query.list(
                "placement_groups",
                items,
                &["name", "type"],
            )?))
        }
        (Method::POST, []) => create(call),
        (Method::GET, [id]) => show(call, id),
        (Method::PUT, [id]) => {
            let id = find(&call.state.placement_groups, "placement_group", id)?.meta.id;
            let change = call::rename(call, "placement_group", id, |state| {
                state
                    .placement_groups
                    .values()
                    .map(|group| (group.meta.id, group.meta.name.clone()))
                    .collect()
            })?;
            find_mut(&mut call.state.placement_groups, "placement_group", id)?
                .meta
                .apply(change);
            show(call, id)
        }
        (Method::DELETE, [id]) => {
            let id = find(&call.state.placement_groups, "placement_group", id)?.meta.id;
            if members(call.state, id).next().is_some() {
                return Err(ApiError::new(
                    422,
                    "resource_in_use",
                    "placement group still has servers",
                ));
            }
            call.state.placement_groups.remove(&id);
            Ok(Reply::nothing())
        }
        _ => Err(ApiError::no_route("placement_groups")),
    }
}

fn show(call: &Call<'_>, id: impl std::fmt::Display) -> ApiResult<Reply> {
    let group = find(&call.state.placement_groups, "placement_group", id)?;
    Ok(Reply::ok(json!({ "placement_group": group.json(call.state) })))
}

#[derive(Deserialize)]
struct Create {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    labels: Option<Labels>,
}

fn create(call: &mut Call<'_>) -> ApiResult<Reply> {
    let body: Create = call.body()?;
    let state = &mut *call.state;
    unique(
        "placement_group",
        &body.name,
        state.placement_groups.values().map(|group| group.meta.name.clone()),
    )?;
    if body.kind != "spread" {
        return Err(ApiError::invalid("type", "must be spread"));
    }
    if state.placement_groups.len() >= state.quota.placement_groups {
        return Err(ApiError::limit("placement group"));
    }
    let meta = state.meta(&body.name, body.labels)?;
    let group = PlacementGroup { meta };
    let shown = group.json(state);
    state.placement_groups.insert(group.meta.id, group);
    Ok(Reply::created(json!({ "placement_group": shown, "action": null })))
}
