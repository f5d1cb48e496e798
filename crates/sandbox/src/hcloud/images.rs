//! Images: what Hetzner offers, and the project's snapshots.

use axum::http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::action::Step;
use super::call::{Call, IdOrName, Protect, Reply};
use super::error::{ApiError, ApiResult};
use super::labels::{self, Labels};
use super::server::Server;
use super::server_actions::answer;
use super::state::{Meta, State, find, find_mut, stamp};

/// An image.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub(crate) meta: Meta,
    description: String,
    flavor: String,
    version: String,
    architecture: &'static str,
    disk: u32,
    pub(crate) status: &'static str,
    /// Of which server it is a snapshot.
    from: Option<(u64, String)>,
    protected: bool,
}

impl Image {
    /// One that Hetzner offers.
    pub(crate) fn offered(
        meta: Meta,
        description: &str,
        flavor: &str,
        version: &str,
        architecture: &'static str,
    ) -> Self {
        Self {
            meta,
            description: description.to_owned(),
            flavor: flavor.to_owned(),
            version: version.to_owned(),
            architecture,
            disk: 5,
            status: "available",
            from: None,
            protected: false,
        }
    }

    /// A snapshot that is being made.
    pub(crate) fn snapshot(meta: Meta, description: String, server: &Server, architecture: &'static str) -> Self {
        Self {
            meta,
            description,
            flavor: server.image.flavor.clone(),
            version: server.image.version.clone(),
            architecture,
            disk: server.disk,
            status: "creating",
            from: Some((server.meta.id, server.meta.name.clone())),
            protected: false,
        }
    }

    pub(crate) fn system(&self) -> bool {
        self.from.is_none()
    }

    /// What the machine is told: the name, or the id where it is a snapshot.
    pub(crate) fn machine_name(&self) -> String {
        if self.system() {
            self.meta.name.clone()
        } else {
            self.meta.id.to_string()
        }
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.meta.id,
            "name": self.system().then_some(&self.meta.name),
            "type": if self.system() { "system" } else { "snapshot" },
            "status": self.status,
            "description": self.description,
            "image_size": (!self.system() && self.status == "available").then_some(2.3),
            "disk_size": self.disk,
            "created": stamp(self.meta.created),
            "created_from": self.from.as_ref().map(|(id, name)| json!({ "id": id, "name": name })),
            "bound_to": null,
            "os_flavor": self.flavor,
            "os_version": self.version,
            "rapid_deploy": self.system(),
            "architecture": self.architecture,
            "protection": { "delete": self.protected },
            "deprecated": null,
            "deleted": null,
            "labels": self.meta.labels,
        })
    }
}

/// The image that a server of this architecture gets under an id or a name.
pub(super) fn resolve(state: &State, wanted: &IdOrName, architecture: &str) -> ApiResult<Image> {
    let text = wanted.to_string();
    let mut fitting = state
        .images
        .values()
        .filter(|image| image.meta.id.to_string() == text || image.system() && image.meta.name == text)
        .peekable();
    if fitting.peek().is_none() {
        return Err(ApiError::invalid("image", format!("image '{text}' not found")));
    }
    let image = fitting
        .find(|image| image.architecture == architecture)
        .ok_or_else(|| ApiError::invalid("image", "is not for the architecture of the server type"))?;
    if image.status != "available" {
        return Err(ApiError::invalid("image", "is not available yet"));
    }
    Ok(image.clone())
}

pub(super) fn route(call: &mut Call<'_>, rest: &[&str]) -> ApiResult<Reply> {
    match (call.method.clone(), rest) {
        (Method::GET, []) => {
            let items = call.state.images.values().map(Image::json);
            Ok(Reply::ok(call.query.list(
                "images",
                items,
                &["name", "type", "status", "architecture"],
            )?))
        }
        (Method::GET, [id]) => show(call, id),
        (Method::PUT, [id]) => update(call, id),
        (Method::DELETE, [id]) => {
            let image = find(&call.state.images, "image", id)?;
            if image.system() {
                return Err(ApiError::new(
                    403,
                    "forbidden",
                    "images of type system cannot be deleted",
                ));
            }
            if image.protected {
                return Err(ApiError::protected("image"));
            }
            let id = image.meta.id;
            call.state.images.remove(&id);
            Ok(Reply::nothing())
        }
        (Method::POST, [id, "actions", "change_protection"]) => {
            let on = call.body::<Protect>()?.delete.unwrap_or(false);
            let image = find_mut(&mut call.state.images, "image", id)?;
            image.protected = on;
            let id = image.meta.id;
            let action = call.state.begin_action("change_protection", vec![("image", id)]);
            call.run(vec![Step::of(action, 0.5)]);
            Ok(answer(call, action, json!({})))
        }
        _ => Err(ApiError::no_route("images")),
    }
}

fn show(call: &Call<'_>, id: impl std::fmt::Display) -> ApiResult<Reply> {
    let image = find(&call.state.images, "image", id)?;
    Ok(Reply::ok(json!({ "image": image.json() })))
}

#[derive(Deserialize)]
struct Update {
    description: Option<String>,
    labels: Option<Labels>,
}

fn update(call: &mut Call<'_>, id: &str) -> ApiResult<Reply> {
    let body: Update = call.body()?;
    if let Some(labels) = &body.labels {
        labels::check(labels)?;
    }
    let image = find_mut(&mut call.state.images, "image", id)?;
    if image.system() {
        return Err(ApiError::new(
            403,
            "forbidden",
            "images of type system cannot be changed",
        ));
    }
    if let Some(description) = body.description {
        image.description = description;
    }
    if let Some(labels) = body.labels {
        image.meta.labels = labels;
    }
    show(call, id)
}
