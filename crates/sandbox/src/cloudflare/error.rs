//! Errors in Cloudflare's envelope.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::emulator::Answer;

/// An error answer: an HTTP status and one or more numbered messages.
#[derive(Debug)]
pub(super) struct ApiError {
    pub(super) status: u16,
    errors: Vec<Value>,
}

pub(super) type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    pub(super) fn new(status: u16, code: u32, message: impl Into<String>) -> Self {
        Self {
            status,
            errors: vec![json!({ "code": code, "message": message.into() })],
        }
    }

    /// The request is understood and wrong.
    pub(super) fn invalid(code: u32, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    /// What Cloudflare reports as the reason behind a general "DNS Validation Error".
    pub(super) fn validation(code: u32, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            errors: vec![json!({
                "code": 1004,
                "message": "DNS Validation Error",
                "error_chain": [{ "code": code, "message": message.into() }],
            })],
        }
    }

    /// The path has an identifier that is none, or leads nowhere.
    pub(super) fn no_route(path: &str) -> Self {
        Self {
            status: 400,
            errors: vec![
                json!({
                    "code": 7003,
                    "message": format!("Could not route to /client/v4{path}, perhaps your object identifier is invalid?"),
                }),
                json!({ "code": 7000, "message": "No route for that URI" }),
            ],
        }
    }

    /// The token may not do this, or the zone belongs to somebody else: Cloudflare does not say which.
    pub(super) fn not_permitted() -> Self {
        Self::new(403, 10000, "Authentication error")
    }

    pub(super) fn no_record() -> Self {
        Self::new(404, 81044, "Record does not exist.")
    }

    pub(super) fn method() -> Self {
        Self::new(405, 10405, "Method not allowed for this authentication scheme")
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = json!({ "result": null, "success": false, "errors": self.errors, "messages": [] });
        (status, Json(body)).into_response()
    }
}

/// How a fault's answer is written: its code is a number here.
pub(super) fn envelope(answer: &Answer) -> Response {
    ApiError::new(
        answer.status,
        answer.code.parse().unwrap_or(10000),
        answer.message.clone(),
    )
    .into_response()
}
