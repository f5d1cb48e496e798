//! `/actions`, and the actions of one resource or one kind.

use axum::http::Method;
use serde_json::json;

use super::action::Action;
use super::call::{Call, Reply};
use super::error::{ApiError, ApiResult};
use super::state::Kind;

const FILTERS: &[&str] = &["status"];

/// The resource type that lies under this path.
pub(crate) fn kind_of(segment: &str) -> Option<Kind> {
    Some(match segment {
        "servers" => "server",
        "networks" => "network",
        "firewalls" => "firewall",
        "placement_groups" => "placement_group",
        "primary_ips" => "primary_ip",
        "volumes" => "volume",
        "load_balancers" => "load_balancer",
        "images" => "image",
        _ => return None,
    })
}

/// `GET /actions?id=…` and `GET /actions/{id}`.
pub(crate) fn route(call: &Call<'_>, rest: &[&str]) -> ApiResult<Reply> {
    if call.method != Method::GET {
        return Err(ApiError::no_route("actions"));
    }
    match rest {
        [] => {
            let ids: Vec<&str> = call.query.all("id").collect();
            if ids.is_empty() {
                return Err(ApiError::new(
                    410,
                    "deprecated_api_endpoint",
                    "listing actions without their ids was removed from the API",
                ));
            }
            let picked = call
                .state
                .actions
                .values()
                .filter(|action| ids.contains(&action.id.to_string().as_str()));
            Ok(Reply::ok(call.query.list(
                "actions",
                picked.map(Action::json),
                FILTERS,
            )?))
        }
        [id] => one(call, id, |_| true),
        _ => Err(ApiError::no_route("actions")),
    }
}

/// `/{kind}/actions…` and `GET /{kind}/{id}/actions…`; none where the path is another one.
pub(crate) fn of_resources(call: &Call<'_>, kind: Kind, rest: &[&str]) -> ApiResult<Option<Reply>> {
    if call.method != Method::GET {
        return Ok(None);
    }
    let of_kind = |action: &Action| action.resources.iter().any(|(other, _)| *other == kind);
    let of_one = |id: &str| {
        let id = id.parse::<u64>().ok();
        move |action: &Action| {
            action
                .resources
                .iter()
                .any(|(other, owner)| *other == kind && Some(*owner) == id)
        }
    };
    Ok(Some(match rest {
        ["actions"] => many(call, of_kind)?,
        ["actions", id] => one(call, id, of_kind)?,
        [owner, "actions"] => many(call, of_one(owner))?,
        [owner, "actions", id] => one(call, id, of_one(owner))?,
        _ => return Ok(None),
    }))
}

fn many(call: &Call<'_>, wanted: impl Fn(&Action) -> bool) -> ApiResult<Reply> {
    let ids: Vec<&str> = call.query.all("id").collect();
    let picked = call
        .state
        .actions
        .values()
        .filter(|action| ids.is_empty() || ids.contains(&action.id.to_string().as_str()))
        .filter(|action| wanted(action));
    Ok(Reply::ok(call.query.list(
        "actions",
        picked.map(Action::json),
        FILTERS,
    )?))
}

fn one(call: &Call<'_>, id: &str, wanted: impl Fn(&Action) -> bool) -> ApiResult<Reply> {
    let action = super::state::find(&call.state.actions, "action", id)?;
    if !wanted(action) {
        return Err(ApiError::not_found("action", id));
    }
    Ok(Reply::ok(json!({ "action": action.json() })))
}
