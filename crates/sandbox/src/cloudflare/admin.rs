//! The emulator's own half of the admin API.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, put};
use axum::{Json, Router};

use super::{Cloudflare, Grants};

pub(super) fn routes() -> Router<Arc<Cloudflare>> {
    Router::new()
        .route(
            "/_sandbox/state",
            get(async |State(cloudflare): State<Arc<Cloudflare>>| Json(cloudflare.state())),
        )
        .route(
            "/_sandbox/token",
            put(
                async |State(cloudflare): State<Arc<Cloudflare>>, Json(grants): Json<Grants>| {
                    cloudflare.set_grants(grants);
                    StatusCode::NO_CONTENT
                },
            ),
        )
}
