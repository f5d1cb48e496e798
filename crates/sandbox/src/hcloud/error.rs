//! The API's errors: code, HTTP status, message and details, as Hetzner's table has them.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An error answer.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    /// Boxed, as errors are rare and results of handlers are everywhere.
    details: Option<Box<Value>>,
}

pub(crate) type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            details: None,
        }
    }

    /// 422: this field of the request is wrong.
    pub(crate) fn invalid(field: &str, why: impl Into<String>) -> Self {
        let why = why.into();
        Self {
            status: 422,
            code: "invalid_input".into(),
            message: format!("invalid input in field '{field}'"),
            details: Some(Box::new(json!({ "fields": [{ "name": field, "messages": [why] }] }))),
        }
    }

    /// 422 with a message of its own, where Hetzner names no field.
    pub(crate) fn invalid_message(message: impl Into<String>) -> Self {
        Self::new(422, "invalid_input", message)
    }

    pub(crate) fn not_found(kind: &str, id: impl std::fmt::Display) -> Self {
        Self::new(
            404,
            "not_found",
            format!("{} with ID '{id}' not found", kind.replace('_', " ")),
        )
    }

    pub(crate) fn no_route(path: &str) -> Self {
        Self::new(404, "not_found", format!("the sandbox has no route {path}"))
    }

    pub(crate) fn not_unique(field: &str, message: impl Into<String>) -> Self {
        Self {
            details: Some(Box::new(json!({ "fields": [{ "name": field }] }))),
            ..Self::new(409, "uniqueness_error", message)
        }
    }

    pub(crate) fn locked(kind: &str) -> Self {
        Self::new(423, "locked", format!("{} is locked", kind.replace('_', " ")))
    }

    pub(crate) fn protected(kind: &str) -> Self {
        Self::new(
            423,
            "protected",
            format!("{} deletion is protected", kind.replace('_', " ")),
        )
    }

    pub(crate) fn limit(what: &str) -> Self {
        Self {
            details: Some(Box::new(json!({ "limits": [{ "name": what }] }))),
            ..Self::new(403, "resource_limit_exceeded", format!("{what} limit exceeded"))
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let error = json!({ "error": { "code": self.code, "message": self.message, "details": self.details } });
        (status, Json(error)).into_response()
    }
}
