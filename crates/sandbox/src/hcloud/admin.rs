//! The emulator's own half of the admin API.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::Deserialize;

use super::config::Quota;
use super::rate::{Bucket, RateLimit};
use super::{Inner, catalog};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Availability {
    server_type: String,
    location: String,
    available: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rate {
    limit: u32,
    refill_per_second: f64,
}

pub(super) fn routes() -> Router<Arc<Inner>> {
    Router::new()
        .route(
            "/_sandbox/state",
            get(async |State(inner): State<Arc<Inner>>| Json(inner.state().json())),
        )
        .route("/_sandbox/availability", put(availability))
        .route(
            "/_sandbox/quota",
            put(async |State(inner): State<Arc<Inner>>, Json(quota): Json<Quota>| {
                inner.state().quota = quota;
                StatusCode::NO_CONTENT
            }),
        )
        .route(
            "/_sandbox/rate-limit",
            put(async |State(inner): State<Arc<Inner>>, Json(rate): Json<Rate>| {
                *inner.bucket() = Bucket::new(RateLimit {
                    limit: rate.limit,
                    refill_per_second: rate.refill_per_second,
                });
                StatusCode::NO_CONTENT
            }),
        )
        .route("/_sandbox/servers/{id}/user-data", get(user_data))
}

async fn availability(State(inner): State<Arc<Inner>>, Json(wanted): Json<Availability>) -> Response {
    let mut state = inner.state();
    if state.catalog.server_type(&wanted.server_type).is_none() || catalog::Location::named(&wanted.location).is_none()
    {
        return (StatusCode::NOT_FOUND, "no such server type or location\n").into_response();
    }
    state
        .catalog
        .set_available(&wanted.server_type, &wanted.location, wanted.available);
    StatusCode::NO_CONTENT.into_response()
}

async fn user_data(State(inner): State<Arc<Inner>>, Path(id): Path<u64>) -> Response {
    match inner.state().servers.get(&id) {
        Some(server) => server.user_data.clone().unwrap_or_default().into_response(),
        None => (StatusCode::NOT_FOUND, "no such server\n").into_response(),
    }
}
