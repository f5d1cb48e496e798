//! Volumes: kept and attached on paper; no machine here has their disks.

use axum::http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::action::Step;
use super::call::{self, Call, IdOrName, Protect, Reply, unique};
use super::catalog::Location;
use super::error::{ApiError, ApiResult};
use super::labels::Labels;
use super::server_actions::answer;
use super::state::{Meta, State, find, find_mut, stamp};

/// A volume.
#[derive(Clone)]
pub(crate) struct Volume {
    pub(crate) meta: Meta,
    size: u64,
    location: &'static Location,
    format: Option<String>,
    pub(crate) server: Option<u64>,
    protected: bool,
}

impl Volume {
    pub(crate) fn json(&self, state: &State) -> Value {
        json!({
            "id": self.meta.id,
            "name": self.meta.name,
            "labels": self.meta.labels,
            "created": stamp(self.meta.created),
            "server": self.server,
            "location": self.location.json(),
            "size": self.size,
            "linux_device": format!("/dev/disk/by-id/scsi-0HC_Volume_{}", self.meta.id),
            "protection": { "delete": self.protected },
            "status": if state.locked("volume", self.meta.id) && self.server.is_none() { "creating" } else { "available" },
            "format": self.format,
        })
    }
}

/// Refuses a volume that a server in this location cannot have.
pub(super) fn attachable(state: &State, id: u64, location: &Location) -> ApiResult<()> {
    let volume = find(&state.volumes, "volume", id)?;
    if volume.server.is_some() {
        return Err(ApiError::new(
            409,
            "volume_already_attached",
            "volume is already attached to a server",
        ));
    }
    if volume.location.name != location.name {
        return Err(ApiError::invalid(
            "server",
            "volume and server must be in the same location",
        ));
    }
    Ok(())
}

pub(super) fn route(call: &mut Call<'_>, rest: &[&str]) -> ApiResult<Reply> {
    match (call.method.clone(), rest) {
        (Method::GET, []) => {
            let state = &*call.state;
            let items = state.volumes.values().map(|volume| volume.json(state));
            Ok(Reply::ok(call.query.list("volumes", items, &["name", "status"])?))
        }
        (Method::POST, []) => create(call),
        (Method::GET, [id]) => show(call, id),
        (Method::PUT, [id]) => {
            let id = find(&call.state.volumes, "volume", id)?.meta.id;
            let change = call::rename(call, "volume", id, |state| {
                state
                    .volumes
                    .values()
                    .map(|volume| (volume.meta.id, volume.meta.name.clone()))
                    .collect()
            })?;
            find_mut(&mut call.state.volumes, "volume", id)?.meta.apply(change);
            show(call, id)
        }
        (Method::DELETE, [id]) => delete(call, id),
        (Method::POST, [id, "actions", action]) => act(call, id, action),
        _ => Err(ApiError::no_route("volumes")),
    }
}

fn show(call: &Call<'_>, id: impl std::fmt::Display) -> ApiResult<Reply> {
    let volume = find(&call.state.volumes, "volume", id)?;
    Ok(Reply::ok(json!({ "volume": volume.json(call.state) })))
}

#[derive(Deserialize)]
struct Create {
    name: String,
    size: u64,
    server: Option<u64>,
    location: Option<IdOrName>,
    format: Option<String>,
    labels: Option<Labels>,
}

fn create(call: &mut Call<'_>) -> ApiResult<Reply> {
    let body: Create = call.body()?;
    let state = &mut *call.state;
    unique(
        "volume",
        &body.name,
        state.volumes.values().map(|volume| volume.meta.name.clone()),
    )?;
    if !(10..=10_240).contains(&body.size) {
        return Err(ApiError::invalid("size", "must be between 10 and 10240"));
    }
    let location = match (body.server, &body.location) {
        (Some(server), None) => find(&state.servers, "server", server)?.location,
        (None, Some(text)) => {
            Location::named(&text.to_string()).ok_or_else(|| ApiError::invalid("location", "not found"))?
        }
        _ => {
            return Err(ApiError::invalid(
                "location",
                "exactly one of location and server is needed",
            ));
        }
    };
    if state.volumes.len() >= state.quota.volumes {
        return Err(ApiError::limit("volume"));
    }
    let meta = state.meta(&body.name, body.labels)?;
    let id = meta.id;
    let volume = Volume {
        meta,
        size: body.size,
        location,
        format: body.format,
        server: None,
        protected: false,
    };
    state.volumes.insert(id, volume);
    let action = state.begin_action("create_volume", vec![("volume", id)]);
    let mut chain = vec![Step::of(action, 2.0).undo(move |state| {
        state.volumes.remove(&id);
    })];
    let mut next = Vec::new();
    if let Some(server) = body.server {
        let attach = state.begin_action("attach_volume", vec![("volume", id), ("server", server)]);
        next.push(state.action_json(attach));
        chain.push(Step::of(attach, 1.0).finish(move |state| set_server(state, id, Some(server))));
    }
    call.run(chain);
    let volume = find(&call.state.volumes, "volume", id)?.json(call.state);
    let action = call.state.action_json(action);
    Ok(Reply::created(
        json!({ "volume": volume, "action": action, "next_actions": next }),
    ))
}

fn set_server(state: &mut State, id: u64, server: Option<u64>) {
    if let Some(volume) = state.volumes.get_mut(&id) {
        volume.server = server;
    }
}

fn delete(call: &mut Call<'_>, id: &str) -> ApiResult<Reply> {
    let volume = find(&call.state.volumes, "volume", id)?;
    if volume.protected {
        return Err(ApiError::protected("volume"));
    }
    if volume.server.is_some() {
        return Err(ApiError::new(
            422,
            "service_error",
            "volume is still attached to a server",
        ));
    }
    let id = volume.meta.id;
    call.state.refuse_locked("volume", id)?;
    call.state.volumes.remove(&id);
    Ok(Reply::nothing())
}

#[derive(Deserialize)]
struct ActBody {
    server: Option<u64>,
    size: Option<u64>,
}

/// What an action does to the volume once it ends.
type Change = Box<dyn FnOnce(&mut Volume) + Send>;

fn act(call: &mut Call<'_>, id: &str, action: &str) -> ApiResult<Reply> {
    let volume = find(&call.state.volumes, "volume", id)?;
    let (id, size) = (volume.meta.id, volume.size);
    call.state.refuse_locked("volume", id)?;
    let body: ActBody = call.body()?;
    let (command, change): (_, Change) = match action {
        "attach" => {
            let server = body.server.ok_or_else(|| ApiError::invalid("server", "is required"))?;
            attachable(call.state, id, find(&call.state.servers, "server", server)?.location)?;
            ("attach_volume", Box::new(move |volume| volume.server = Some(server)))
        }
        "detach" => ("detach_volume", Box::new(|volume| volume.server = None)),
        "resize" => {
            let wanted = body.size.filter(|wanted| *wanted > size);
            let wanted = wanted.ok_or_else(|| ApiError::invalid("size", "a volume can only grow"))?;
            ("resize_volume", Box::new(move |volume| volume.size = wanted))
        }
        "change_protection" => {
            let on = call.body::<Protect>()?.delete.unwrap_or(false);
            ("change_protection", Box::new(move |volume| volume.protected = on))
        }
        _ => return Err(ApiError::no_route(&format!("volumes/{id}/actions/{action}"))),
    };
    let action = call.state.begin_action(command, vec![("volume", id)]);
    call.run(vec![Step::of(action, 1.0).finish(move |state| {
        if let Ok(volume) = find_mut(&mut state.volumes, "volume", id) {
            change(volume);
        }
    })]);
    Ok(answer(call, action, json!({})))
}
