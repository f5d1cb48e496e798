//! One request on its way through the handlers: what it asks, the state it sees, and the work that it leaves behind.

use axum::body::Bytes;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::action::Step;
use super::error::{ApiError, ApiResult};
use super::query::Query;
use super::state::State;

/// Steps that run one after the other once the request is answered.
pub(crate) type Chain = Vec<Step>;

/// What a handler answers.
pub(crate) struct Reply {
    status: StatusCode,
    body: Value,
}

impl Reply {
    pub(crate) fn ok(body: Value) -> Self {
        Self {
            status: StatusCode::OK,
            body,
        }
    }

    pub(crate) fn created(body: Value) -> Self {
        Self {
            status: StatusCode::CREATED,
            body,
        }
    }

    /// What it says.
    pub(crate) fn into_body(self) -> Value {
        self.body
    }

    /// 204.
    pub(crate) fn nothing() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            body: Value::Null,
        }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        if self.body.is_null() {
            return self.status.into_response();
        }
        (self.status, axum::Json(self.body)).into_response()
    }
}

/// One request in a handler's hands.
pub(crate) struct Call<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) method: Method,
    pub(crate) query: Query,
    pub(crate) bytes: Bytes,
    pub(crate) chains: Vec<Chain>,
}

impl Call<'_> {
    /// The body as JSON; an empty one is an empty object.
    pub(crate) fn body<T: DeserializeOwned>(&self) -> ApiResult<T> {
        let bytes: &[u8] = if self.bytes.iter().all(u8::is_ascii_whitespace) {
            b"{}"
        } else {
            &self.bytes
        };
        let value: Value = serde_json::from_slice(bytes)
            .map_err(|error| ApiError::new(400, "json_error", format!("the request body is not JSON: {error}")))?;
        // `null` is how some clients say "no body".
        let value = if value.is_null() {
            Value::Object(serde_json::Map::new())
        } else {
            value
        };
        serde_json::from_value(value).map_err(|error| {
            let text = error.to_string();
            match text.split('`').nth(1) {
                Some(field) if text.starts_with("missing field") => ApiError::invalid(field, "is required"),
                _ => ApiError::invalid_message(format!("invalid input: {text}")),
            }
        })
    }

    /// Leaves these steps to be run.
    pub(crate) fn run(&mut self, chain: Chain) {
        self.chains.push(chain);
    }
}

/// An id as a number, or a name: servers are made with either.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(untagged)]
pub(crate) enum IdOrName {
    Id(u64),
    Name(String),
}

impl std::fmt::Display for IdOrName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

/// What every `PUT` may change.
#[derive(serde::Deserialize)]
pub(crate) struct Rename {
    pub(crate) name: Option<String>,
    pub(crate) labels: Option<super::labels::Labels>,
}

/// What every `change_protection` may change.
#[derive(serde::Deserialize)]
pub(crate) struct Protect {
    pub(crate) delete: Option<bool>,
    pub(crate) rebuild: Option<bool>,
}

/// Applies a `PUT` to a resource's meta, with the name unique within `others`.
pub(crate) fn rename(
    call: &mut Call<'_>,
    kind: &str,
    id: u64,
    pick: impl Fn(&State) -> Vec<(u64, String)>,
) -> ApiResult<Rename> {
    let body: Rename = call.body()?;
    if let Some(name) = &body.name {
        unique(
            kind,
            name,
            pick(call.state)
                .into_iter()
                .filter(|(other, _)| *other != id)
                .map(|(_, name)| name),
        )?;
    }
    if let Some(labels) = &body.labels {
        super::labels::check(labels)?;
    }
    Ok(body)
}

/// Refuses an empty name and one that is taken.
pub(crate) fn unique(kind: &str, name: &str, others: impl IntoIterator<Item = String>) -> ApiResult<()> {
    if name.is_empty() || name.len() > 128 {
        return Err(ApiError::invalid("name", "must have between 1 and 128 characters"));
    }
    if others.into_iter().any(|other| other == name) {
        return Err(ApiError::not_unique(
            "name",
            format!("{} name is already used", kind.replace('_', " ")),
        ));
    }
    Ok(())
}

impl super::state::Meta {
    pub(crate) fn apply(&mut self, change: Rename) {
        if let Some(name) = change.name {
            self.name = name;
        }
        if let Some(labels) = change.labels {
            self.labels = labels;
        }
    }
}
