//! `POST /servers/{id}/actions/…`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::action::{Step, Work};
use super::call::{Call, IdOrName, Protect, Reply};
use super::catalog::Offer;
use super::error::{ApiError, ApiResult};
use super::images::{self, Image};
use super::labels::Labels;
use super::server::{set_status, untouched};
use super::server_create::{USER_DATA_LIMIT, password};
use super::state::{find, find_mut};
use super::{placement_groups, server_network};

/// Carries one action out, or refuses it.
pub(super) fn act(call: &mut Call<'_>, id: &str, action: &str) -> ApiResult<Reply> {
    let id = find(&call.state.servers, "server", id)?.meta.id;
    call.state.refuse_locked("server", id)?;
    match action {
        "poweron" => power(call, id, "start_server", 3.0, Work::Boot(id), "starting", "running"),
        "poweroff" => power(call, id, "stop_server", 2.0, Work::Off(id), "stopping", "off"),
        "reset" => power(call, id, "reset_server", 2.0, Work::Reset(id), "running", "running"),
        "reboot" => power(call, id, "reboot_server", 1.0, Work::Reset(id), "running", "running"),
        "shutdown" => shutdown(call, id),
        "rebuild" => rebuild(call, id),
        "change_type" => change_type(call, id),
        "enable_rescue" => flag(call, id, "enable_rescue", true),
        "disable_rescue" => flag(call, id, "disable_rescue", false),
        "enable_backup" => flag(call, id, "enable_backup", true),
        "disable_backup" => flag(call, id, "disable_backup", false),
        "reset_password" => {
            let action = call.state.begin_action("reset_password", vec![("server", id)]);
            call.run(vec![Step::of(action, 1.0)]);
            Ok(answer(call, action, json!({ "root_password": password() })))
        }
        "attach_to_network" => server_network::attach(call, id),
        "detach_from_network" => server_network::detach(call, id),
        "change_alias_ips" => server_network::change_alias_ips(call, id),
        "create_image" => create_image(call, id),
        "add_to_placement_group" => join_group(call, id),
        "remove_from_placement_group" => leave_group(call, id),
        "change_protection" => protect(call, id),
        "change_dns_ptr" => {
            let action = call.state.begin_action("change_dns_ptr", vec![("server", id)]);
            call.run(vec![Step::of(action, 1.0)]);
            Ok(answer(call, action, json!({})))
        }
        _ => Err(ApiError::no_route(&format!("servers/{id}/actions/{action}"))),
    }
}

/// The answer to an action: itself, and what else comes with it.
pub(super) fn answer(call: &Call<'_>, action: u64, mut rest: Value) -> Reply {
    rest["action"] = call.state.action_json(action);
    Reply::created(rest)
}

fn power(
    call: &mut Call<'_>,
    id: u64,
    command: &'static str,
    seconds: f64,
    work: Work,
    during: &'static str,
    after: &'static str,
) -> ApiResult<Reply> {
    let server = find_mut(&mut call.state.servers, "server", id)?;
    server.switched += 1;
    let was = server.status;
    let action = call.state.begin_action(command, vec![("server", id)]);
    // Pressing reset on a machine that is off does nothing, and so does starting one that runs.
    let idle = was == after && !matches!(work, Work::Reset(_)) || was == "off" && matches!(work, Work::Reset(_));
    let step = if idle {
        Step::of(action, 1.0)
    } else {
        Step::of(action, seconds)
            .work(work)
            .begin(move |state| set_status(state, id, during))
            .finish(move |state| set_status(state, id, after))
            .undo(move |state| set_status(state, id, was))
    };
    call.run(vec![step]);
    Ok(answer(call, action, json!({})))
}

/// The action ends when the request is sent to the system, which goes off some time later, if nobody switches it on again.
fn shutdown(call: &mut Call<'_>, id: u64) -> ApiResult<Reply> {
    let server = find(&call.state.servers, "server", id)?;
    let (was, switched) = (server.status, server.switched);
    let action = call.state.begin_action("shutdown_server", vec![("server", id)]);
    let mut chain = vec![Step::of(action, 1.0)];
    if was == "running" {
        chain.push(Step::silent(4.0));
        chain.push(Step::silent(0.0).work(Work::GoOff(id, switched)).finish(move |state| {
            if untouched(state, id, switched) {
                set_status(state, id, "off");
            }
        }));
    }
    call.run(chain);
    Ok(answer(call, action, json!({})))
}

#[derive(Deserialize)]
struct Rebuild {
    image: IdOrName,
    user_data: Option<String>,
}

fn rebuild(call: &mut Call<'_>, id: u64) -> ApiResult<Reply> {
    let body: Rebuild = call.body()?;
    if body.user_data.as_ref().is_some_and(|data| data.len() > USER_DATA_LIMIT) {
        return Err(ApiError::invalid("user_data", "must not be longer than 32 KiB"));
    }
    let server = find(&call.state.servers, "server", id)?;
    if server.protected.1 {
        return Err(ApiError::new(423, "protected", "server rebuild is protected"));
    }
    let architecture = architecture_of(call, &server.server_type);
    let (was, keyless) = (server.status, server.ssh_keys.is_empty());
    let image = images::resolve(call.state, &body.image, architecture)?;
    find_mut(&mut call.state.servers, "server", id)?.switched += 1;
    let action = call.state.begin_action("rebuild_server", vec![("server", id)]);
    let step = Step::of(action, 15.0)
        .work(Work::Remake(id))
        .begin(move |state| {
            if let Some(server) = state.servers.get_mut(&id) {
                server.status = "rebuilding";
                server.image = image;
                if let Some(data) = body.user_data {
                    server.user_data = Some(data);
                }
            }
        })
        .finish(move |state| set_status(state, id, "running"))
        .undo(move |state| set_status(state, id, was));
    call.run(vec![step]);
    Ok(answer(call, action, json!({ "root_password": keyless.then(password) })))
}

fn architecture_of(call: &Call<'_>, server_type: &str) -> &'static str {
    call.state
        .catalog
        .server_type(server_type)
        .map_or("x86", |kind| kind.architecture())
}

#[derive(Deserialize)]
struct ChangeType {
    server_type: IdOrName,
    upgrade_disk: bool,
}

fn change_type(call: &mut Call<'_>, id: u64) -> ApiResult<Reply> {
    let body: ChangeType = call.body()?;
    let server = find(&call.state.servers, "server", id)?;
    let wrong = |why: &str| ApiError::new(422, "invalid_server_type", why);
    let catalog = &call.state.catalog;
    let Some(kind) = catalog.server_type(&body.server_type.to_string()) else {
        return Err(ApiError::invalid(
            "server_type",
            format!("server type '{}' not found", body.server_type),
        ));
    };
    if server.status != "off" {
        return Err(ApiError::new(
            422,
            "server_not_stopped",
            "server must be stopped to change its type",
        ));
    }
    if kind.name == server.server_type {
        return Err(wrong("server already has this type"));
    }
    if kind.architecture() != architecture_of(call, &server.server_type) {
        return Err(wrong("the architecture of a server cannot be changed"));
    }
    if kind.disk < server.disk {
        return Err(wrong("the disk of the server is larger than that of the type"));
    }
    match catalog.offer(kind, server.location) {
        Offer::Available => {}
        Offer::SoldOut => return Err(ApiError::new(412, "resource_unavailable", "error during placement")),
        Offer::Retired | Offer::Never => return Err(ApiError::invalid_message("unsupported location for server type")),
    }
    let (name, disk) = (kind.name.to_owned(), kind.disk);
    let action = call.state.begin_action("change_server_type", vec![("server", id)]);
    let step = Step::of(action, 25.0)
        .begin(move |state| set_status(state, id, "migrating"))
        .finish(move |state| {
            if let Some(server) = state.servers.get_mut(&id) {
                server.status = "off";
                server.server_type = name;
                if body.upgrade_disk {
                    server.disk = disk;
                }
            }
        })
        .undo(move |state| set_status(state, id, "off"));
    call.run(vec![step]);
    Ok(answer(call, action, json!({})))
}

/// Rescue and backups are kept and told, and have no effect on the machine.
fn flag(call: &mut Call<'_>, id: u64, command: &'static str, on: bool) -> ApiResult<Reply> {
    let action = call.state.begin_action(command, vec![("server", id)]);
    let rescue = command.ends_with("rescue");
    call.run(vec![Step::of(action, 1.0).finish(move |state| {
        if let Some(server) = state.servers.get_mut(&id) {
            let flag = if rescue {
                &mut server.rescue
            } else {
                &mut server.backups
            };
            *flag = on;
        }
    })]);
    let rest = if rescue && on {
        json!({ "root_password": password() })
    } else {
        json!({})
    };
    Ok(answer(call, action, rest))
}

#[derive(Deserialize)]
struct CreateImage {
    description: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    labels: Option<Labels>,
}

fn create_image(call: &mut Call<'_>, id: u64) -> ApiResult<Reply> {
    let body: CreateImage = call.body()?;
    if !matches!(body.kind.as_deref(), None | Some("snapshot")) {
        return Err(ApiError::invalid("type", "the sandbox makes snapshots only"));
    }
    let server = find(&call.state.servers, "server", id)?.clone();
    let meta = call.state.meta("", body.labels)?;
    let description = body.description.unwrap_or_else(|| server.meta.name.clone());
    let image = Image::snapshot(meta, description, &server, architecture_of(call, &server.server_type));
    let image_id = image.meta.id;
    call.state.images.insert(image_id, image);
    let action = call
        .state
        .begin_action("create_image", vec![("server", id), ("image", image_id)]);
    let step = Step::of(action, 60.0)
        .finish(move |state| {
            if let Some(image) = state.images.get_mut(&image_id) {
                image.status = "available";
            }
        })
        .undo(move |state| {
            state.images.remove(&image_id);
        });
    call.run(vec![step]);
    let image = find(&call.state.images, "image", image_id)?.json();
    Ok(answer(call, action, json!({ "image": image })))
}

#[derive(Deserialize)]
struct JoinGroup {
    placement_group: u64,
}

fn join_group(call: &mut Call<'_>, id: u64) -> ApiResult<Reply> {
    let body: JoinGroup = call.body()?;
    let server = find(&call.state.servers, "server", id)?;
    if server.status != "off" {
        return Err(ApiError::new(
            422,
            "server_not_stopped",
            "server must be stopped to join a placement group",
        ));
    }
    if server.placement_group.is_some() {
        return Err(ApiError::new(
            409,
            "server_already_added",
            "server is in a placement group already",
        ));
    }
    placement_groups::room(call.state, body.placement_group)?;
    find_mut(&mut call.state.servers, "server", id)?.placement_group = Some(body.placement_group);
    let resources = vec![("server", id), ("placement_group", body.placement_group)];
    let action = call.state.begin_action("add_to_placement_group", resources);
    call.run(vec![Step::of(action, 1.0).undo(move |state| {
        if let Some(server) = state.servers.get_mut(&id) {
            server.placement_group = None;
        }
    })]);
    Ok(answer(call, action, json!({})))
}

fn leave_group(call: &mut Call<'_>, id: u64) -> ApiResult<Reply> {
    let server = find_mut(&mut call.state.servers, "server", id)?;
    if server.placement_group.take().is_none() {
        return Err(ApiError::new(
            422,
            "unsupported_error",
            "server is in no placement group",
        ));
    }
    let action = call
        .state
        .begin_action("remove_from_placement_group", vec![("server", id)]);
    call.run(vec![Step::of(action, 1.0)]);
    Ok(answer(call, action, json!({})))
}

fn protect(call: &mut Call<'_>, id: u64) -> ApiResult<Reply> {
    let body: Protect = call.body()?;
    let server = find(&call.state.servers, "server", id)?;
    let wanted = (
        body.delete.unwrap_or(server.protected.0),
        body.rebuild.unwrap_or(server.protected.1),
    );
    if wanted.0 != wanted.1 {
        return Err(ApiError::invalid("rebuild", "must have the same value as delete"));
    }
    let action = call.state.begin_action("change_protection", vec![("server", id)]);
    call.run(vec![Step::of(action, 0.5).finish(move |state| {
        if let Some(server) = state.servers.get_mut(&id) {
            server.protected = wanted;
        }
    })]);
    Ok(answer(call, action, json!({})))
}
